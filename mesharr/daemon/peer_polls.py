"""Keep when the peers' events are polled: `core.polling` decides, threads note what goes on."""

import threading

from mesharr.core import polling


class PeerPolls:
    """The polls of one daemon. Any thread may note life; one polls."""

    def __init__(self, poll_s: float) -> None:
        self._pace = polling.first_pace(round(poll_s * 1000))
        self._life = threading.Event()

    def note_life(self) -> None:
        """Poll often for a while: something goes on."""
        self._life.set()

    def is_due(self, now: int) -> bool:
        """Return whether the peers' events are to be polled now."""
        if self._life.is_set():
            self._life.clear()
            self.found_life(now)
        return polling.is_due(self._pace, now)

    def next_due(self) -> int:
        """Return when the next poll is due (ms)."""
        return polling.next_listing(self._pace)

    def polled(self, now: int) -> None:
        """Note a poll, whether or not the store answered."""
        self._pace = polling.after_listing(self._pace, now)

    def found_life(self, now: int) -> None:
        """Note a sign of life that the step itself found."""
        self._pace = polling.after_life(self._pace, now)

    def found_more(self) -> None:
        """Have the next step poll again: there is more to read."""
        self._pace = polling.at_once(self._pace)
