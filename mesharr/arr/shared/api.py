"""Send requests to any app, turn failures into mesharr's errors, run queued commands."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

import httpx
import msgspec
from httpx import USE_CLIENT_DEFAULT

from mesharr.arr.base import UnreadableSignal
from mesharr.bounded_http import other_program_at, redirect_target
from mesharr.core.answers import (
    NOT_JSON,
    decoded,
    failure_text,
    redirect_fix,
    says_down,
    tls_failure,
    words_of,
)
from mesharr.core.arr.model import ArrFile, ArrScans
from mesharr.core.errors import AppRefused, Collision, KeyRefused, Outage, Refused, Unavailable
from mesharr.core.secrets import secrets_sent

Shape = TypeVar("Shape")


ITEM_S: Final = 1.0
"""How much longer (s) an answer may take for each item that is added in one request."""
_ALL_ITEMS: Final = 0
"""Stands for every item among ids, which begin at 1."""
_IMPORT: Final = "ManualImport"
_MOVES: Final = re.compile("Rename|Move|BulkMove|ProcessMonitored|Downloaded")
"""How the commands begin that need the disk for themselves, as an import by ids does."""


class ServerError(Unavailable):
    """The app answered with a 5xx or a 429: it runs, and could not do this."""


class Payload(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Base of JSON objects from an app: the members that are used. All others are ignored.

    They are trees, so the garbage collector need not search a list of thousands for cycles.
    """


class PathFields(Payload, frozen=True):
    """The path of a file: absolute, or relative to the folder of its item."""

    path: str | None = None
    relative_path: str | None = None

    def absolute_path(self, folder: str | None) -> str:
        """Return the absolute path, "" when the members do not give it.

        `folder` is that of the item.
        """
        if self.path:
            return self.path
        return str(PurePosixPath(folder, self.relative_path)) if folder and self.relative_path else ""

    def required_path(self, folder: str | None) -> str:
        """Return `absolute_path`; raise `UnreadableSignal` when the members do not give it."""
        if path := self.absolute_path(folder):
            return path
        raise UnreadableSignal("the event lacks the path of its file")


class _Name(Payload, frozen=True):
    name: str | None = None


class MediaFile(PathFields, frozen=True):
    """A media file as an app lists it."""

    id: int = 0
    size: int = 0
    quality: Mapping[str, _Name] = {}
    release_group: str | None = None
    languages: tuple[_Name, ...] = ()

    def arr_files(
        self,
        folder: str,
        units: tuple[str, ...],
        checks: Mapping[str, int] | None = None,
        release: str = "",
    ) -> tuple[ArrFile, ...]:
        """Return the file of an item in `folder` as a tuple of one, () when it has no path.

        `units`, `checks` and `release` are what the file itself does not say.
        """
        path = self.absolute_path(folder)
        file = ArrFile(
            path=path,
            size=self.size,
            units=units,
            quality=self.quality.get("quality", _Name()).name or "",
            group=self.release_group or "",
            languages=tuple(language.name for language in self.languages if language.name),
            checks=checks or {},
            release=release,
            ref=self.id,
        )
        return (file,) if path else ()


class QueueRow(Payload, frozen=True):
    """A row of an app's download queue."""

    tracked_download_state: str = ""

    @property
    def finished(self) -> bool:
        """Whether no import will follow."""
        return self.tracked_download_state in {"imported", "failed", "failedPending", "ignored"}


