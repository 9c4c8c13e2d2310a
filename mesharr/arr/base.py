"""The port to an arr, and how one talks to any of them.

An arr file holds a module-level `KIND` of type `ArrKind` and is found by its place in this package:
nothing else has to change for a new one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Protocol, TypeVar

import httpx
import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.events import LibraryInfo
from mesharr.core.held import Held, HeldFile, NewItem, ScanState, Signal

Shape = TypeVar("Shape")


class NoSignal(MesharrError):  # noqa: N818 - says what the bytes are, as its siblings do
    """The bytes are not a webhook or script environment of this arr (the HTTP answer is 400)."""


class Arr(Protocol):
    """One running arr. Every method raises `Unavailable` or `Refused`, and nothing else of its own."""

    def read(self, id: str) -> Held | None:  # noqa: A002 - the mesh's word
        """Return the item as it is now, None when the arr does not list it. One request."""

    def read_all(self) -> Iterator[Held]:
        """Yield every item the arr lists."""

    def check(self) -> None:
        """Raise `Refused` when a setting of the arr would harm the mesh, naming setting and mend."""

    def add(self, item: NewItem) -> None:
        """Add the item unmonitored, tagged, without a search; adding one twice is no error."""

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        """Set the monitored flag of these units and of nothing else."""

    def rescan(self, ref: int) -> int:
        """Ask for a scan of the item's folder; return the id of the command."""

    def command_ended(self, command: int) -> bool:
        """Return whether a command has ended (also when the arr has forgotten it)."""

    def scan_state(self, ref: int) -> ScanState:
        """Return whether the item is being scanned or refreshed, and when that last ended."""

    def move(self, ref: int, folder: str) -> None:
        """Point the item at another folder without touching a file."""

    def remove(self, ref: int) -> None:
        """Remove the item and leave its files alone; removing one twice is no error."""

    def imports_since(self, since_ms: int) -> tuple[Signal, ...]:
        """Return an `imported` signal for each import row of the arr's history since then."""

    def describe(self) -> LibraryInfo:
        """Return version, naming format and profile names, for the hello."""


class ArrKind(msgspec.Struct, frozen=True):
    """What is known of a kind of arr without talking to one.

    `webhook` turns a body into signals, `script` an environment (names in any case): both return ()
    for a test or an event that tells nothing, raise `NoSignal` for bytes that are no event of this
    kind or lack what the event needs. `prefix` is how its script variables start, lower case.
    `known` holds the event types it acts on.
    """

    name: str
    title: str
    prefix: str
    connect: Callable[[httpx.Client], Arr]
    webhook: Callable[[bytes], tuple[Signal, ...]]
    script: Callable[[Mapping[str, str]], tuple[Signal, ...]]
    known: frozenset[str]


class Failing(Unavailable):
    """The arr answered, with a 5xx or a 429: it is there, and could not do this."""


class Said(msgspec.Struct, frozen=True, rename="camel"):
    """Base of what an arr says: the members that are used. All others are ignored."""


class Place(Said, frozen=True):
    """Where a file is: absolute, or relative to the folder of its item."""

    path: str | None = None
    relative_path: str | None = None

    def at(self, folder: str | None) -> str:
        """Return the absolute path, "" when what was said does not give it."""
        if self.path:
            return self.path
        return str(PurePosixPath(folder, self.relative_path)) if folder and self.relative_path else ""

    def named(self, folder: str | None) -> str:
        """Return the absolute path; raise `NoSignal` when what was said does not give it."""
        if path := self.at(folder):
            return path
        raise NoSignal("the event lacks the path of its file")


class _Name(Said, frozen=True):
    name: str | None = None


