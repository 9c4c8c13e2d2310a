"""Store what apps tell in the database."""

from collections.abc import Callable

from mesharr.inbound.inbox import Source
from mesharr.state.state import State


class DurableInbox:
    """Stores events in the database, and wakes the daemon."""

    def __init__(self, state: State, clock: Callable[[], int], stored: Callable[[], None]) -> None:
        """`stored` is called after each event."""
        self._state = state
        self._clock = clock
        self._stored = stored

    def put(self, app: str, source: Source, body: bytes) -> None:
        """Store an event of an app; it is on disk when this returns."""
        self._state.inbox.put(app, source, body, self._clock())
        self._stored()