def date_of(ms: int) -> str:
    """Return a time (ms since 1970) as the apps' queries take it, in whole seconds of UTC."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def ms_of(text: str) -> int:
    """Return the time (ms since 1970) that an app states, 0 for none that can be read."""
    try:
        return _ms(datetime.fromisoformat(text))
    except ValueError:
        return 0


class ArrApi:
    """The requests to one app.

    Holds for every call: a connection error, a time-out, or an answer that says that the app does not run is
    an `Outage`, any other 5xx or a 429 a `ServerError`; a wrong key, a redirect or a page instead of JSON is
    `AppRefused`, a validation error `Refused`, with the app's own message; a row that is there just now is a
    `Collision`. The API key is in the client's headers and in no message.
    """

    def __init__(self, client: httpx.Client, title: str, root: str = "/api/v3") -> None:
        self._client = client
        self.title = title
        self.root = root
        """The path that its requests begin with."""
        self._start_time = ""
        self.generation = 0
        """Grows whenever the app may have another database than before, in which ids name other things.

        A database is replaced with a restart, so each outage may hide one.
        """

    def forget_cached(self) -> None:
        """Begin a new `generation`: what is kept of earlier answers is read again."""
        self.generation += 1

    def note_start_time(self, start_time: str) -> None:
        """Begin a new `generation` when the app was started at another time than at the last call."""
        if start_time != self._start_time:
            self.generation += 1
        self._start_time = start_time

    def ask(
        self,
        shape: type[Shape],
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        accepted: Collection[int] = (),
    ) -> Shape:
        """Send a request and return the answer as `shape`.

        A 404, an empty answer, or another shape is `Refused`. A status that is `accepted` is an answer like
        any other.

        For what every app of this kind has: a wrong url must not look like an empty library.
        """
        content = self._content(method, path, params=params, json=json, accepted=accepted)
        if content is None:
            raise self._not_it(f"{self.title} has nothing at {path}")
        return self._decoded(shape, content, path)

    def find(self, shape: type[Shape], path: str) -> Shape | None:
        """GET and return the answer as `shape`, None for a 404."""
        content = self._content("GET", path)
        return None if content is None else self._decoded(shape, content, path)

    def add(self, path: str, body: Any) -> Any:
        """POST a new item and return the answer, None when the app has it already: that is no error."""
        try:
            return self.request("POST", path, json=body)
        except Refused as refused:
            if "has already been added" not in refused.what:
                raise
        return None

    def add_many(self, shape: type[Shape], path: str, bodies: Sequence[Any]) -> Shape | None:
        """POST several new items and return the answer, None for an empty one.

        The app asks its metadata server about each before it answers: it has a second more for each.
        """
        content = self._content("POST", path, json=bodies, more_s=len(bodies) * ITEM_S)
        return None if content is None else self._decoded(shape, content, path)

    def edit(self, path: str, query: Mapping[str, str], changed: Mapping[str, Any]) -> None:
        """GET an item and PUT it back with members changed; None leaves one out.

        A missing item is no error.
        """
        found = self.find(dict[str, Any], path)
        if found is not None:
            body = {name: value for name, value in {**found, **changed}.items() if value is not None}
            self.request("PUT", path, params=query, json=body)

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """Send a request and return the answer's JSON, None for an empty answer.

        A 404 to anything but a POST counts as empty.
        """
        content = self._content(method, path, params=params, json=json)
        return None if content is None else self._decoded(Any, content, path)

    def _content(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        accepted: Collection[int] = (),
        more_s: float = 0.0,
    ) -> bytes | None:
        times = self._client.timeout.as_dict()
        timeout = (
            httpx.Timeout(**{**times, "read": (times["read"] or 0.0) + more_s})
            if more_s
            else USE_CLIENT_DEFAULT
        )
        try:
            answer = self._client.request(method, path, params=params, json=json, timeout=timeout)
        except httpx.TimeoutException as error:
            raise Outage(f"{self.title} did not answer {method} {path} in time") from error
        except httpx.LocalProtocolError:  # its text, and so its traceback, shows the header and the key in it
            raise AppRefused(
                f"no request can be sent to {self.title}: the API key is not one line of plain text",
                f"copy the key from {self.title}'s Settings > General to its api_key in mesharr.yml",
            ) from None
        except httpx.UnsupportedProtocol as error:
            raise AppRefused(
                f"no request can be sent to {self.title}: {error}", "start url with http://"
            ) from error
        except httpx.HTTPError as error:
            if failure := tls_failure(self.title, error):
                raise AppRefused(*failure) from error
            self.generation += 1
            why = failure_text(error, *secrets_sent(error.request.headers))
            raise Outage(f"{self.title} cannot be reached: {why}") from error
        if answer.status_code in accepted:
            return answer.content.strip() or None
        return self._checked(answer, method, path)

    def _checked(self, answer: httpx.Response, method: str, path: str) -> bytes | None:
        status, title = answer.status_code, self.title
        if status == httpx.codes.NOT_FOUND and method != "POST":
            return None
        is_key = status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
        if (is_key or answer.is_redirect) and (failure := other_program_at(self._client, "", title, answer)):
            raise AppRefused(*failure)
        if is_key:
            raise KeyRefused(
                f"{title} refuses the API key ({status})",
                f"copy the key from {title}'s Settings > General to its api_key in mesharr.yml",
            )
        if answer.is_redirect:
            hint = f"put its URL base into url, as in http://host:port/{title.lower()}"
            raise AppRefused(
                *redirect_fix(f"{title} redirects {path} ({status})", path, redirect_target(answer), hint)
            )
        if says_down(status, answer.content):
            self.generation += 1
            raise Outage(f"{title} answered {method} {path} with {status}{self._message(answer)}")
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ServerError(f"{title} answered {method} {path} with {status}{self._message(answer)}")
        if status == httpx.codes.CONFLICT and "unique constraint" in self._message(answer).lower():
            # the app itself, or the user, is adding the same at this moment
            raise Collision(f"{title} answered {method} {path} with {status}{self._message(answer)}")
        if status >= httpx.codes.BAD_REQUEST:
            raise Refused(f"{title} refused {method} {path} ({status}){self._message(answer)}")
        return answer.content.strip() or None

    def _decoded(self, shape: type[Shape], content: bytes, path: str) -> Shape:
        # Straight into its shape: as Python objects a list of 20 000 films would take some hundred MiB.
        try:
            return decoded(content, shape)
        except msgspec.ValidationError as error:
            raise Refused(f"{self.title} answered {path} strangely: {error}", self._check_url) from error
        except NOT_JSON as error:
            raise self._not_it(f"{self.title} answered {path} with something that is not JSON") from error

    def _not_it(self, what: str) -> AppRefused:
        """Return the error for an answer that is not the app's; it names whose it may be."""
        return AppRefused(*(other_program_at(self._client, "", self.title) or (what, self._check_url)))

    @property
    def _check_url(self) -> str:
        return f"check that url points at {self.title} itself, not at a login page or another program"

    def _message(self, answer: httpx.Response) -> str:
        text = words_of(answer.content, *secrets_sent(answer.request.headers))
        return f": {text}" if text else ""


