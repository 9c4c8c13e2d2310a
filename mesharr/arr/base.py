"""The port to an app of the arr family: Radarr, Sonarr, Lidarr, Readarr.

An adapter is a module of this package with a module-level `KIND` of type `ArrKind`. It is found by its place:
nothing else has to change for a new one. What adapters share is in `mesharr.arr.shared`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from mesharr.core.arr.model import (
    ArrHistory,
    ArrItem,
    ArrScans,
    Download,
    FileToImport,
    NewItem,
    SettingProblem,
    Signal,
)
from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import LibraryInfo

if TYPE_CHECKING:
    import httpx  # only a type here: what reads no app must not pay for its import


class UnreadableSignal(MesharrError):  # noqa: N818 - names the bytes, as its siblings do
    """The bytes are not a webhook or script environment of this app (the HTTP answer is 400)."""


class Arr(Protocol):
    """One running app.

    Item ids and units are those of events (`tmdb:27205`, `S02E01`); a `ref` is the app's own number of an
    item; paths are absolute, as the app sees them. Every method raises `Unavailable` when the app does not
    answer, `Refused` when the user must change something, and nothing else of its own. No method deletes,
    moves or renames a file.
    """

    def read(self, item: str) -> ArrItem | None:
        """Return the item as it is now, None when the app does not list it.

        It makes as few requests as possible.
        """

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        """Return which other items `read` has just found missing with the one it returned None for.

        No request is made: for an app that has no query by id, `read` has requested the whole list, which
        answers for all `ids`; an app with such a query returns nothing.
        """

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        """Yield every item the app lists, as it is now.

        The names of profiles and tags are read with it: they tell when the app has another database. With
        `recent`, those read some minutes ago do, for a list that is read again and again.

        Exception: the units and files of an unmonitored item may be up to an hour old while its row in the
        list has not changed.
        """

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:
        """Return an item just read, with the `parts` of its files at these paths.

        `parts` are set as far as the app states them. At most one request, and none for an app whose units
        state what a file is. Other files are returned as they are.
        """

    def check_settings(self) -> None:
        """Return when no setting harms the peers; else raise `Refused` with the setting and the fix."""

    def setting_problems(self) -> tuple[SettingProblem, ...]:
        """Return the settings that hurt on a shared drive, each with its fix."""

    def roots(self) -> Mapping[str, bool]:
        """Return whether the app can reach each of its root folders, by path.

        The paths have no slash at the end.
        """

    def has_file(self, path: str) -> bool:
        """Return whether the app sees a file at an absolute path, as it names paths."""

    def add(self, item: NewItem) -> None:
        """Add an item unmonitored, with its tag, without a search.

        The app lists the item after the call; one that it has already is left as it is.
        """

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        """Add up to `ArrKind.add_batch` items as `add` does, in one request.

        Returns them as the app lists them then, in the order in which it is going to scan them; () when its
        answer does not say. After an error any of them may have been added: the caller reads the list again,
        and halves the batch to find the one that is refused.
        """

    def exclusions(self) -> frozenset[str]:
        """Return the ids of the items that the household excluded from being added."""

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        """Set the monitored flag of these units; the app downloads no other unit because of it.

        Units and items that the app does not have are no error.
        """

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        """Queue a scan of the item's folder and return the id of the command.

        `paths` are the files that were added or deleted, for an app that scans only folders it is given.
        `units` are those of the added files: a unit that the app does not have is added first, unmonitored.
        """

    def importable(self, file: FileToImport) -> bool:
        """Return whether the app has all that the file is said to be: units, parts, release.

        Answered from what was just read of the item, with at most two requests for what was not. A file that
        is not importable is left to a scan.
        """

    def import_files(self, files: Sequence[FileToImport]) -> int:
        """Queue the registration of files of many items by ids; return the command's id.

        It is one command for all files. Each file has to lie in its item's folder: then it stays as it is, no
        flag changes and no webhook comes, but for a file that the app lists elsewhere, which is taken from
        there. Files that are not `importable` are left out; raises `Refused` when no other is left.
        """

    def command_ended(self, command: int) -> bool:
        """Return whether a command has ended; True also when the app has forgotten it."""

    def scans(self) -> ArrScans:
        """Return the running and queued scans of all items, and when the last one ended.

        Refreshes and imports count as scans. One request. Made *before* an item is read, it tells whether
        what is read may be stale.
        """

    def move(self, ref: int, folder: str, series_type: str = "") -> None:
        """Set the item's folder without touching a file.

        A series gets `series_type` unless it is "".

        A missing item is no error.
        """

    def remove(self, ref: int) -> None:
        """Remove the item and keep its files, without an exclusion; a missing item is no error."""

    def history_since(self, since_ms: int) -> ArrHistory:
        """Return the history since a time (ms since 1970). One request."""

    def downloads(self) -> tuple[Download, ...]:
        """Return the download queue: what is being downloaded, or waits for its import."""

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        """Return which download clients the app cannot reach, in its own words.

        Two requests: its health states an outage some minutes late, so it is also asked to test the clients.
        Meanwhile its queue lacks what such a client downloads.
        """

    def forget_cached(self) -> None:
        """Have everything read again that is kept of earlier answers. No request."""

    def start_time(self) -> str:
        """Return when the app was started, as it writes it, "" when it does not say. One request."""

    def library_info(self) -> LibraryInfo:
        """Return version, naming format and quality profiles, for `node.hello`."""


class ArrKind(msgspec.Struct, frozen=True):
    """The properties of a kind of app that need no request."""

    name: str
    """The key of its settings under `apps` (`radarr`)."""
    title: str
    """Its name in messages (`Radarr`)."""
    script_prefix: str
    """The beginning of its script variables, lower case (`radarr_`)."""
    connect: Callable[["httpx.Client"], Arr]
    """Returns the app behind a client that has its URL and key; makes no request."""
    parse_webhook: Callable[[bytes], tuple[Signal, ...]]
    """Returns the signals of a webhook's body; () for a test and for an event that concerns no item.

    Raises `UnreadableSignal` for bytes that are no event of this app or lack what the event needs.
    """
    parse_script: Callable[[Mapping[str, str]], tuple[Signal, ...]]
    """As `parse_webhook`, of the environment of a custom script; names in upper or lower case."""
    event_types: frozenset[str]
    """The types of webhook that give signals."""
    triggers: tuple[str, ...] = ()
    """The flags that mesharr's connection in the app needs on."""
    item: str = ""
    """What its API calls an item: `movie` in `/movie/editor` and `movieIds`."""
    api_root: str = "/api/v3"
    """The path that its requests begin with."""
    webhook_headers: bool = True
    """Whether its webhooks can carry headers; else the key goes into a password."""
    imports_files: bool = False
    """Whether it registers files by ids: `Arr.import_files`."""
    states_parts: bool = False
    """Whether its units do not state what a file is, so that `Arr.with_parts` does."""
    imports_beside_scans: bool = False
    """Whether files may be imported by ids while the app scans what was added, ahead of the scan."""
    add_batch: int = 1
    """How many items it takes in one request of `add_many`."""
