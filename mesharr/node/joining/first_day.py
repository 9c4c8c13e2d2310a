"""The first day of each library: publish what is here, add what is missing, change nothing.

A library that has to wait delays no other. Until a library is open, reconcile does not work on it.
"""

import logging
from collections.abc import Callable, Collection
from threading import Lock

import msgspec

from mesharr.core.errors import MesharrError, Outage
from mesharr.node.backoff import ARR_MS, PollTimes
from mesharr.node.joining.first_steps import FirstSteps, Waits
from mesharr.node.limits import Guard
from mesharr.node.model import LocalNode
from mesharr.state.first_days import FirstDayState, Restarted

log = logging.getLogger(__name__)

MOMENT_MS = 1_000
"""After how long a step that waits is tried again."""

FIRST_TRY_MS = 250
"""How soon a step is tried again that waits, such as for a listing that is under way; then doubled."""


class FirstDay:
    """The stage that runs once per library."""

    def __init__(
        self,
        node: LocalNode,
        guard: Guard,
        unread: Callable[[int], str],
        trusted: Callable[[], Collection[str]],
    ) -> None:
        """Begin nothing yet.

        `unread` returns what is not applied yet of what a listing of the store after a time (ms) showed, ""
        for nothing. `trusted` returns the labels of the peers whose events are read.
        """
        self._libraries = {name: library for name, library in node.libraries.items() if library.app}
        self._without_app = tuple(name for name in node.libraries if name not in self._libraries)
        self._state = node.state
        self._steps = FirstSteps(node, guard, unread, trusted)
        self._times = PollTimes(ARR_MS, FIRST_TRY_MS)
        self.watch: Callable[[FirstDayState], None] = lambda _day: None
        """Called with each day that changed."""
        self._watching = Lock()

    def opened(self) -> Collection[str]:
        """Return the libraries that reconcile may work on."""
        return (*self._without_app, *self._state.first_days.open(self._libraries))

    def next_due(self) -> int | None:
        """Return when the next step is due (ms), None when every first day is over."""
        return self._times.next_due(self._unfinished())

    def report_progress(self) -> None:
        """Have `watch` called with what reconcile has done so far; any thread may call this."""
        with self._watching:
            for day in self._state.first_days.all():
                if day.step == "act":
                    self.watch(msgspec.structs.replace(day, done=self._steps.processed(day)))

    def run(self, now: int) -> None:
        """Take steps until every library waits or is done."""
        while self.step(now):
            pass

    def step(self, now: int) -> bool:
        """Take a step, or a part of a long one, in each library that is due; return whether one did."""
        has_moved = False
        for name in self._unfinished():
            due = self._times.due_at(name)
            if due <= now or due > now + ARR_MS:  # later than any wait: the clock was set back
                has_moved |= self._try(name, now)
        return has_moved

    def _unfinished(self) -> list[str]:
        done = {day.library for day in self._state.first_days.all() if day.step == "done"}
        return [name for name in self._libraries if name not in done]

    def _try(self, name: str, now: int) -> bool:
        """Take a step in one library; return whether the library may go on at once."""
        day = self._state.first_days.get(name) or self._begin(name, now)
        try:
            return self._take_step(name, day, now)
        except Restarted as error:
            log.info("%s", error)  # a new incarnation began while the step asked the app or the drive
            return True

    def _begin(self, name: str, now: int) -> FirstDayState:
        with self._state.transaction():
            self._state.libraries.note_began(name, now)
            return self._state.first_days.begin(name, now)

    def _take_step(self, name: str, day: FirstDayState, now: int) -> bool:
        """Take a step and keep what it changed; return whether the library may go on at once."""
        try:
            outcome = self._steps.run[day.step](self._libraries[name], day, now)
        except Restarted:
            raise
        except MesharrError as error:
            self._times.failed(name, now)
            noted = isinstance(error, Outage) and error.noted
            self._note_wait(day, error.what, str(error), logging.DEBUG if noted else logging.WARNING)
            return False
        if isinstance(outcome, Waits):
            self._times.set(name, now + MOMENT_MS)
            if outcome.day:
                self._keep(day, outcome.day)
            self._note_wait(outcome.day or day, outcome.why, outcome.why, logging.DEBUG)
            return False
        self._keep(day, msgspec.structs.replace(outcome, why=""))
        self._times.succeeded(name, 0)
        return True

    def _note_wait(self, day: FirstDayState, why: str, text: str, level: int) -> None:
        """Keep, and log, why a day waits, when that is news."""
        if day.why != why:
            log.log(level, "%s: first day: %s", day.library, text)
            self._keep(day, msgspec.structs.replace(day, why=why))

    def _keep(self, before: FirstDayState, after: FirstDayState) -> None:
        with self._watching:
            self._state.first_days.put(before, after)
            self.watch(after)
