"""Count for how long a node has run, over all of its processes."""

import logging
from collections.abc import Callable

from mesharr.core.text import span
from mesharr.state.queues.due_table import bring_forward
from mesharr.state.state import State

log = logging.getLogger(__name__)

NOTE_MS = 60_000
"""How often the time is kept in the database."""
LONGEST_STEP_MS = 5 * 60_000
"""How much is added at most at once: the clock may have been set ahead."""
SET_BACK_MS = 60_000
"""By how much a clock goes back that is set, and not only corrected."""


class RunningTime:
    """The time for which a node has run. It never goes back."""

    def __init__(self, state: State, clock: Callable[[], int]) -> None:
        self._state = state
        self._clock = clock
        self._seen = clock()
        self._ran_ms = state.node.get().running_s * 1000.0
        self._noted_ms = self._ran_ms

    def tick(self) -> float:
        """Add the time since the last call; return the whole, in seconds.

        When the clock was set back, all that waits is made due.
        """
        now = self._clock()
        if now < self._seen - SET_BACK_MS:
            log.warning(
                "the clock was set back by %s: what waits is tried now", span((self._seen - now) / 1000)
            )
            bring_forward(self._state.db, now)
        self._ran_ms += min(max(0, now - self._seen), LONGEST_STEP_MS)
        self._seen = now
        if self._ran_ms - self._noted_ms >= NOTE_MS:
            self._noted_ms = self._ran_ms
            self._state.node.note_running(round(self._ran_ms / 1000))
        return self._ran_ms / 1000
