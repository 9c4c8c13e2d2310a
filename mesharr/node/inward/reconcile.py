"""Reconcile dirty items: bring about in app and media servers what the registry wants.

One visit to one item reads the app, plans, and acts; what has to be waited for leaves the item dirty
with a reason and a time. Nothing here is remembered outside the database, so a visit may be cut short
anywhere and done again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from mesharr.core.arr.model import ArrScans
from mesharr.core.errors import MesharrError
from mesharr.node.arr_view import MANY, LiveArrView
from mesharr.node.inward.batch import BatchPass
from mesharr.node.inward.bulk.towards_scan import LeftToScan
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.settle import SCANNING_MS, Settler, scanned_by_app
from mesharr.node.inward.visit import Visit
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.library_items import LOOK_EVENTS, MANY_EVENTS, TURN, TURN_MS, in_fair_order
from mesharr.node.model import AppLink, libraries_of
from mesharr.node.outcome import Failed, Outcome
from mesharr.state.queues.dirty import Dirty

SCANS_MS = 1_000
"""For how long an app's answer counts that it scans an item: those that are due come in several steps."""
FEW = 3
"""Up to so many items are read one by one that are the last ones of a bulk add: its list is not long."""
ALL = 1_000_000
"""No limit: many that are due are visited together."""


class Reconciler:
    """The stage that visits the items that are due."""

    def __init__(
        self, context: VisitContext, apps: Mapping[str, AppLink], opened: Callable[[], Collection[str]]
    ) -> None:
        """Take what visits share, the apps by name, and what returns the libraries that are open."""
        self._context = context
        self._apps = apps
        self._opened = opened
        self._state = context.state
        self._settler = Settler(context.libraries, context.state, context.now)
        self._retried = context.state.node.get().retry_requested
        self._left: dict[str, LeftToScan] = defaultdict(LeftToScan)
        """By app what was added and left to its scan."""
        self._scans: dict[str, tuple[int, ArrScans]] = {}
        """By app what it scanned when it was asked last (ms)."""

    def step(self, now: int) -> int:
        """Visit every item that is due; return how many there were."""
        self._forget_cached_at_retry()
        all_due = self._state.dirty.due(self._opened(), now)
        due = self._in_fair_order(all_due, now)
        groups: dict[str, list[Dirty]] = defaultdict(list)
        for dirty in due:
            groups[self._context.libraries[dirty.library].app].append(dirty)
        for app, of_app in groups.items():
            together = FEW if app and self._left[app].has_any() else MANY
            many = self._all_due(app, now) if app and len(of_app) > MANY else of_app
            group = self._not_scanned(app, many, now)
            if app and len(group) > together:
                self._visit_many(app, group)
            else:
                self._visit_each(app, group)
        return len(all_due)

    def _in_fair_order(self, due: Sequence[Dirty], now: int) -> Sequence[Dirty]:
        """Return the items to visit now, those of many events last; more of these than fit wait."""

        def events(each: Dirty) -> int:
            return self._state.items.count_events(each.library, each.item)

        visited, waiting = in_fair_order(due, events, MANY_EVENTS, LOOK_EVENTS)
        for each in waiting:
            self._state.dirty.later(msgspec.structs.replace(each, why=TURN), now + TURN_MS)
        return visited

    def _forget_cached_at_retry(self) -> None:
        """Drop all cached answers once the user wants everything tried again.

        An old answer may be in the way, so everything is asked again.
        """
        requested = self._state.node.get().retry_requested
        if requested == self._retried:
            return
        self._retried = requested
        self._context.guard.forget_cached()
        for app in self._apps.values():
            app.arr.forget_cached()

    def next_due(self) -> int | None:
        """Return when the next item of this node's libraries is due (ms)."""
        return self._state.dirty.next_due(self._opened())

    def _not_scanned(self, app: str, due: Sequence[Dirty], now: int) -> Sequence[Dirty]:
        """Return the due items that their app scans no more, as far as known; the others wait on.

        One request for all, and none of the items is read. Those that were scanned just now wait for the
        others: then they are read together.
        """
        scanned = {(dirty.library, dirty.item): self._settler.scanned_ref(dirty) for dirty in due}
        if not any(scanned.values()):
            return due
        at, scans = self._scans.get(app, (0, ArrScans()))
        if not 0 <= now - at < SCANS_MS:
            try:
                scans = self._apps[app].arr.scans()
            except MesharrError:
                return due  # each visit says so
            self._scans[app] = now, scans
        running = [ref for ref in scanned.values() if ref and scans.of(ref).running]
        rest: list[Dirty] = []
        for dirty in due:
            ref = scanned[dirty.library, dirty.item]
            if ref and running and (ref in running or 0 <= now - scans.of(ref).ended < SCANNING_MS):
                self._settler.settle(dirty, dirty.title, scanned_by_app(dirty, ref, now, len(running)))
            else:
                rest.append(dirty)
        return rest

    def _all_due(self, app: str, now: int) -> Sequence[Dirty]:
        """Return all that are due of an app, however many they are."""
        opened = self._opened()
        libraries = [each.name for each in libraries_of(self._context.libraries, app) if each.name in opened]
        return self._in_fair_order(self._state.dirty.due(libraries, now, ALL), now)

    def _visit_many(self, app: str, due: Sequence[Dirty]) -> None:
        """Visit many items of an app, which is read once for all of them."""
        libraries = {each.name: each for each in libraries_of(self._context.libraries, app)}
        BatchPass(self._context, self._settler, self._apps[app], libraries, self._left[app]).run(due)

    def _visit_each(self, app: str, due: Sequence[Dirty]) -> None:
        if app and due:
            self._apps[app].handed.drop()
        arr_view = LiveArrView(self._apps[app].arr, [dirty.item for dirty in due]) if app else None
        for dirty in due:
            drive = DriveView(self._context.libraries[dirty.library], self._state)
            visit = Visit(self._context, drive, dirty, arr_view)
            self._settler.settle(dirty, visit.title, _outcome(visit))


def _outcome(visit: Visit) -> Outcome:
    try:
        return visit.run()
    except MesharrError as error:
        return Failed(error)
