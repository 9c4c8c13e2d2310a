"""When uploads may run, and how much they may send in a day."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Unavailable
from mesharr.state.queues.uploads import Upload, Uploads

WINDOW = "waiting for the upload window"
"""Why an upload waits outside the upload window."""


class Later(Unavailable):
    """An upload may not run before `until` (ms)."""

    def __init__(self, what: str, until: int) -> None:
        super().__init__(what)
        self.until = until


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """When uploads may run, and how much."""

    opens_at: Callable[[int], int] = lambda now: now
    """Returns the first time at or after a time (both ms) at which uploads may run."""
    daily: int = 0
    """How many bytes may be uploaded in 24 hours, 0: any number."""


class Budget:
    """What may be sent now; uploads that run at the same time share it."""

    def __init__(self, allowance: Allowance, uploads: Uploads) -> None:
        self._allowance = allowance
        self._uploads = uploads
        self._lock = threading.Lock()
        self._sending = 0

    @contextmanager
    def sending(self, upload: Upload, size: int, now: int) -> Iterator[None]:
        """Count `size` bytes as being sent while the block runs.

        Raises `Unavailable` when they may not be sent now. A file that takes the place of another one always
        may: until it is on the drive, peers keep one that this app has already replaced.
        """
        with self._lock:
            if not upload.replaces:
                self._check(size, now)
            self._sending += size
        try:
            yield
        finally:
            with self._lock:
                self._sending -= size

    def _check(self, size: int, now: int) -> None:
        opens = self._allowance.opens_at(now)
        if opens > now:
            raise Later(WINDOW, opens)
        daily = self._allowance.daily
        sent = self._uploads.sent_bytes(now - DAY_MS) + self._sending if daily else 0
        # a file larger than the whole limit goes alone
        if sent and sent + size > daily:
            raise Unavailable("waiting: the daily upload limit is reached")
