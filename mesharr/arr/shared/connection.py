"""Create, change, test and remove mesharr's connection in an app (Settings > Connect).

An app tests an enabled connection before it saves it, also with `forceSave`: mesharr has to be running and
reachable from the app. One that is saved with every trigger off is not tested, and a later change with
`forceSave` is not either: that is the way to connect a mesharr that does not run yet.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, Payload, ServerError
from mesharr.core.errors import Refused

NAME: Final = "mesharr"
Outcome = Literal["made", "changed", "unchanged", "removed", "absent"]
_HIDDEN: Final = "********"
"""What an app lists in place of a password."""


class DesiredConnection(msgspec.Struct, frozen=True):
    """The connection as it should be."""

    implementation: Literal["Webhook", "CustomScript"]
    target: str
    """The URL it posts to, or the path of the script it runs."""
    fields: Mapping[str, Any]
    """The settings of the implementation, by name."""


def webhook(kind: ArrKind, url: str, key: str) -> DesiredConnection:
    """Return a webhook to `url` with the key in a header.

    Where the app's webhooks have no headers, the key is the password.
    """
    fields: dict[str, Any] = {"url": url, "method": 1}
    if kind.webhook_headers:
        fields["headers"] = [{"key": "X-Api-Key", "value": key}]
    else:
        fields |= {"username": NAME, "password": key}
    return DesiredConnection("Webhook", url, fields)


def script(path: str) -> DesiredConnection:
    """Return a custom script at `path`, as the app sees it."""
    return DesiredConnection("CustomScript", path, {"path": path})


class _Field(Payload, frozen=True):
    name: str = ""
    value: Any = None


class _ConnectionRow(Payload, frozen=True):
    id: int
    name: str = ""
    implementation: str = ""
    fields: tuple[_Field, ...] = ()
    tags: tuple[int, ...] = ()

    def leads_to(self, target: str) -> bool:
        """Return whether it is a webhook whose URL ends as `target`, or a script of mesharr's."""
        values = {field.name: str(field.value or "") for field in self.fields}
        if self.implementation == "CustomScript":
            return self.name.lower() == NAME or NAME in values.get("path", "").lower()
        end = "/".join(target.split("/")[-2:])  # hook/radarr: a proxy may put anything before it
        return values.get("url", "").partition("?")[0].rstrip("/").endswith(f"/{end}")


