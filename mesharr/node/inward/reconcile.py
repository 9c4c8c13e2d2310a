"""Reconcile: what the registry wants of a dirty item is brought about in the arr, and told to scanners.

One pass over one item reads the arr, plans, and acts; what has to be waited for leaves the item dirty
with a reason and a time. Nothing here is remembered outside the database, so a pass may be cut short
anywhere and run again.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from mesharr.core.errors import MesharrError, Refused
from mesharr.core.planning.actions import Plan
from mesharr.node.arr_view import MANY, ArrView, LiveArrView
from mesharr.node.backoff import ARR_MS, DAY_MS, wait_ms
from mesharr.node.conflict_notes import note_conflicts
from mesharr.node.inward.batch import BatchPass
from mesharr.node.inward.drive_view import DriveView, Waiting
from mesharr.node.inward.executor import ActionExecutor, Again
from mesharr.node.inward.visit import Visit
from mesharr.node.limits import Excluded, Guard, NeedsApproval
from mesharr.node.model import AppLink, Library, Me
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

log = logging.getLogger(__name__)

LOOK_MS = 30_000
ALL = 1_000_000
"""No limit: many that are due are visited together."""


class Reconciler:
    """The second inward stage."""

    def __init__(
        self,
        me: Me,
        libraries: Mapping[str, Library],
        apps: Mapping[str, AppLink],
        state: State,
        guard: Guard,
        clock: Callable[[], int],
        opened: Callable[[], Collection[str]],
    ) -> None:
        """`opened` names the libraries whose first day has come so far that they may be worked on."""
        self._opened = opened
        self._me = me
        self._libraries = libraries
        self._apps = apps
        self._state = state
        self._guard = guard
        self._clock = clock

    def step(self, now: int) -> int:
        """Visit every item that is due; return how many there were."""
        due = self._state.dirty.due(self._opened(), now)
        groups: dict[str, list[Dirty]] = defaultdict(list)
        for dirty in due:
            groups[self._libraries[dirty.library].app].append(dirty)
        for app, group in groups.items():
            if app and len(group) > MANY:
                self._visit_many(app, now)
            else:
                self._visit_each(app, group)
        return len(due)

    def next_due(self) -> int | None:
        """Return when the next item of this node's libraries is due (ms)."""
        return self._state.dirty.next_due(self._opened())

    def _visit_many(self, app: str, now: int) -> None:
        """Visit all that are due of an arr, which is read once for all of them."""
        opened = self._opened()
        libraries = {
            name: library
            for name, library in self._libraries.items()
            if library.app == app and name in opened
        }
        due = self._state.dirty.due(libraries, now, ALL)
        BatchPass(self, self._apps[app], libraries, self._state, self._guard).run(due)

    def _visit_each(self, app: str, due: Sequence[Dirty]) -> None:
        arr_view = LiveArrView(self._apps[app].arr, [dirty.item for dirty in due]) if app else None
        for dirty in due:
            visit = Visit(
                self, DriveView(self._libraries[dirty.library], self._state), dirty, self._state, arr_view
            )
            try:
                visit.run()
            except MesharrError as error:
                self.failed(dirty, visit.title, error)

    def failed(self, dirty: Dirty, title: str, error: MesharrError) -> None:
        """Keep an item dirty for what it has to wait for, and due again when that may have changed."""
        match error:
            case Again():
                self._later(dirty, title, "", str(error), error.until)
            case Waiting():
                self._later(dirty, title, "", str(error), self._growing(dirty))
            case NeedsApproval(again=again):
                now = self._clock()
                until = min(now + DAY_MS, again) if again > now else now + DAY_MS
                self._later(dirty, title, "held", str(error), until)
            case Excluded():
                self._later(dirty, title, "excluded", str(error), self._clock() + DAY_MS)
            case Refused():
                if self._state.refusals.note(f"item:{dirty.library}:{dirty.item}", error, self._clock()):
                    log.error("%s: %s: %s", dirty.library, title, error)
                self._later(dirty, title, "refused", str(error), self._clock() + DAY_MS)
            case _:
                if dirty.tries == 0:
                    log.warning("%s: %s: %s; tried again later", dirty.library, title, error)
                until = self._clock() + wait_ms(dirty.tries, ARR_MS)
                self._later(dirty, title, "failed", str(error), until)

    def put_off(self, due: Iterable[Dirty], error: MesharrError, about: str = "") -> None:
        """Keep many items of an arr dirty because of one thing that concerns them all; it is told once.

        `about` is the subject of a refusal, "" for the arr itself.
        """
        now, many = self._clock(), tuple(due)
        if not many:
            return
        app, refused = self._libraries[many[0].library].app, isinstance(error, Refused)
        if isinstance(error, Refused):
            if self._state.refusals.note(about or f"app:{app}", error, now):
                log.error("%s: %s", app, error)
        elif any(dirty.tries == 0 for dirty in many):
            log.warning("%s: %s; %d items are tried again later", app, error, len(many))
        with self._state.transaction():
            for dirty in many:
                until = now + wait_ms(dirty.tries, ARR_MS)
                self._later(dirty, dirty.title, "refused" if refused else "failed", str(error), until)

    def _growing(self, dirty: Dirty) -> int:
        """Waits grow with the time an item has waited; after a day it is looked at nightly."""
        now = self._clock()
        return now + (DAY_MS if now - dirty.since > DAY_MS else wait_ms(dirty.tries, ARR_MS))

    def _later(self, dirty: Dirty, title: str, state: str, why: str, until: int) -> None:
        self._state.dirty.later(
            msgspec.structs.replace(dirty, tries=dirty.tries + 1, state=state, why=why, title=title),
            until,
        )

    # -- what a visit uses

    def beside(self, library: Library) -> tuple[Library, ...]:
        """Return the other libraries of the same arr."""
        return tuple(
            each for each in self._libraries.values() if each.app == library.app and each is not library
        )

    def settle(self, visit: Visit, planned: Plan) -> None:
        """Note how a visit ended: clean, or due again when the plan says."""
        dirty = visit.dirty
        note_conflicts(self._state, visit.wanted)
        if not planned.why:
            self._state.dirty.done(dirty)
            self._state.holds.take_out_everywhere(dirty.library, dirty.item)
            self._state.refusals.clear(f"item:{dirty.library}:{dirty.item}")
        else:
            now = self._clock()
            soon = now + (DAY_MS if planned.stuck else wait_ms(dirty.tries, LOOK_MS))
            until = (
                planned.recheck_at
                if planned.stuck and planned.recheck_at > now
                else max(planned.recheck_at, soon)
            )
            self._later(dirty, visit.title, "stuck" if planned.stuck else "", planned.why, until)

    def executor(self, look: DriveView, arr_view: ArrView, item: str, title: str) -> ActionExecutor:
        """What can be done to an item of a library that has an arr."""
        return ActionExecutor(look, arr_view, item, title, self._state, self._guard, self._clock)

    @property
    def me(self) -> Me:
        """This node."""
        return self._me

    def now(self) -> int:
        """The time (ms)."""
        return self._clock()
