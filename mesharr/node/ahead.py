"""Files read ahead: where each request has to wait for a drive, several wait at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Final

from mesharr.log.codec import MAX_LINE
from mesharr.log.writer import SEAL_BYTES

IN_FLIGHT: Final = 8
USUAL_BYTES: Final = SEAL_BYTES + MAX_LINE
"""No sealed file of an honest owner is larger: it is sealed with the line that reaches the limit."""


class Ahead:
    """Reads files in the order they are listed, the next ones while the caller still verifies one.

    At most `in_flight` files are on their way or waiting to be taken, so memory is bounded. What
    reading a file raised is raised when that file is taken, never before.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        places: Iterable[str],
        pool: Executor,
        room: Callable[[], int],
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """Take what reads a file (called in threads of the pool), the files in order, and what tells how
        many more bytes are wanted: files beyond that are not asked for ahead.
        """
        self._read = read
        self._places = iter(places)
        self._pool = pool
        self._room = room
        self._in_flight = in_flight
        self._asked: dict[str, Future[bytes]] = {}

    def read(self, place: str) -> bytes:
        """Return the bytes of a file; one that was not asked for ahead is read now."""
        self._ask()
        asked = self._asked.pop(place, None)
        return asked.result() if asked else self._read(place)

    def _ask(self) -> None:
        while len(self._asked) < self._in_flight and len(self._asked) * USUAL_BYTES < self._room():
            place = next(self._places, None)
            if place is None:
                return
            self._asked[place] = self._pool.submit(self._read, place)