class File(Place, frozen=True):
    """A media file as the arrs list it."""

    size: int = 0
    quality: Mapping[str, _Name] = {}
    release_group: str | None = None
    languages: tuple[_Name, ...] = ()

    def held(self, folder: str, units: tuple[str, ...]) -> tuple[HeldFile, ...]:
        """Return the file of an item in `folder`, () when it has no path: then there is none."""
        path = self.at(folder)
        file = HeldFile(
            path=path,
            size=self.size,
            units=units,
            quality=self.quality.get("quality", _Name()).name or "",
            group=self.release_group or "",
            languages=tuple(language.name for language in self.languages if language.name),
        )
        return (file,) if path else ()


class ArrApi:
    """The requests of one arr, with its failures named.

    Holds for every call: a connection error, a time-out, a 5xx or a 429 is `Unavailable`; a wrong
    key, a redirect, a page instead of JSON, or a validation error is `Refused`, with the arr's own
    message. The API key is in the client's headers and in no message.
    """

    def __init__(self, client: httpx.Client, title: str) -> None:
        self._client = client
        self.title = title

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
        said = self.request(method, path, params=params, json=json)
        if said is None:
            raise Refused(f"{self.title} has nothing at {path}", _CHECK_URL)
        return self._shaped(shape, said, path)

    def find(self, shape: type[Shape], path: str) -> Shape | None:
        """Return what GET answers as `shape`, None for a 404."""
        said = self.request("GET", path)
        return None if said is None else self._shaped(shape, said, path)

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """Return the decoded JSON of the answer, None for an empty body or a 404 to anything but a POST."""
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
            raise Unavailable(
                f"{self.title} cannot be reached: {str(error) or type(error).__name__}"
            ) from error
        return self._decoded(answer, method, path)

    def _decoded(self, answer: httpx.Response, method: str, path: str) -> Any:
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
                "put its URL base into url, e.g. http://radarr:7878/radarr",
            )
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Failing(f"{title} answered {method} {path} with {status}{self._message(answer)}")
        if status >= httpx.codes.BAD_REQUEST:
            raise Refused(f"{title} refused {method} {path} ({status}){self._message(answer)}")
        if not answer.content.strip():
            return None
        try:
            return msgspec.json.decode(answer.content)
        except _NOT_JSON as error:
            raise Refused(f"{title} answered {path} with something that is not JSON", _CHECK_URL) from error

    def _shaped(self, shape: type[Shape], said: Any, path: str) -> Shape:
        try:
            return msgspec.convert(said, shape)
        except msgspec.ValidationError as error:
            raise Refused(f"{self.title} answered {path} strangely: {error}", _CHECK_URL) from error

    def _message(self, answer: httpx.Response) -> str:
        text = _said(answer)
        key = self._client.headers.get("X-Api-Key", "")
        return f": {text.replace(key, '***') if key else text}"[:400] if text else ""


class Names:
    """What an arr calls the ids of one of its lists: quality profiles, tags.

    Kept by id and asked for again when an unknown id turns up. Before a write they are always asked
    for: the arrs drop unused tags every day, and a tag made anew has another id.
    """

    def __init__(self, api: ArrApi, path: str) -> None:
        self._api = api
        self._path = path
        self._known: Mapping[int, str] = {}

    def of(self, ids: Iterable[int]) -> Mapping[int, str]:
        """Return names by id, of these ids as far as the arr has them."""
        return self._known if self._known.keys() >= set(ids) else self.fresh()

    def fresh(self) -> Mapping[int, str]:
        """Return names by id as they are now. One request."""
        listed = self._api.ask(list[_Listed], "GET", self._path)
        self._known = {entry.id: entry.label or entry.name or "" for entry in listed}
        return self._known

    def chosen(self, *names: str) -> int:
        """Return the id of the first of these quality profiles there is; `Refused` when there is none."""
        ids = {name: number for number, name in self.fresh().items()}
        for name in names:
            if name in ids:
                return ids[name]
        raise Refused(
            f"{self._api.title} has no quality profile {' or '.join(repr(name) for name in names if name)}",
            f"make one, or set quality_profile of the library to one of: {', '.join(sorted(ids))}",
        )

    def made(self, label: str) -> int:
        """Return the id of a tag, which exists afterwards. Labels are lower case in every arr."""
        label = label.lower()
        for number, known in self.fresh().items():
            if known == label:
                return number
        return self._api.ask(_Listed, "POST", self._path, json={"label": label}).id


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

    def state(self, ref: int, names: frozenset[str]) -> ScanState:
        """Return how it stands with the commands of these names that concern an item. One request."""
        listed = self._api.ask(list[_Command], "GET", self._path)
        scans = [each for each in listed if each.name in names and each.concerns(ref, self._members)]
        ended = [_ms(scan.ended) for scan in scans if scan.ended]
        return ScanState(any(scan.running for scan in scans), max(ended, default=0))


