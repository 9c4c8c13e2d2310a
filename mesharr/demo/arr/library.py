"""The library of a simulated app: what adds, imports and deletes do alike in every app."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, Literal, Protocol, TypeVar

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.records import Exclusion, HistoryRow, LibraryTables, QueueRow
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import Disposal, ScanDir, move_folder
from mesharr.demo.wire import HttpError

T = TypeVar("T", bound=LibraryTables)
Between = Callable[[str, int], None]
"""Called with a stage and an item's id in the middle of what an app does, so that a test may interfere."""


class Item(Protocol):
    """A movie, series, artist or author."""

    @property
    def id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def tags(self) -> tuple[int, ...]: ...


@dataclass
class Facts:
    """Behaviours that real apps showed now and then, each switched on by a test.

    All are off in a new app.
    """

    refresh_seconds: float = 0.0
    """How long the refresh of one item takes, in seconds of the app's clock; 0.45 in a real Radarr.

    Files that it finds appear as it goes. A background thread does not wait.
    """
    add_seconds: float = 0.0
    """How long a bulk add takes for one item before it answers, in real time; 0.01 in a real Radarr."""
    import_seconds: float = 0.0
    """How long a manual import takes for one file, in seconds of the app's clock; 0.03 in a real Radarr."""
    overlapping_scans: Literal["", "two rows", "row again"] = ""
    """What becomes of a file that a queued scan and the one under way find both, in Radarr and Sonarr.

    "" runs them one by one. With `two rows` both attach it. With `row again` the later one drops the row of
    the first, with the reason manualOverride.
    """
    busy_until: dict[int | str, float] = field(default_factory=dict)
    """Until when an add of an item fails, by foreign id, in seconds since 1970: somebody else adds it."""
    probed_quality: str = ""
    """The quality that a scan sees in every file, whatever its name says; "" lets it believe the name."""
    client_away: bool = False
    """Whether the download client does not answer: the queue is then empty, and nobody says why."""
    fuzzy_matches: bool = False
    """Whether a file goes to the known work of the most similar title, of whatever creator. Readarr only."""
    wavers: bool = False
    """Whether each scan decides anew for every track of which there are two files. Lidarr only."""
    reads_tags: bool = False
    """Whether files match only the edition that their tags speak of. Lidarr only."""


class Library(ABC, Generic[T]):
    """One app's tables, queue and disk. HTTP does not come up here."""

    def __init__(self, arr: SimulatedApp, tables: T, scandir: ScanDir = os.scandir) -> None:
        self.arr = arr
        self.tables = tables
        self.scandir = scandir
        self.queue: dict[int, QueueRow] = {}
        self.disposal = Disposal(lambda: str(self.media_setting("recycleBin")))
        self.metadata_down = False
        self.between: Between | None = None
        self.facts = Facts()

    @abstractmethod
    def items(self) -> Sequence[Item]:
        """Return all movies, series, artists or authors, by id."""

    def media_setting(self, name: str) -> Any:
        """Return a setting of the media management page."""
        return self.arr.config("mediamanagement")[name]

    def roots(self) -> list[str]:
        """Return the paths of the root folders."""
        return list(self.arr.common.roots.values())

    def interrupt(self, stage: str, item_id: int) -> None:
        """Let a test interfere at this stage, if one wants to."""
        if self.between is not None:
            self.between(stage, item_id)

    def overlap(self, item_id: int) -> None:
        """Run the queued scans of this item beside the one that is under way, if scans overlap."""
        if self.facts.overlapping_scans:
            self.arr.commands.run_beside(lambda command: self.scans(command, item_id))

    @abstractmethod
    def scans(self, command: Command, item_id: int) -> bool:
        """Return whether a command scans this item by its id."""

    def refuse_busy(self, foreign_ids: Iterable[int | str], constraint: str) -> None:
        """Raise the 409 of a broken constraint for an item that somebody else is adding now."""
        for foreign_id in foreign_ids:
            if self.facts.busy_until.get(foreign_id, 0.0) > self.arr.now():
                raise HttpError(
                    409, {"message": f"constraint failed\nUNIQUE constraint failed: {constraint}"}
                )

    # -- history, queue, exclusions ---------------------------------------------------------

    def record(self, row: HistoryRow) -> None:
        """Write a history row with the present time; adds, deletes, edits and found files have none."""
        number = self.arr.next_id("history")
        self.tables.history[number] = replace(row, id=number, date=self.arr.now())

    def forget_history(self, item_ids: Collection[int]) -> None:
        """Delete the history rows of these items."""
        for row in list(self.tables.history.values()):
            if row.item_id in item_ids:
                del self.tables.history[row.id]

    def enqueue(self, release: Release, item_id: int, part_ids: Iterable[int] = (0,)) -> None:
        """Add a queue row of a release for each of these parts of an item."""
        for part_id in part_ids:
            number = self.arr.next_id("queue")
            self.queue[number] = QueueRow(number, item_id, part_id, release, self.arr.now())

    def dequeue(self, download_id: str) -> None:
        """Remove every queue row of a download."""
        for number, row in list(self.queue.items()):
            if row.release.download_id == download_id:
                del self.queue[number]

    def queue_shown(self) -> Mapping[int, QueueRow]:
        """Return the queue as the app lists it: empty while the download client does not answer."""
        return {} if self.facts.client_away else self.queue

    def fail(self, release: Release) -> None:
        """Let a download fail: a history row for each of its parts, and no event."""
        for row in self._rows_of(release):
            data = {"downloadClient": release.client, "message": "Download failed"}
            what = (row.item_id, row.part_id, "downloadFailed", release.title)
            self.record(HistoryRow(*what, release.quality, data, release.download_id))
        self.dequeue(release.download_id)

    def refuse_import(self, release: Release) -> None:
        """End a download that is no upgrade of the existing files.

        The download stays in the queue, without an event.
        """
        for row in self._rows_of(release):
            self.queue[row.id] = replace(row, state="importPending")

    def _rows_of(self, release: Release) -> list[QueueRow]:
        rows = list(self.queue.values())
        return [row for row in rows if row.release.download_id == release.download_id]

    def exclude(self, foreign_id: int | str, title: str, year: int = 0) -> Exclusion:
        """Add an import-list exclusion, or return the one there is."""
        for known in self.tables.exclusions.values():
            if known.foreign_id == foreign_id:
                return known
        row = Exclusion(self.arr.next_id("exclusions"), foreign_id, title, year)
        self.tables.exclusions[row.id] = row
        return row

    # -- disk -------------------------------------------------------------------------------

    def move_folder_later(self, source: str, target: str) -> None:
        """Move an item's folder after the reply, if its path changed."""
        if source != target:
            self.arr.commands.defer(partial(move_folder, source, target))

    def delete_folder(self, folder: str, *, requested: bool, later: bool) -> None:
        """Delete an item's whole folder, unless another item's folder is in it.

        `requested` says that a request wants it: then `disposal.requested` lists its files. `later` leaves it
        to the command queue, which runs after the reply.
        """
        if later:
            self.arr.commands.defer(partial(self.delete_folder, folder, requested=requested, later=False))
        else:
            self.disposal.delete_folder(folder, [item.path for item in self.items()], requested=requested)
