"""Request scans of changed folders from each media server; one that is down delays no other."""

import logging
from collections.abc import Mapping

from mesharr.core.errors import Refused, Unavailable
from mesharr.node.backoff import SCANNER_MS, wait_ms
from mesharr.node.model import Library
from mesharr.scanners.base import Scanner, folder_at
from mesharr.state.queues.scans import Scan
from mesharr.state.state import State

log = logging.getLogger(__name__)


class ScanStage:
    """Requests the scans that one scanner is due."""

    def __init__(
        self,
        name: str,
        scanner: Scanner,
        libraries: Mapping[str, Library],
        state: State,
        again_ms: int = 0,
    ) -> None:
        """Take the scanner, and after how many ms each folder is scanned once more (0: it is not).

        A server's own mount may show a file later than this node's.
        """
        self.name = name
        self._scanner = scanner
        self._libraries = libraries
        self._state = state
        self._again_ms = again_ms

    def step(self, now: int) -> None:
        """Request a scan of every folder that is due, oldest first; stop at the first failure."""
        for scan in self._state.scans.due(self.name, now):
            library = self._libraries.get(scan.library)
            root = library.scan_roots.get(self.name) if library else None
            if library is None or root is None:
                self._state.scans.done(scan)
            elif not self._request(scan, library, root, now):
                return

    def _request(self, scan: Scan, library: Library, root: str, now: int) -> bool:
        if self._state.uploads.is_swapping(scan.library, scan.folder):
            self._state.scans.later(scan, now + 2_000, "an upload of this folder is being swapped in")
            return True
        try:
            library.storage.check_available()
        except Unavailable as error:
            self._state.scans.later(scan, now + wait_ms(scan.tries, SCANNER_MS), str(error))
            return True
        try:
            folder = folder_at(root, scan.folder)
            self._scanner.scan(folder)
        except Refused as error:
            if self._state.refusals.note(f"scanner:{self.name}", error, now):
                log.error("%s: %s", self.name, error)
            self._state.scans.later(scan, now + SCANNER_MS, str(error), refused=True)
            return False
        except Unavailable as error:
            if scan.tries == 0:
                log.warning("%s: %s; the folder is kept: %s", self.name, error, scan.folder)
            self._state.scans.later(scan, now + wait_ms(scan.tries, SCANNER_MS), str(error))
            return False
        self._state.refusals.clear(f"scanner:{self.name}")
        self._state.scans.done(scan, now + self._again_ms if self._again_ms else 0)
        self._state.counters.add(f"scanned:{self.name}")
        log.info("%s: scan of %s requested", self.name, folder)
        return True
