"""Files read ahead: where each request has to wait for a drive, several wait at the same time."""

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
    """How many files are on their way at most, and how long a read has to take (s) to be worth that.

    Threads that read a local disk only take the interpreter away from the one that verifies: measured,
    catching up took half as long again.
    """

    in_flight: int = IN_FLIGHT
    worth_s: float = 0.005


class Prefetcher:
    """Reads files in the order they are listed, the next ones while the caller still verifies one.

    Files are read one by one until a read took long; from then on several are on their way. At most
    `pace.in_flight` files are on their way or waiting to be taken, so memory is bounded. What reading a
    file raised is raised when that file is taken, never before.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        places: Iterable[str],
        pool: Executor,
        room: Callable[[], int],
        pace: PrefetchLimits,
    ) -> None:
        """Take what reads a file (called in threads of the pool), the files in order, and what tells how
        many more bytes are wanted: files beyond that are not asked for ahead.
        """
        self._read = read
        self._places = deque(places)
        self._pool = pool
        self._room = room
        self._pace = pace
        self._slow = False
        self._asked: dict[str, Future[bytes]] = {}

    def read(self, place: str) -> bytes:
        """Return the bytes of a file; one that was not asked for ahead is read now."""
        self._ask()
        asked = self._asked.pop(place, None)
        return asked.result() if asked else self._timed(place)

    def _timed(self, place: str) -> bytes:
        if self._places and self._places[0] == place:
            self._places.popleft()
        begun = time.monotonic()
        content = self._read(place)
        self._slow = self._slow or time.monotonic() - begun >= self._pace.worth_s
        return content

    def _ask(self) -> None:
        while (
            self._slow
            and len(self._asked) < self._pace.in_flight
            and len(self._asked) * USUAL_BYTES < self._room()
        ):
            if not self._places:
                return
            place = self._places.popleft()
            self._asked[place] = self._pool.submit(self._read, place)
