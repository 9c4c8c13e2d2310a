"""An uploader that leaves no half file on the drive, however its uploads end.

Each target is noted before its upload. One that is noted still when nothing is uploaded to it had an upload
that was interrupted: rclone or mesharr was killed, or the remote went away before rclone could clean up.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.node.backoff import wait_ms
from mesharr.state.state import State
from mesharr.uploads.base import Progress, Uploaded, UploadedBatch, Uploader

log = logging.getLogger(__name__)

AFTER_FAILURE_MS = 60_000
"""How long after a failure its target is swept: most are tried again before, and leave nothing then."""
RETRY_MS = 10_000
"""The first wait after a sweep that failed."""


class SweptUploader:
    """An `Uploader` around another one."""

    def __init__(self, inner: Uploader, state: State, clock: Callable[[], int]) -> None:
        self._inner = inner
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self.find = inner.find
        self.read = inner.read
        self.take_back = inner.take_back
        self.is_half = inner.is_half
        self.sweep = inner.sweep
        self.stop = inner.stop

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        """Upload, and have what an interrupted upload left be swept: `Uploader.upload`."""
        with self._noted([target]) as ended:
            uploaded = self._inner.upload(source, target, report, replaces=replaces)
            ended.add(target)
            return uploaded

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        """Upload small files, and have interrupted ones be swept: `Uploader.upload_new`."""
        with self._noted([f"{root}/{path}" for path in files]) as ended:
            batch = self._inner.upload_new(root, files)
            ended.update(f"{root}/{path}" for path in batch.sent)
            return batch

    @contextmanager
    def _noted(self, targets: Collection[str]) -> Iterator[set[str]]:
        """Note targets while the block uploads to them, and have those swept that it does not add."""
        with self._lock:
            for each in self._running.intersection(targets):
                raise Unavailable(f"{each} is being uploaded or cleaned up")
            self._running.update(targets)
        partials, ended, why = self._state.partials, set[str](), ""
        try:
            interrupted = partials.begin(targets, self._clock())
            try:
                yield ended
            except BaseException as error:
                why = str(error)
                raise
            finally:
                with self._state.transaction():
                    partials.drop(ended - interrupted)
                    partials.later(set(targets) - ended, self._clock() + AFTER_FAILURE_MS, why)
        finally:
            with self._lock:
                self._running.difference_update(targets)

    def step(self, run: Callable[[Callable[[], bool]], object]) -> None:
        """Sweep what is due, each by `run`."""
        for target, tries in self._state.partials.due(self._clock()):
            with self._lock:
                if target in self._running:
                    continue
                self._running.add(target)
            run(lambda target=target, tries=tries: self._sweep(target, tries))  # type: ignore[misc]  # mypy cannot type a lambda with a default

    def next_due(self) -> int | None:
        """Return when the next target is to be swept (ms), None for none or while uploads run."""
        with self._lock:
            return None if self._running else self._state.partials.next_due()

    def _sweep(self, target: str, tries: int) -> bool:
        try:
            self._inner.sweep(target)
            self._state.partials.drop([target])
        except (Unavailable, Refused) as error:
            log.debug("%s: what an upload left is swept later: %s", target, error)
            self._state.partials.later(
                [target], self._clock() + wait_ms(tries, HOUR_MS, RETRY_MS), str(error)
            )
            return False
        finally:
            with self._lock:
                self._running.discard(target)
        return True