class Connections:
    """The connections of one app."""

    def __init__(self, api: ArrApi, kind: ArrKind) -> None:
        self._api = api
        self._kind = kind
        self._path = f"{kind.api_root}/notification"

    def find(self, target: str) -> dict[str, Any] | None:
        """Return mesharr's connection as the app lists it, None when there is none.

        It is found by its name, else by its target.
        """
        rows = self._rows()
        by_name = [row for found, row in rows if found.name.lower() == NAME]
        by_target = [row for found, row in rows if any(field.value == target for field in found.fields)]
        return next(iter(by_name + by_target), None)

    def ensure(self, desired: DesiredConnection, *, tested: bool = True) -> Outcome:
        """Bring the connection to `desired` and return what was done.

        Every trigger that mesharr needs is on after the call.

        With `tested`, the app has reached mesharr when this returns. Without, no test is made: mesharr need
        not run yet. Raises `Refused` when the app cannot reach the target; then nothing was changed.
        """
        existing = self.find(desired.target)
        if existing is not None and existing.get("implementation") != desired.implementation:
            # A connection cannot be changed into another, and two cannot have one name.
            if tested:
                self._send(
                    "POST", f"{self._path}/test", self._body(desired, {"name": f"{NAME} new"}), desired
                )
            self._delete(existing)
            existing = None
        if existing is None:
            self._make(desired, tested=tested)
            return "made"
        body = self._body(desired, existing)
        if self._same(existing, body):
            if tested:
                self._send("POST", f"{self._path}/test", body, desired)
            return "unchanged"
        self._send("PUT", f"{self._path}/{existing['id']}", body, desired, tested=tested)
        return "changed"

    def remove(self, target: str) -> Outcome:
        """Remove mesharr's connection and return what was done; a missing one is no error."""
        existing = self.find(target)
        if existing is None:
            return "absent"
        self._delete(existing)
        return "removed"

    def problem(self, target: str) -> str:
        """Return what is wrong with mesharr's connection, "" for nothing.

        Which host it leads to is not judged: the app may know this one by another name.
        """
        title = self._kind.title
        mine = [
            (found, row)
            for found, row in self._rows()
            if found.name.lower() == NAME or found.leads_to(target)
        ]
        if not mine:
            return f"{title} has no connection to mesharr: changes are noticed late, some only at night"
        found, row = next((each for each in mine if each[0].leads_to(target)), mine[0])
        if not found.leads_to(target):
            return f"{title} sends its events elsewhere: mesharr's connection in it does not lead to {target}"
        missing = [trigger for trigger in self._kind.triggers if not row.get(trigger)]
        off = f"mesharr's connection in {title} has these triggers off: {', '.join(missing)}"
        return off if missing else ""

    def _rows(self) -> list[tuple[_ConnectionRow, dict[str, Any]]]:
        """Return all connections of the app, each also as it lists them. One request."""
        listed = self._api.ask(list[dict[str, Any]], "GET", self._path)
        return [(msgspec.convert(row, _ConnectionRow), row) for row in listed]

    def _make(self, desired: DesiredConnection, *, tested: bool) -> None:
        body = self._body(desired, {"name": NAME})
        if tested:
            self._send("POST", self._path, body, desired)
            return
        disabled = body | dict.fromkeys(self._kind.triggers, False)
        made = self._send("POST", self._path, disabled, desired)
        self._send("PUT", f"{self._path}/{made['id']}", body | {"id": made["id"]}, desired, tested=False)

    def _delete(self, existing: Mapping[str, Any]) -> None:
        self._api.request("DELETE", f"{self._path}/{existing['id']}")

    def _body(self, desired: DesiredConnection, existing: Mapping[str, Any]) -> dict[str, Any]:
        """Return the connection to send: other triggers that the user has switched on stay on."""
        return {
            **existing,
            "implementation": desired.implementation,
            "implementationName": desired.implementation,
            "configContract": f"{desired.implementation}Settings",
            "fields": [{"name": name, "value": value} for name, value in desired.fields.items()],
            "tags": [],  # with tags, the app sends only events of items that carry one
            **dict.fromkeys(self._kind.triggers, True),
        }

    def _same(self, existing: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """Return whether nothing has to be changed. A hidden password is taken for the right one."""
        listed = {field.name: field.value for field in msgspec.convert(existing, _ConnectionRow).fields}
        sent = {field["name"]: field["value"] for field in body["fields"]}
        equal = all(listed.get(name) in (value, _HIDDEN) for name, value in sent.items())
        return (
            equal
            and not existing.get("tags")
            and all(existing.get(trigger) for trigger in self._kind.triggers)
        )

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        desired: DesiredConnection,
        *,
        tested: bool = True,
    ) -> Any:
        query = {} if tested else {"forceSave": "true"}
        try:
            return self._api.request(method, path, params=query, json=body)
        except (Refused, ServerError) as error:  # the app answered, so what failed is reaching the target
            raise Refused(
                f"{self._api.title} does not connect {desired.target}: {error.what}",
                _FIXES[desired.implementation].format(title=self._api.title),
            ) from error


_FIXES: Final = {
    "Webhook": "start mesharr, and give the address at which {title} reaches it: mesharr connect --url "
    "http://HOST:PORT, or server.url in mesharr.yml (--untested connects without a test)",
    "CustomScript": "give the path of the script as {title} sees it, and let {title} run it and "
    "write into mesharr's spool directory (mesharr hook --script PATH writes the script)",
}
