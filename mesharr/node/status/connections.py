"""Watch whether the apps still send their events to mesharr.

An app whose connection was deleted, or leads elsewhere, says nothing: what it does is noticed late. To ask an
app costs one request, so it is asked once a day, and after each start.
"""

from collections.abc import Callable, Collection

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import MesharrError, Refused
from mesharr.node.backoff import PollTimes
from mesharr.state.state import State

FIRST_MS = 10 * 60_000
"""How long after a start an app is asked: who sets mesharr up starts it before `mesharr connect`."""
LOST_MS = 15 * 60_000
"""The time between two questions while a connection is lost, and the longest wait after a failure."""
_SUBJECT = "connection:"


def note_connection(state: State, app: str, problem: str, now: int) -> None:
    """Keep what is wrong with mesharr's connection in an app, "" for nothing."""
    if problem:
        state.refusals.note(f"{_SUBJECT}{app}", Refused(problem, connect_command(app)), now)
    else:
        state.refusals.clear(f"{_SUBJECT}{app}")


def connect_command(app: str) -> str:
    """Return the command that mends an app's connection."""
    return f"mesharr connect {app}"


class ConnectionWatch:
    """Asks each app from time to time whether its connection to mesharr is as it should be."""

    def __init__(self, apps: Collection[str], problem_of: Callable[[str], str], state: State) -> None:
        """Ask nothing yet; an app that the config does not name any more is forgotten."""
        self._apps = tuple(apps)
        self._problem_of = problem_of
        self._state = state
        self._times = PollTimes(LOST_MS)
        for app in self._lost() - set(apps):
            note_connection(state, app, "", 0)

    def step(self, now: int) -> None:
        """Ask the apps that are due; one that does not answer changes nothing of what is known."""
        lost = self._lost()
        for app in self._apps:
            if app not in self._times:
                self._times.set(app, now if app in lost else now + FIRST_MS)
            if not self._times.is_due(app, now):
                continue
            try:
                problem = self._problem_of(app)
            except MesharrError:  # that an app is down is noted where its history is read
                self._times.failed(app, now)
                continue
            note_connection(self._state, app, problem, now)
            self._times.succeeded(app, now + (LOST_MS if problem else DAY_MS))

    def next_due(self) -> int | None:
        """Return when the next app is due (ms), None when there is none."""
        return self._times.next_due(self._apps)

    def _lost(self) -> set[str]:
        return {
            subject.removeprefix(_SUBJECT)
            for subject, *_ in self._state.refusals.all()
            if subject.startswith(_SUBJECT)
        }