def event_of(said: bytes | Mapping[str, Any], known: frozenset[str], shape: Any) -> Any:
    """Return a webhook's body, or a script's variables in the form of one, as a `shape`.

    None for an event that is not in `known`. Raises `NoSignal` when there is no event type, or the
    event lacks what its shape needs. Numbers may be text in a mapping, not in bytes.
    """
    try:
        payload = msgspec.json.decode(said) if isinstance(said, bytes) else said
        if msgspec.convert(payload, _Head).event_type not in known:
            return None
        return msgspec.convert(payload, shape, strict=isinstance(said, bytes))
    except _NOT_JSON as error:
        raise NoSignal(f"not an event of this arr: {error}") from error


class Script:
    """The variables an arr sets for a script, by name: without the prefix, lower case.

    An empty variable is what the arr does not know: it is left out. Lists are joined with `|`, which
    is not escaped in their parts.
    """

    def __init__(self, env: Mapping[str, str], prefix: str) -> None:
        lower = {name.lower(): value for name, value in env.items() if value}
        self._said = {
            name.removeprefix(prefix): value for name, value in lower.items() if name.startswith(prefix)
        }

    def get(self, name: str) -> str | None:
        """Return a variable, None when there is none."""
        return self._said.get(name)

    def parts(self, name: str) -> list[str]:
        """Return the parts of a list, [] when there is none."""
        return self._said[name].split("|") if name in self._said else []

    def renamed(self, before: str, after: str) -> list[dict[str, str]] | None:
        """Return two lists of paths in the form of a webhook, None when one is lacking.

        Of different lengths, they have a `|` in a path: no pair is sure, so none is returned. The
        item is looked at all the same.
        """
        old, new = self.parts(before), self.parts(after)
        if not old or not new:
            return None
        if len(old) != len(new):
            return []
        return [{"previousPath": was, "path": now} for was, now in zip(old, new, strict=True)]


class _Head(Said, frozen=True):
    event_type: Annotated[str, msgspec.Meta(min_length=1)]


class _Listed(Said, frozen=True):
    id: int
    name: str | None = None
    label: str | None = None


class _Command(Said, frozen=True):
    id: int
    name: str = ""
    status: str = ""
    ended: datetime | None = None
    body: Mapping[str, Any] = {}

    @property
    def running(self) -> bool:
        return self.status in {"queued", "started"}

    def concerns(self, ref: int, members: tuple[str, ...]) -> bool:
        named = [self.body.get(member) for member in members]
        refs = {number for one in named if one for number in (one if isinstance(one, list) else [one])}
        return not refs or ref in refs  # a command that names none is for all


def _ms(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


_CHECK_URL: Final = "check that url points at the arr itself, not at a login page or another program"
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _said(answer: httpx.Response) -> str:
    try:
        said = msgspec.json.decode(answer.content)
    except _NOT_JSON:
        return ""
    if isinstance(said, list):
        texts = [str(entry.get("errorMessage") or "") for entry in said if isinstance(entry, dict)]
        return "; ".join(text for text in texts if text)
    return str(said.get("message") or "") if isinstance(said, dict) else ""
