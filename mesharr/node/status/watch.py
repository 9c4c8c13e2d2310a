"""Check mounts, media servers and connections in apps from time to time, also without work."""

import contextlib
import logging
from collections.abc import Callable, Mapping

from mesharr.core.errors import Outage, Refused, Unavailable
from mesharr.node.arr_health import note_down, note_up
from mesharr.node.backoff import PollTimes
from mesharr.node.model import Library, LibraryStorage, StorageReads
from mesharr.node.status.connections import ConnectionWatch
from mesharr.scanners.base import Scanner
from mesharr.state.state import State

log = logging.getLogger(__name__)

LIBRARY_MS = 5 * 60_000
"""The time between two checks of a library's mount."""
SCANNER_MS = 15 * 60_000
"""The time between two checks of a media server, and the longest wait after a failure."""


class WatchedStorage(StorageReads):
    """The files of a library, of which each check is kept, and each outage logged once."""

    def __init__(self, name: str, storage: LibraryStorage, state: State, clock: Callable[[], int]) -> None:
        super().__init__(storage)
        self._name = name
        self._storage = storage
        self._state = state
        self._clock = clock
        self.local = storage.local
        self.unlink_local = storage.unlink_local

    def check_available(self) -> None:
        """Return when the library is available; else keep the outage and raise it."""
        subject = f"library:{self._name}"
        try:
            self._storage.check_available()
        except Unavailable as error:
            note_down(self._state, subject, error, self._clock())
            raise Outage(error.what, error.fix, noted=True) from error
        note_up(self._state, subject, f"library {self._name}")


class Watch:
    """The stage that checks each library's mount and each media server from time to time."""

    def __init__(
        self,
        libraries: Mapping[str, Library],
        scanners: Mapping[str, Scanner],
        state: State,
        connections: ConnectionWatch | None = None,
    ) -> None:
        """Check nothing yet; what the config does not name any more is forgotten.

        `connections` are mesharr's connections in the apps, None when nobody asks for them.
        """
        self._connections = connections
        self._libraries = {f"library:{name}": library for name, library in libraries.items()}
        self._scanners = {f"scanner:{name}": (name, scanner) for name, scanner in scanners.items()}
        self._state = state
        self._library_times = PollTimes(LIBRARY_MS, LIBRARY_MS)
        self._scanner_times = PollTimes(SCANNER_MS, LIBRARY_MS)
        for subject in state.outages.all():
            known = self._libraries.keys() | self._scanners.keys()
            if subject.startswith(("library:", "scanner:")) and subject not in known:
                state.outages.end(subject)
        named = {f"server:{name}" for name in scanners} | {f"first day:{name}" for name in libraries}
        for subject, *_ in state.refusals.all():
            if subject.startswith(("server:", "first day:")) and subject not in named:
                state.refusals.clear(subject)

    def step(self, now: int) -> None:
        """Check what is due."""
        for subject, library in self._libraries.items():
            if self._library_times.is_due(subject, now):
                self._library_times.set(subject, now + LIBRARY_MS)
                with contextlib.suppress(Unavailable):  # it is kept where it is noticed
                    library.storage.check_available()
        for subject, (name, scanner) in self._scanners.items():
            if self._scanner_times.is_due(subject, now):
                self._check_scanner(subject, name, scanner, now)
        if self._connections:
            self._connections.step(now)

    def next_due(self) -> int | None:
        """Return when the next check is due (ms), None when there is nothing to check."""
        dues = (
            self._library_times.next_due(self._libraries),
            self._scanner_times.next_due(self._scanners),
            self._connections.next_due() if self._connections else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def _check_scanner(self, subject: str, name: str, scanner: Scanner, now: int) -> None:
        refused = f"server:{name}"  # not the subject of refused scans: a server that answers may refuse those
        try:
            scanner.check_available()
        except Refused as error:
            self._scanner_times.failed(subject, now)
            if self._state.refusals.note(refused, error, now):
                log.error("%s: %s", name, error)
            return
        except Unavailable as error:
            self._scanner_times.failed(subject, now)
            note_down(self._state, subject, error, now)
            return
        self._scanner_times.succeeded(subject, now + SCANNER_MS)
        self._state.refusals.clear(refused)
        note_up(self._state, subject, name)
