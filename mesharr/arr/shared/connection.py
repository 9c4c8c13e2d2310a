"""mesharr's own connection in an arr (Settings > Connect): made, changed, tested and removed through its API.

An arr tests an enabled connection before it saves it, also with `forceSave`: mesharr has to be running and
reachable from the arr. One that is saved with every trigger off is not tested, and a later change with
`forceSave` is not either: that is the way to connect what does not run yet.
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


class DesiredConnection(msgspec.Struct, frozen=True):
    """The connection as it should be. `fields` are its settings by name; `target` is where it leads."""

    implementation: Literal["Webhook", "CustomScript"]
    target: str
    fields: Mapping[str, Any]


def webhook(kind: ArrKind, url: str, key: str) -> DesiredConnection:
    """Return a webhook to `url` that carries the key: in a header, as a password where there are none."""
    fields: dict[str, Any] = {"url": url, "method": 1}
    if kind.headers:
        fields["headers"] = [{"key": "X-Api-Key", "value": key}]
    else:
        fields |= {"username": NAME, "password": key}
    return DesiredConnection("Webhook", url, fields)


def script(path: str) -> DesiredConnection:
    """Return a custom script at `path`, as the arr sees it."""
    return DesiredConnection("CustomScript", path, {"path": path})


class _Field(Payload, frozen=True):
    name: str = ""
    value: Any = None


class _Found(Payload, frozen=True):
    id: int
    name: str = ""
    implementation: str = ""
    fields: tuple[_Field, ...] = ()
    tags: tuple[int, ...] = ()


class Connections:
    """The connections of one arr."""

    def __init__(self, api: ArrApi, kind: ArrKind) -> None:
        self._api = api
        self._kind = kind
        self._path = f"{kind.api}/notification"

    def find(self, target: str) -> dict[str, Any] | None:
        """Return mesharr's connection as the arr shows it: by its name, else by where it leads."""
        listed = self._api.ask(list[dict[str, Any]], "GET", self._path)
        rows = [(msgspec.convert(row, _Found), row) for row in listed]
        named = [row for found, row in rows if found.name.lower() == NAME]
        led = [row for found, row in rows if any(field.value == target for field in found.fields)]
        return next(iter(named + led), None)

    def ensure(self, wanted: DesiredConnection, *, tested: bool = True) -> Outcome:
        """Have the connection as wanted, with every trigger mesharr needs; say what had to be done.

        With `tested`, the arr has reached mesharr when this returns; `Refused` when it cannot, and then
        nothing was changed. Without, a node that does not run yet is connected too.
        """
        there = self.find(wanted.target)
        if there is not None and there.get("implementation") != wanted.implementation:
            # A kind of connection cannot be changed into another, and two cannot have one name.
            if tested:
                self._asked("POST", f"{self._path}/test", self._body(wanted, {"name": f"{NAME} new"}), wanted)
            self._delete(there)
            there = None
        if there is None:
            self._make(wanted, tested=tested)
            return "made"
        body = self._body(wanted, there)
        if self._same(there, body):
            if tested:
                self._asked("POST", f"{self._path}/test", body, wanted)
            return "unchanged"
        self._asked("PUT", f"{self._path}/{there['id']}", body, wanted, tested=tested)
        return "changed"

    def remove(self, target: str) -> Outcome:
        """Remove mesharr's connection; one that is not there is no error."""
        there = self.find(target)
        if there is None:
            return "absent"
        self._delete(there)
        return "removed"

    def lacking(self, target: str) -> tuple[str, ...] | None:
        """Return the triggers that the connection has switched off, None when there is no connection."""
        there = self.find(target)
        if there is None:
            return None
        return tuple(trigger for trigger in self._kind.triggers if not there.get(trigger))

    def _make(self, wanted: DesiredConnection, *, tested: bool) -> None:
        body = self._body(wanted, {"name": NAME})
        if tested:
            self._asked("POST", self._path, body, wanted)
            return
        silent = body | dict.fromkeys(self._kind.triggers, False)
        made = self._asked("POST", self._path, silent, wanted)
        self._asked("PUT", f"{self._path}/{made['id']}", body | {"id": made["id"]}, wanted, tested=False)

    def _delete(self, there: Mapping[str, Any]) -> None:
        self._api.request("DELETE", f"{self._path}/{there['id']}")

    def _body(self, wanted: DesiredConnection, there: Mapping[str, Any]) -> dict[str, Any]:
        """Return the connection as it is to be sent: other triggers a person has switched on stay on."""
        return {
            **there,
            "implementation": wanted.implementation,
            "implementationName": wanted.implementation,
            "configContract": f"{wanted.implementation}Settings",
            "fields": [{"name": name, "value": value} for name, value in wanted.fields.items()],
            "tags": [],  # with tags, only items that carry one are told of
            **dict.fromkeys(self._kind.triggers, True),
        }

    def _same(self, there: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """Whether nothing has to be written. A password that is not shown is taken for the right one."""
        shown = {field.name: field.value for field in msgspec.convert(there, _Found).fields}
        wanted = {field["name"]: field["value"] for field in body["fields"]}
        like = all(shown.get(name) == value or shown.get(name) == _HIDDEN for name, value in wanted.items())
        return like and not there.get("tags") and all(there.get(trigger) for trigger in self._kind.triggers)

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        wanted: DesiredConnection,
        *,
        tested: bool = True,
    ) -> Any:
        query = {} if tested else {"forceSave": "true"}
        try:
            return self._api.request(method, path, params=query, json=body)
        except (Refused, ServerError) as error:  # it answered: what it could not do is to reach the target
            raise Refused(
                f"{self._api.title} does not connect {wanted.target}: {error.what}",
                _FIXES[wanted.implementation],
            ) from error


_FIXES: Final = {
    "Webhook": "let mesharr run, and name the address at which the arr reaches it: mesharr connect --url "
    "http://HOST:PORT, or server.url in mesharr.yml (--untested connects without a test)",
    "CustomScript": "give the path of the script as the arr sees it, and see that the arr may run it and "
    "write into mesharr's spool directory (mesharr hook --script PATH writes the script)",
}
