"""The library of a simulated app: what adds, imports and deletes do alike in every app."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.records import Exclusion, HistoryRow, LibraryTables, QueueRow
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import Disposal, ScanDir, move_folder

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
