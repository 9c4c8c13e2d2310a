"""Read files ahead: where each read has to wait for a drive, several wait at one time."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Final

import msgspec

from mesharr.log.codec import MAX_LINE
from mesharr.log.writer import SEAL_BYTES

IN_FLIGHT: Final = 8
USUAL_BYTES: Final = SEAL_BYTES + MAX_LINE
"""No sealed file of an honest owner is larger: it is sealed with the line that reaches the limit."""


class PrefetchLimits(msgspec.Struct, frozen=True):
    """When files are read ahead, and how many.

    Threads that read a local disk only take the interpreter away from the one that verifies: measured,
    catching up took half as long again.
    """

    in_flight: int = IN_FLIGHT
    """How many files are on their way at most."""
    slow_s: float = 0.005
    """How long a read has to take (s) for files to be read ahead from then on."""


class Prefetcher:
    """Reads files in their order, the next ones while the caller still verifies one.

    Files are read one by one until a read took long; from then on several are on their way. At most
    `limits.in_flight` files are on their way or waiting to be taken, so memory is bounded. What reading a
    file raised is raised when that file is taken, never before.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        paths: Iterable[str],
        pool: Executor,
        room: Callable[[], int],
        limits: PrefetchLimits,
    ) -> None:
        """Take the reader, the paths in order, its threads, the bytes still wanted, and the limits.

        `read` is called in threads of the pool; files beyond what `room` returns are not read ahead.
        """
        self._read = read
        self._paths = deque(paths)
        self._pool = pool
        self._room = room
        self._limits = limits
        self._slow = False
        self._requested: dict[str, Future[bytes]] = {}

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; one that was not read ahead is read now."""
        self._request_ahead()
        requested = self._requested.pop(path, None)
        return requested.result() if requested else self._timed(path)

    def untaken(self) -> list[str]:
        """Return the files that were read ahead and not taken."""
        return list(self._requested)

    def _timed(self, path: str) -> bytes:
        if self._paths and self._paths[0] == path:
            self._paths.popleft()
        begun = time.monotonic()
        content = self._read(path)
        self._slow = self._slow or time.monotonic() - begun >= self._limits.slow_s
        return content

    def _request_ahead(self) -> None:
        while (
            self._slow
            and len(self._requested) < self._limits.in_flight
            and len(self._requested) * USUAL_BYTES < self._room()
        ):
            if not self._paths:
                return
            path = self._paths.popleft()
            self._requested[path] = self._pool.submit(self._read, path)
