"""The port to an arr, and how one talks to any of them.

An arr file holds a module-level `KIND` of type `ArrKind` and is found by its place in this package:
nothing else has to change for a new one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import httpx
import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.events import LibraryInfo
from mesharr.core.held import Held, NewItem, ScanState, Signal


class NoSignal(MesharrError):  # noqa: N818 - says what the bytes are, as its siblings do
    """The bytes are not a webhook or script environment of this arr (the HTTP answer is 400)."""


class Arr(Protocol):
    """One running arr. Every method raises `Unavailable` or `Refused`, and nothing else of its own."""

    def read(self, id: str) -> Held | None:  # noqa: A002 - the mesh's word
        """Return the item as it is now, None when the arr does not list it. One request."""
        ...

    def read_all(self) -> Iterator[Held]:
        """Yield every item the arr lists."""
        ...

    def check(self) -> None:
        """Raise `Refused` when a setting of the arr would harm the mesh, naming setting and mend."""
        ...

    def add(self, item: NewItem) -> None:
        """Add the item unmonitored, tagged, without a search; adding one twice is no error."""
        ...

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        """Set the monitored flag of these units and of nothing else."""
        ...

    def rescan(self, ref: int) -> int:
        """Ask for a scan of the item's folder; return the id of the command."""
        ...

    def command_ended(self, command: int) -> bool:
        """Return whether a command has ended (also when the arr has forgotten it)."""
        ...

    def scan_state(self, ref: int) -> ScanState:
        """Return whether the item is being scanned or refreshed, and when that last ended."""
        ...

    def move(self, ref: int, folder: str) -> None:
        """Point the item at another folder without touching a file."""
        ...

    def remove(self, ref: int) -> None:
        """Remove the item and leave its files alone; removing one twice is no error."""
        ...

    def imports_since(self, since_ms: int) -> tuple[Signal, ...]:
        """Return an `imported` signal for each import row of the arr's history since then."""
        ...

    def describe(self) -> LibraryInfo:
        """Return version, naming format and profile names, for the hello."""
        ...


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


class ArrApi:
    """The requests of one arr, with its failures named.

    Holds for every call: a connection error, a time-out, a 5xx or a 429 is `Unavailable`; a wrong
    key, a redirect, a page instead of JSON, or a validation error is `Refused`, with the arr's own
    message. A 404 is None. The API key is in the client's headers and in no message.
    """

    def __init__(self, client: httpx.Client, title: str) -> None:
        self._client = client
        self._title = title

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Any:
        """Return the decoded JSON of the answer, None for a 404 or an empty body."""
        try:
            answer = self._client.request(method, path, params=params, json=json)
        except httpx.TimeoutException as error:
            raise Unavailable(f"{self._title} did not answer {method} {path} in time") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._title} cannot be reached: {error or type(error).__name__}") from error
        return self._decoded(answer, method, path)

    def _decoded(self, answer: httpx.Response, method: str, path: str) -> Any:
        status, title = answer.status_code, self._title
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
            raise Unavailable(f"{title} answered {method} {path} with {status}{_message(answer)}")
        if status >= httpx.codes.BAD_REQUEST:
            raise Refused(f"{title} refused {method} {path} ({status}){_message(answer)}")
        if not answer.content.strip():
            return None
        try:
            return msgspec.json.decode(answer.content)
        except msgspec.DecodeError as error:
            raise Refused(
                f"{title} answered {path} with something that is not JSON",
                "check that url points at the arr itself, not at a login page or another program",
            ) from error


def _message(answer: httpx.Response) -> str:
    try:
        said = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return ""
    if isinstance(said, list):
        texts = [str(entry.get("errorMessage", "")) for entry in said if isinstance(entry, dict)]
        return ": " + "; ".join(text for text in texts if text)
    if isinstance(said, dict) and said.get("message"):
        return f": {str(said['message'])[:300]}"
    return ""
