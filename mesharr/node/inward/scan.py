"""Request scans of changed folders from each media server; one that is down delays no other."""

import logging
from collections.abc import Mapping

import msgspec

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.local_branch import is_media
from mesharr.node.arr_health import note_down, note_up
from mesharr.node.backoff import SCANNER_MS, wait_ms
from mesharr.node.inward.empty_trash import EmptyTrash
from mesharr.node.model import Library
from mesharr.scanners.base import FileScanner, Scanner, folder_at
from mesharr.state.queues.scans import Scan
from mesharr.state.state import State

log = logging.getLogger(__name__)


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """How fast one scanner is asked."""

    again_ms: int = 0
    """After which time each folder is asked for once more, 0: it is not. The server's mount may be behind."""
    pause_ms: int = 0
    """How long after a request the next one may follow."""
    batch: int = 1
    """How many folders one request may name."""


class ScanStage:
    """Requests the scans that one scanner is due."""

    def __init__(
        self,
        name: str,
        scanner: Scanner,
        libraries: Mapping[str, Library],
        state: State,
        pacing: Pacing,
        trash: EmptyTrash | None = None,
    ) -> None:
        """Take the scanner, how fast it is asked, and what empties its trash."""
        self.name = name
        self._scanner = scanner
        self._libraries = libraries
        self._state = state
        self._pacing = pacing
        self._trash = trash

    def next_due(self) -> int | None:
        """Return when the next request is due (ms), None when nothing waits."""
        scan = self._state.scans.next_due(self.name)
        dues = [] if scan is None else [max(scan, self._pause_end())]
        if self._trash is not None and (trash := self._trash.next_due()) is not None:
            dues.append(trash)
        return min(dues, default=None)

    def _pause_end(self) -> int:
        return self._state.scans.last_request(self.name) + self._pacing.pause_ms

    def paused_for(self, now: int) -> int | None:
        """Return how long (ms) the pause alone keeps due folders waiting; None: it does not."""
        due = self._state.scans.next_due(self.name)
        return self._pause_end() - now if due is not None and due <= now and not self._is_open(now) else None

    def step(self, now: int) -> None:
        """Request the scans that are due, oldest first, until a pause or a failure. Empty the trash."""
        self._request_scans(now)
        if self._trash is not None:
            self._trash.step(now)

    def _request_scans(self, now: int) -> None:
        while self._is_open(now) and (batch := self._next_batch(now)):
            if not self._request(batch, now):
                return

    def _is_open(self, now: int) -> bool:
        """Return whether no pause lasts: one that ends later than it can was begun by another clock."""
        return not 0 < self._pause_end() - now <= self._pacing.pause_ms

    def _next_batch(self, now: int) -> dict[str, Scan]:
        """Return the folders of the next request, as the server sees them.

        What cannot be asked for now is put off. What was refused before is asked for by itself.
        """
        batch: dict[str, Scan] = {}
        for scan in self._state.scans.due(self.name, now):
            if batch and (scan.refused or len(batch) >= self._pacing.batch):
                break
            if folder := self._ready_folder(scan, now):
                batch[folder] = scan
            if batch and scan.refused:
                break
        return batch

    def _ready_folder(self, scan: Scan, now: int) -> str:
        """Return a folder as the server sees it, "" when it is not asked for now."""
        library = self._libraries.get(scan.library)
        root = library.scan_roots.get(self.name) if library else None
        if library is None or root is None:
            self._state.scans.done(scan)
            return ""
        if self._state.uploads.is_swapping(scan.library, scan.folder):
            self._state.scans.later(scan, now + 2_000, "an upload of this folder is being swapped in")
            return ""
        try:
            library.storage.check_available()
        except Unavailable as error:
            self._state.scans.later(scan, now + wait_ms(scan.tries, SCANNER_MS), str(error))
            return ""
        return folder_at(root, scan.folder)

    def _request(self, batch: Mapping[str, Scan], now: int) -> bool:
        """Ask for folders; return whether the server took them."""
        try:
            file = self._file_in(next(iter(batch.values()))) if isinstance(self._scanner, FileScanner) else ""
        except Unavailable as error:  # the mount of the library, not the server
            self._later(batch, error, now)
            return False
        # before the request: a process that dies in it asks no sooner
        self._state.scans.note_request(self.name, now)
        try:
            if isinstance(self._scanner, FileScanner):
                self._scanner.scan_file(next(iter(batch)), file)
            elif len(batch) == 1:
                self._scanner.scan(next(iter(batch)))
            else:
                self._scanner.scan_many(tuple(batch))
        except Refused as error:
            # of several one may be the reason: each is asked for by itself, in its turn
            until = now + SCANNER_MS if len(batch) == 1 else now
            self._refused(batch, error, until, now)
            return False
        except Unavailable as error:
            self._unavailable(batch, error, now)
            return False
        self._requested(batch, now)
        return True

    def _file_in(self, scan: Scan) -> str:
        """Return the name of a media file in a folder of the drive, "" when it has none."""
        names = self._libraries[scan.library].storage.cloud_names(scan.folder)
        return min(filter(is_media, names), default="")

    def _refused(self, batch: Mapping[str, Scan], error: Refused, until: int, now: int) -> None:
        if self._state.refusals.note(f"scanner:{self.name}", error, now):
            log.error("%s: %s", self.name, error)
        with self._state.transaction():
            for scan in batch.values():
                self._state.scans.later(scan, until, str(error), refused=True)

    def _unavailable(self, batch: Mapping[str, Scan], error: Unavailable, now: int) -> None:
        note_down(self._state, f"scanner:{self.name}", error, now)
        self._later(batch, error, now)

    def _later(self, batch: Mapping[str, Scan], error: Unavailable, now: int) -> None:
        with self._state.transaction():
            for scan in batch.values():
                self._state.scans.later(scan, now + wait_ms(scan.tries, SCANNER_MS), str(error))

    def _requested(self, batch: Mapping[str, Scan], now: int) -> None:
        with self._state.transaction():
            self._state.refusals.clear(f"scanner:{self.name}")
            note_up(self._state, f"scanner:{self.name}", self.name)
            for scan in batch.values():
                self._state.scans.done(scan, now + self._pacing.again_ms if self._pacing.again_ms else 0)
                self._state.counters.add(f"scanned:{self.name}")
        for folder in batch:
            log.debug("%s: scan of %s requested", self.name, folder)
