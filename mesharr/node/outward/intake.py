"""Intake: webhooks, script calls and rows of history name items; each item is compared once.

An inbox entry states only that an item changed. What changed is read from its app.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import Signal
from mesharr.core.errors import Refused, Unavailable
from mesharr.node.arr_health import note_failure, note_outage
from mesharr.node.arr_view import LiveArrView
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.library_items import LOOK_EVENTS, MANY_EVENTS, TURN, TURN_MS, in_fair_order
from mesharr.node.model import LocalNode, libraries_of
from mesharr.node.outward.compare.item_compare import ItemComparer
from mesharr.node.outward.compare.signals import signals_of
from mesharr.node.outward.downloads.grabs import Grabs
from mesharr.state.queues.inbox import InboxEntry

log = logging.getLogger(__name__)


class Intake:
    """The first outward stage."""

    def __init__(self, node: LocalNode, comparer: ItemComparer, grabs: Grabs) -> None:
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state
        self._comparer = comparer
        self._grabs = grabs

    def step(self, now: int) -> None:
        """Process every inbox entry that is due. What an app cannot answer now is kept for later."""
        self._take_answers(now)
        groups: dict[tuple[str, str], list[tuple[InboxEntry, Signal]]] = defaultdict(list)
        for entry in self._state.inbox.due(now):
            signals = self._signals(entry)
            for signal in signals:
                groups[entry.app, signal.id].append((entry, signal))
            if not signals:
                self._state.inbox.done([entry.n])
        due, waiting = in_fair_order(groups, self._count_events, MANY_EVENTS, LOOK_EVENTS)
        arr_views = {
            app: LiveArrView(self._apps[app].arr, [item for name, item in due if name == app])
            for app in {app for app, _ in due}
        }
        for key in waiting:
            self._state.inbox.later([entry.n for entry, _ in groups[key]], now + TURN_MS, TURN)
        for app, item in due:
            self._process(arr_views[app], app, item, groups[app, item], now)

    def _count_events(self, key: tuple[str, str]) -> int:
        """Return of how many events an item of an app is folded, in all of the app's libraries."""
        app, item = key
        libraries = libraries_of(self._libraries, app)
        return sum(self._state.items.count_events(library.name, item) for library in libraries)

    def _take_answers(self, now: int) -> None:
        """Have the items compared that the user wants again, as if they had just been added."""
        asked = self._state.asked
        for question in asked.all():
            library = self._libraries.get(question.library)
            if library and (question.kind, question.answer) == ("returned", "restore"):
                added = msgspec.json.encode((Signal(kind="added", id=question.item),))
                with self._state.transaction():
                    self._state.inbox.put(library.app, "history", added, now)
                    asked.answer(question.library, question.item, "queued")

    def _signals(self, entry: InboxEntry) -> tuple[Signal, ...]:
        link = self._apps.get(entry.app)
        if link is None:
            return ()
        try:
            return signals_of(link, entry)
        except UnreadableSignal as error:
            log.warning("%s: dropped a %s that cannot be read: %s", entry.app, entry.source, error)
            self._state.counters.add("hints_rejected")
            return ()

    def _process(
        self, arr_view: LiveArrView, app: str, item: str, group: list[tuple[InboxEntry, Signal]], now: int
    ) -> None:
        entries = [entry.n for entry, _ in group]
        signals = [signal for _, signal in group]
        try:
            for signal in signals:
                if signal.kind == "grabbed":
                    self._grabs.lock_grabbed(app, signal, now)
            if not self._needs_no_comparison(app, item, signals):
                self._comparer.compare_item(arr_view, app, item, signals, entries, now)
            with self._state.lazily():  # what they said is committed, and they may be processed twice
                self._state.inbox.done(entries)
        except (Unavailable, Refused) as error:
            tries = max(entry.tries for entry, _ in group)
            self._state.inbox.later(entries, now + wait_ms(tries, ARR_MS), str(error))
            if isinstance(error, Refused) and note_failure(self._state, app, error, now):
                log.error("%s: %s", app, error)
            elif not note_outage(self._state, app, error, now) and tries == 0:
                log.warning("%s: %s; its %s is processed later", app, error, group[0][0].source)

    def _needs_no_comparison(self, app: str, item: str, signals: Sequence[Signal]) -> bool:
        """Return whether the signals are grabs only, or an add that mesharr itself made."""
        if any(signal.kind != "added" for signal in signals):
            return all(signal.kind == "grabbed" for signal in signals)
        return any(
            self._state.items.memory(library.name, item).added_at
            and self._state.items.state(library.name, item).present
            for library in libraries_of(self._libraries, app)
        )
