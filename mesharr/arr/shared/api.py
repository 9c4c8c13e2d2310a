"""How one talks to any arr: requests with their failures named, the command queue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

import httpx
import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import ArrFile, ArrScans
from mesharr.core.errors import Refused, Unavailable

Shape = TypeVar("Shape")


_ALL: Final = 0
"""Stands for every item among ids, which begin at 1."""


class ServerError(Unavailable):
    """The arr answered, with a 5xx or a 429: it is there, and could not do this."""


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    """Base of what an arr says: the members that are used. All others are ignored."""


class PathFields(Payload, frozen=True):
    """Where a file is: absolute, or relative to the folder of its item."""

    path: str | None = None
    relative_path: str | None = None

    def at(self, folder: str | None) -> str:
        """Return the absolute path, "" when what was said does not give it."""
        if self.path:
            return self.path
        return str(PurePosixPath(folder, self.relative_path)) if folder and self.relative_path else ""

    def named(self, folder: str | None) -> str:
        """Return the absolute path; raise `UnreadableSignal` when what was said does not give it."""
        if path := self.at(folder):
            return path
        raise UnreadableSignal("the event lacks the path of its file")


class _Name(Payload, frozen=True):
    name: str | None = None


class File(PathFields, frozen=True):
    """A media file as the arrs list it."""

    id: int = 0
    size: int = 0
    quality: Mapping[str, _Name] = {}
    release_group: str | None = None
    languages: tuple[_Name, ...] = ()

    def held(
        self, folder: str, units: tuple[str, ...], checks: Mapping[str, int] | None = None
    ) -> tuple[ArrFile, ...]:
        """Return the file of an item in `folder`, () when it has no path: then there is none."""
        path = self.at(folder)
        file = ArrFile(
            path=path,
            size=self.size,
            units=units,
            quality=self.quality.get("quality", _Name()).name or "",
            group=self.release_group or "",
            languages=tuple(language.name for language in self.languages if language.name),
            checks=checks or {},
        )
        return (file,) if path else ()


class QueueRow(Payload, frozen=True):
    """A row of a queue. The states are the arrs' own words for a download that is over for them."""

    tracked_download_state: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.tracked_download_state in {"imported", "failed", "failedPending", "ignored"}


