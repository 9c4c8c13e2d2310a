"""History: what an arr's own record tells of, and no webhook brought.

mesharr was off, the arr's connection was paused after a failure, or the arr has no event for it (Lidarr's
deleted files). The record is looked at when this process starts, when an arr answers again, and regularly:
one request an arr. What was seen in the last look is not looked at again. So it is also how an arr that is
down is noticed while nothing else is asked of it.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.arr_health import forget_others, note_answer, note_failure
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.model import AppLink, Library
from mesharr.state.state import State

log = logging.getLogger(__name__)

EVERY_MS = 15 * 60_000
OVERLAP_MS = 3_600_000
"""How far back before the last look each one asks: the arr's clock may be off, and its rows come late."""


class ArrHistory:
    """Turns rows of history into hints. `every_ms` is the time between two looks."""

    def __init__(
        self,
        libraries: Mapping[str, Library],
        apps: Mapping[str, AppLink],
        state: State,
        every_ms: int = EVERY_MS,
    ) -> None:
        self._libraries = libraries
        self._apps = apps
        self._state = state
        self._every_ms = every_ms
        self._due: dict[str, int] = {}
        self._failures: dict[str, int] = {}

    def step(self, now: int) -> None:
        """Look at the history of every arr that is due; one that does not answer is asked again soon."""
        if not self._due:  # the first look of this process: mesharr.yml may name other arrs than before
            forget_others(self._state, self._apps)
        for name, link in self._apps.items():
            since = self._since(name)
            if since is None or now < self._due.get(name, 0):
                continue
            try:
                found = self._look(link, since, now)
            except MesharrError as error:
                self._failed(name, error, now)
                continue
            self._failures[name] = 0
            note_answer(self._state, name)
            self._due[name] = now + self._every_ms
            if found:
                log.info("%s: its history names %s to be looked at", name, quantity(found, "item"))

    def next_due(self) -> int | None:
        """Return when the next arr is to be looked at (ms), None while none is."""
        names = [name for name in self._apps if self._since(name) is not None]
        return min((self._due.get(name, 0) for name in names), default=None)

    def _failed(self, app: str, error: MesharrError, now: int) -> None:
        tries = self._failures.get(app, 0)
        self._failures[app] = tries + 1
        self._due[app] = now + wait_ms(tries, ARR_MS)
        if note_failure(self._state, app, error, now):
            log.warning("%s: %s; asked again later", app, error)

    def _since(self, app: str) -> int | None:
        """Return when the history was last looked at: at first when the baselines were taken, None before."""
        last = self._state.notes.get(f"history:{app}")
        if last:
            return int(last)
        libraries = [name for name, library in self._libraries.items() if library.app == app]
        taken = [self._state.notes.get(f"baselined:{name}") for name in libraries]
        return min(map(int, taken)) if taken and all(taken) else None

    def _look(self, link: AppLink, since: int, now: int) -> int:
        signals = [each for each in link.arr.signals_since(since - OVERLAP_MS) if each.kind != "grabbed"]
        marks = Counter(map(_mark, signals))
        seen = Counter(self._state.notes.get(f"history_seen:{link.name}").split())
        fresh: dict[str, list[Signal]] = defaultdict(list)
        for signal in _unseen(signals, seen):
            fresh[signal.id].append(signal)
        with self._state.transaction():
            for group in fresh.values():
                self._state.inbox.put(link.name, "history", msgspec.json.encode(group), now)
            self._state.notes.set(f"history:{link.name}", str(now))
            self._state.notes.set(f"history_seen:{link.name}", " ".join(marks.elements()))
        return len(fresh)


def _unseen(signals: Iterable[Signal], seen: Counter[str]) -> Iterable[Signal]:
    """Yield the signals beyond those that were seen; one that says the same as often as before is old."""
    left = Counter(seen)
    for signal in signals:
        mark = _mark(signal)
        if left[mark]:
            left[mark] -= 1
        else:
            yield signal


def _mark(signal: Signal) -> str:
    return hashlib.sha256(msgspec.json.encode(signal)).hexdigest()[:16]