class Commands:
    """The command queue of one app."""

    def __init__(self, api: ArrApi, members: tuple[str, ...]) -> None:
        """Take the members of a command's body that hold the id of an item, or a list of ids."""
        self._api = api
        self._path = f"{api.root}/command"
        self._members = members

    def run(self, body: Mapping[str, Any]) -> int:
        """Queue a command and return its id.

        When an equal one is queued or runs, the app returns that one's id.
        """
        return self._api.ask(_Command, "POST", self._path, json=body).id

    def ended(self, command: int) -> bool:
        """Return whether a command has ended; the apps forget one some minutes after its end."""
        found = self._api.find(_Command, f"{self._path}/{command}")
        return found is None or not found.running

    def scans(self, names: frozenset[str], refresh: str = "") -> ArrScans:
        """Return on which items commands of these names run or are queued, and when the last ended.

        `refresh` names the command of which it is told what it has not begun with, "" for none. One request
        for all items.
        """
        running: set[int] = set()
        queued: dict[int, None] = {}
        begun: set[int] = set()
        ended: dict[int, int] = {}
        commands = sorted(self._api.ask(list[_Command], "GET", self._path), key=lambda each: each.id)
        for each in commands:
            if each.name not in names:
                continue
            refs = each.refs(self._members) or (_ALL_ITEMS,)
            if each.running:
                running.update(refs)
                if each.name == refresh and each.status == "queued":
                    queued |= dict.fromkeys(refs)
                elif each.name != _IMPORT:
                    begun.update(refs)
            elif each.ended:
                ended |= {ref: max(_ms(each.ended), ended.get(ref, 0)) for ref in refs}
        return ArrScans(
            running=frozenset(running),
            queued=tuple(ref for ref in queued if ref not in begun) if _ALL_ITEMS not in running else (),
            importing=any(each.running and each.name == _IMPORT for each in commands),
            moving=any(each.running and _MOVES.match(each.name) for each in commands),
            ended=ended,
            all_running=_ALL_ITEMS in running,
            all_ended=ended.get(_ALL_ITEMS, 0),
        )


class _Command(Payload, frozen=True):
    id: int
    name: str = ""
    status: str = ""
    ended: datetime | None = None
    body: Mapping[str, Any] = {}

    @property
    def running(self) -> bool:
        return self.status in {"queued", "started"}

    def refs(self, members: tuple[str, ...]) -> tuple[int, ...]:
        """Return the ids of the items the command or its files name, in order; none: it is for all."""
        files = self.body.get("files")
        parts = [self.body, *(each for each in (files or ()) if isinstance(each, dict))]
        named = [part.get(member) for part in parts for member in members]
        each = (number for one in named if one for number in (one if isinstance(one, list) else [one]))
        return tuple(dict.fromkeys(each))


def _ms(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
