"""History: the apps' own records name what no webhook did.

mesharr was off, an app paused its connection after a failure, or the app has no event for it (Lidarr's
deleted files). The record is read when this process starts (after the bulk of a first day), when an app
answers again, and regularly: one request an app. Rows that were seen in the last check are skipped. It is
also how an app that is down gets noticed while nothing else is asked of it.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.arr_health import forget_others, note_answer, note_failure
from mesharr.node.backoff import ARR_MS, PollTimes
from mesharr.node.library_items import JOINING_LOOK_MS, is_joining
from mesharr.node.model import AppLink, LocalNode, libraries_of

log = logging.getLogger(__name__)

OVERLAP_MS = HOUR_MS
"""How far before the last check each check reads: the app's clock may be off, and its rows come late."""


class ArrHistory:
    """Puts new rows of the apps' history into the inbox."""

    def __init__(self, node: LocalNode, every_ms: int) -> None:
        """`every_ms` is the time between two checks of an app."""
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state
        self._every_ms = every_ms
        self._times = PollTimes(ARR_MS)
        self._is_first_step = True

    def step(self, now: int) -> None:
        """Check the history of every app that is due; an app that does not answer is asked again."""
        if self._is_first_step:  # mesharr.yml may name other apps than in the last process
            self._is_first_step = False
            forget_others(self._state, self._apps)
        for name, link in self._apps.items():
            since = self._since(name)
            if since is None or not self._times.is_due(name, now):
                continue
            if is_joining(self._state, libraries_of(self._libraries, name), now):
                self._times.set(name, now + JOINING_LOOK_MS)
                continue
            try:
                found = self._check(link, since, now)
            except MesharrError as error:
                self._times.failed(name, now)
                if note_failure(self._state, name, error, now):
                    log.warning("%s: %s; its history is read later", name, error)
                continue
            self._times.succeeded(name, now + self._every_ms)
            note_answer(self._state, name, now)
            if found:
                log.info("%s: its history names %s to be checked", name, quantity(found, "item"))

    def next_due(self) -> int | None:
        """Return when the next app is due (ms), None while none is."""
        return self._times.next_due(name for name in self._apps if self._since(name) is not None)

    def _since(self, app: str) -> int | None:
        """Return since when the history is read, None while a library has no baselines.

        That is the last time it was read, at first the time at which mesharr began.
        """
        last = self._state.apps.history_read(app)
        if last:
            return last
        libraries, known = libraries_of(self._libraries, app), self._state.libraries
        if not libraries or not all(known.baselined(each.name) for each in libraries):
            return None
        return min(known.began(each.name) for each in libraries)

    def _check(self, link: AppLink, since: int, now: int) -> int:
        """Put the new rows of a history into the inbox; return how many items they name."""
        history = link.arr.history_since(since - OVERLAP_MS)
        signals = [each for each in history.signals if each.kind != "grabbed"]
        self._note_start(link)
        seen = self._state.apps.history_marks(link.name)
        fresh: dict[str, list[Signal]] = defaultdict(list)
        for signal in _unseen(signals, seen):
            fresh[signal.id].append(signal)
        with self._state.transaction():
            for group in fresh.values():
                self._state.inbox.put(link.name, "history", msgspec.json.encode(group), now)
            self._state.apps.note_history(link.name, map(_digest, signals), now)
        return len(fresh)

    def _note_start(self, link: AppLink) -> None:
        """Keep at first contact when the app was started: later it may have an older database."""
        known = self._state.libraries
        new = [
            each.name for each in libraries_of(self._libraries, link.name) if not known.app_start(each.name)
        ]
        started = link.arr.start_time() if new else ""
        for library in new:
            known.note_app_start(library, started)


def _unseen(signals: Iterable[Signal], seen: Counter[str]) -> Iterable[Signal]:
    """Yield the signals that are there more often than in `seen`."""
    left = Counter(seen)
    for signal in signals:
        digest = _digest(signal)
        if left[digest]:
            left[digest] -= 1
        else:
            yield signal


def _digest(signal: Signal) -> str:
    return hashlib.sha256(msgspec.json.encode(signal)).hexdigest()[:16]
