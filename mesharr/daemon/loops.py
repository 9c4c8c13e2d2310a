"""Call a stage in a thread: when it is woken, when it is due, and after a failure."""

import logging
import threading
import time
from collections.abc import Callable

from mesharr.core.errors import Damaged, MesharrError

log = logging.getLogger(__name__)

PAUSE_S = 0.1
"""How much time passes between two steps at least: an app sends hundreds of webhooks during a bulk add."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0


class Loop:
    """Calls `step` in a thread until it is stopped.

    `step` returns the seconds until the next call, None for the next wake. A step that raises is repeated
    after a growing wait; the thread ends only when the database is damaged, after a call of `halt`.
    """

    def __init__(self, name: str, step: Callable[[], float | None], halt: Callable[[Damaged], None]) -> None:
        self.name = name
        self._step = step
        self._halt = halt
        self._wake = threading.Event()
        self._stop = threading.Event()
        self.is_failing = False
        """Whether the last step failed."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Call the step soon."""
        self._wake.set()

    def stop(self) -> None:
        """Start no further step."""
        self._stop.set()
        self._wake.set()

    def join(self, seconds: float) -> bool:
        """Wait for the running step to end; return whether it did."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while True:
            self._wake.clear()
            if self._stop.is_set():  # looked at after the wake is cleared, which `stop` may have set
                return
            wait, self.is_failing = self._stepped(failures)
            failures = failures + 1 if self.is_failing else 0
            ended = time.monotonic()
            self._wake.wait(wait)
            if (rest := PAUSE_S - (time.monotonic() - ended)) > 0:
                self._stop.wait(rest)
            if self.is_failing and not self._stop.is_set():
                # a wake must not end the wait after a failure at once: its cause is in the database
                self._stop.wait(min(FIRST_WAIT_S, wait or FIRST_WAIT_S))

    def _stepped(self, failures: int) -> tuple[float | None, bool]:
        wait = min(FIRST_WAIT_S * 2.0 ** min(failures, 16), LONGEST_WAIT_S)
        try:
            return self._step(), False
        except Damaged as error:
            self._halt(error)
            self._stop.set()
        except MesharrError as error:
            if failures == 0:
                log.warning("%s: %s", self.name, error)
        except Exception:
            if self._stop.is_set():
                return None, True
            log.exception("%s failed, and is tried again", self.name)
        return wait, True
