"""What tests look at and turn, alike in every simulated arr."""

import copy
from dataclasses import dataclass
from typing import Any, Protocol

from mesharr.demo.arr.app import Between, CommonTables, SimulatedApp
from mesharr.demo.disk.folders import Disposal


@dataclass(frozen=True)
class Backup:
    """A copy of the whole database; the disk and the download client are not in it."""

    common: CommonTables
    library: Any


class WatchedLibrary(Protocol):
    """The part of an arr's library that tests look at and turn."""

    tables: Any
    disposal: Disposal
    metadata_down: bool
    between: Between | None


class LibraryApp(SimulatedApp):
    """An arr with a library that a test can disturb."""

    library: WatchedLibrary

    @property
    def deleted_media(self) -> list[str]:
        """Files deleted, or recycled, because of a request."""
        return self.library.disposal.asked

    @property
    def metadata_down(self) -> bool:
        """Whether the metadata server does not answer."""
        return self.library.metadata_down

    @metadata_down.setter
    def metadata_down(self, down: bool) -> None:
        self.library.metadata_down = down

    @property
    def between(self) -> Between | None:
        """Called with a stage and an item's id in the middle of what the arr does.

        `"scan"`: a scan has listed a folder and done nothing yet. `"metadata"`: a refresh has read the
        item's row, and writes it when the metadata server has answered; in Radarr the scan that follows
        does, if it attaches a file. `"episodes"`, in Sonarr, and `"works"`, in Lidarr and Readarr: a refresh
        has read those of the item, and writes them.
        """
        return self.library.between

    @between.setter
    def between(self, hook: Between | None) -> None:
        self.library.between = hook

    def snapshot(self) -> Backup:
        """A backup of the database as it is now."""
        with self.lock:
            return Backup(self.copy_common(), copy.deepcopy(self.library.tables))

    def restore(self, backup: Backup) -> None:
        """Put a backup back and restart: later rows never were, ids are given again."""
        with self.lock:
            self.restore_common(backup.common)
            self.library.tables = copy.deepcopy(backup.library)
