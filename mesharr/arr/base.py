"""The port to an arr.

An arr file holds a module-level `KIND` of type `ArrKind` and is found by its place in this package:
nothing else has to change for a new one. Requests to any of them are in `mesharr.arr.shared.api`, the reading
of their webhooks in `mesharr.arr.shared.signal_parsing`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

import httpx
import msgspec

from mesharr.core.arr.model import ArrItem, ArrScans, Download, NewItem, SettingProblem, Signal
from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import LibraryInfo


class UnreadableSignal(MesharrError):  # noqa: N818 - says what the bytes are, as its siblings do
    """The bytes are not a webhook or script environment of this arr (the HTTP answer is 400)."""


class Arr(Protocol):
    """One running arr. Every method raises `Unavailable` or `Refused`, and nothing else of its own."""

    def read(self, id: str) -> ArrItem | None:  # noqa: A002 - the mesh's word
        """Return the item as it is now, None when the arr does not list it. As few requests as can be."""

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these the arr does not list either, when `read` has just returned None: no request.

        An arr that cannot be asked for an id was asked for its whole list then; all others return nothing.
        """

    def read_all(self) -> Iterator[ArrItem]:
        """Yield every item the arr lists.

        An item that nothing can be wanted of (unmonitored as a whole) need not be asked for its units and
        files again within the hour, as long as what the list says of it has not changed.
        """

    def check(self) -> None:
        """Raise `Refused` when a setting of the arr would harm the mesh, naming setting and fix."""

    def findings(self) -> tuple[SettingProblem, ...]:
        """Return the settings that hurt on a shared drive, each with its fix; () when there are none."""

    def roots(self) -> Mapping[str, bool]:
        """Return the root folders, as the arr sees them, and whether it can reach each."""

    def add(self, item: NewItem) -> None:
        """Add the item unmonitored, tagged, without a search; adding one twice is no error."""

    def add_many(self, items: Sequence[NewItem]) -> None:
        """Do as `add` with up to `ArrKind.batch` items in one request.

        An error says nothing of which of them are there now: the caller reads the list again, and halves
        the batch to find the one that is refused.
        """

    def exclusions(self) -> frozenset[str]:
        """Return the ids of the items that this household told its arr never to add."""

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        """Set the monitored flag of these units and of nothing else that could be wanted."""

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        """Ask for a scan of the item's folder; return the id of the command.

        `paths` are the files (absolute, as the arr sees them) that came or went, for an arr that has to
        be led to them; `units` are those of the files that came: what the arr does not know of yet it is
        told of first, unmonitored.
        """

    def command_ended(self, command: int) -> bool:
        """Return whether a command has ended (also when the arr has forgotten it)."""

    def scans(self) -> ArrScans:
        """Return what is being scanned or refreshed, and when that last ended, of all items. One request."""

    def move(self, ref: int, folder: str, series_type: str = "") -> None:
        """Point the item at a folder without touching a file; a series gets the type that is given, too."""

    def remove(self, ref: int) -> None:
        """Remove the item and leave its files alone; removing one twice is no error."""

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        """Return what the arr's history since then tells: imports, renames, deleted files, grabs."""

    def downloads(self) -> tuple[Download, ...]:
        """Return what is in the arr's queue: being downloaded, or waiting for its import."""

    def started(self) -> str:
        """Return when the arr was started, in its own words; "" when it does not say. One request."""

    def describe(self) -> LibraryInfo:
        """Return version, naming format and profile names, for the hello."""


class ArrKind(msgspec.Struct, frozen=True):
    """What is known of a kind of arr without talking to one.

    `webhook` turns a body into signals, `script` an environment (names in any case): both return ()
    for a test or an event that tells nothing, raise `UnreadableSignal` for bytes that are no event of this
    kind or lack what the event needs. `prefix` is how its script variables start, lower case.
    `known` holds the types of webhook it acts on. `triggers` are the flags a connection of mesharr needs
    in it, `api` the root of its API, `headers` whether its webhooks can carry headers of their own. `batch`
    is how many items it takes in one add.
    """

    name: str
    title: str
    prefix: str
    connect: Callable[[httpx.Client], Arr]
    webhook: Callable[[bytes], tuple[Signal, ...]]
    script: Callable[[Mapping[str, str]], tuple[Signal, ...]]
    known: frozenset[str]
    triggers: tuple[str, ...] = ()
    api: str = "/api/v3"
    headers: bool = True
    batch: int = 1