def date_of(ms: int) -> str:
    """Return a time as the arrs' queries take it, in whole seconds."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


class ArrApi:
    """The requests of one arr, with its failures named.

    Holds for every call: a connection error, a time-out, a 5xx or a 429 is `Unavailable`; a wrong
    key, a redirect, a page instead of JSON, or a validation error is `Refused`, with the arr's own
    message. The API key is in the client's headers and in no message.
    """

    def __init__(self, client: httpx.Client, title: str) -> None:
        self._client = client
        self.title = title
        self._start = ""
        self.era = 0
        """Grows whenever the arr may have come back with another database: in that, ids read before may name
        something else. It is started anew for it, so it was away for a moment.
        """

    def started(self, start: str) -> None:
        """Take note of when the arr says it was started: what was read before may be of another database."""
        if start != self._start:
            self.era += 1
        self._start = start

    def ask(
        self,
        shape: type[Shape],
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Shape:
        """Return the answer as `shape`; a 404, nothing, or another shape is `Refused`.

        For what every arr of this kind has: a wrong url must not look like an empty library.
        """
        said = self._content(method, path, params=params, json=json)
        if said is None:
            raise Refused(f"{self.title} has nothing at {path}", _CHECK_URL)
        return self._decoded(shape, said, path)

    def find(self, shape: type[Shape], path: str) -> Shape | None:
        """Return what GET answers as `shape`, None for a 404."""
        said = self._content("GET", path)
        return None if said is None else self._decoded(shape, said, path)

    def add(self, path: str, body: Any) -> Any:
        """POST a new item and return it, None when it is there already: that is no error."""
        try:
            return self.request("POST", path, json=body)
        except Refused as refused:
            if "has already been added" not in refused.what:
                raise
        return None

    def edit(self, path: str, query: Mapping[str, str], changed: Mapping[str, Any]) -> None:
        """GET an item and PUT it back with members changed; None leaves one out. Nothing when it is gone."""
        found = self.find(dict[str, Any], path)
        if found is not None:
            body = {name: value for name, value in {**found, **changed}.items() if value is not None}
            self.request("PUT", path, params=query, json=body)

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """Return the decoded JSON of the answer, None for an empty body or a 404 to anything but a POST."""
        said = self._content(method, path, params=params, json=json)
        return None if said is None else self._decoded(Any, said, path)

    def _content(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> bytes | None:
        try:
            answer = self._client.request(method, path, params=params, json=json)
        except httpx.TimeoutException as error:
            raise Unavailable(f"{self.title} did not answer {method} {path} in time") from error
        except httpx.LocalProtocolError:  # its text, and so its traceback, shows the header and the key in it
            raise Refused(
                f"{self.title} cannot be asked: the API key is not one line of plain text",
                "set api_key to the key in Settings > General",
            ) from None
        except httpx.UnsupportedProtocol as error:
            raise Refused(f"{self.title} cannot be asked: {error}", "start url with http://") from error
        except httpx.HTTPError as error:
            self.era += 1
            raise Unavailable(
                f"{self.title} cannot be reached: {str(error) or type(error).__name__}"
            ) from error
        return self._checked(answer, method, path)

    def _checked(self, answer: httpx.Response, method: str, path: str) -> bytes | None:
        status, title = answer.status_code, self.title
        if status == httpx.codes.NOT_FOUND and method != "POST":
            return None
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise Refused(
                f"{title} refuses the API key ({status})",
                "set api_key to the key in Settings > General",
            )
        if answer.is_redirect:
            raise Refused(
                f"{title} redirects {path}",
                f"put its URL base into url, as in http://host:port/{title.lower()}",
            )
        if status in {httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT}:
            self.era += 1  # said by a proxy in front of an arr that is not there
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ServerError(f"{title} answered {method} {path} with {status}{self._message(answer)}")
        if status >= httpx.codes.BAD_REQUEST:
            raise Refused(f"{title} refused {method} {path} ({status}){self._message(answer)}")
        return answer.content.strip() or None

    def _decoded(self, shape: type[Shape], said: bytes, path: str) -> Shape:
        # Straight into its shape: as Python objects a list of 20 000 films would take some hundred MiB.
        try:
            return msgspec.json.decode(said, type=shape)
        except msgspec.ValidationError as error:
            raise Refused(f"{self.title} answered {path} strangely: {error}", _CHECK_URL) from error
        except NOT_JSON as error:
            what = f"{self.title} answered {path} with something that is not JSON"
            raise Refused(what, _CHECK_URL) from error

    def _message(self, answer: httpx.Response) -> str:
        text = _said(answer)
        key = self._client.headers.get("X-Api-Key", "")
        return f": {text.replace(key, '***') if key else text}"[:400] if text else ""


class Commands:
    """The queue of an arr. `members` are those of a command's body that name items, by id or list of ids."""

    def __init__(self, api: ArrApi, path: str, members: tuple[str, ...]) -> None:
        self._api = api
        self._path = path
        self._members = members

    def run(self, body: Mapping[str, Any]) -> int:
        """Queue a command and return its id. An equal one that waits or runs is that one."""
        return self._api.ask(_Command, "POST", self._path, json=body).id

    def ended(self, command: int) -> bool:
        """Return whether it has ended; the arrs forget a command some minutes after its end."""
        found = self._api.find(_Command, f"{self._path}/{command}")
        return found is None or not found.running

    def scans(self, names: frozenset[str]) -> ArrScans:
        """Return how it stands with the commands of these names, for all items. One request."""
        running: set[int] = set()
        ended: dict[int, int] = {}
        for each in self._api.ask(list[_Command], "GET", self._path):
            if each.name not in names:
                continue
            refs = each.refs(self._members) or {_ALL}
            if each.running:
                running |= refs
            elif each.ended:
                ended |= {ref: max(_ms(each.ended), ended.get(ref, 0)) for ref in refs}
        return ArrScans(frozenset(running), ended, _ALL in running, ended.get(_ALL, 0))


class _Command(Payload, frozen=True):
    id: int
    name: str = ""
    status: str = ""
    ended: datetime | None = None
    body: Mapping[str, Any] = {}

    @property
    def running(self) -> bool:
        return self.status in {"queued", "started"}

    def refs(self, members: tuple[str, ...]) -> set[int]:
        """Return the items it names; a command that names none is for all."""
        named = [self.body.get(member) for member in members]
        return {number for one in named if one for number in (one if isinstance(one, list) else [one])}


def _ms(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


_CHECK_URL: Final = "check that url points at the arr itself, not at a login page or another program"
NOT_JSON: Final = (msgspec.DecodeError, UnicodeError, RecursionError)


def _said(answer: httpx.Response) -> str:
    try:
        said = msgspec.json.decode(answer.content)
    except NOT_JSON:
        return ""
    if isinstance(said, list):
        texts = [str(entry.get("errorMessage") or "") for entry in said if isinstance(entry, dict)]
        return "; ".join(text for text in texts if text)
    return str(said.get("message") or "") if isinstance(said, dict) else ""
