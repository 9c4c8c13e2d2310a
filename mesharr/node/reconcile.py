"""Reconcile: what the registry wants of a dirty item is brought about in the arr, and told to scanners.

One pass over one item reads the arr, plans, and acts; what has to be waited for leaves the item dirty
with a reason and a time. Nothing here is remembered outside the database, so a pass may be cut short
anywhere and run again.
"""

import logging
from collections.abc import Callable, Mapping

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.actions import Memory, Move, Planned, Rescan
from mesharr.core.errors import MesharrError, Refused
from mesharr.core.paths import folder_of
from mesharr.core.plan import plan
from mesharr.core.registry import ItemState
from mesharr.core.shown import Shown, absorbed, shown_of
from mesharr.node.act import Again, Hands
from mesharr.node.backoff import ARR_MS, DAY_MS, wait_ms
from mesharr.node.guard import Guard, Held
from mesharr.node.library import AppLink, Library, Me
from mesharr.node.look import Look, Waiting
from mesharr.node.told import note_told, scan_goal, told_of
from mesharr.state.items import Dirty
from mesharr.state.state import State

log = logging.getLogger(__name__)

LOOK_MS = 30_000
PASSES = 4
"""How often an item is planned again within one visit, so that one pass brings about what it can."""


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
    ) -> None:
        self._me = me
        self._libraries = libraries
        self._apps = apps
        self._state = state
        self._guard = guard
        self._clock = clock

    def step(self, now: int) -> int:
        """Visit every item that is due; return how many there were."""
        due = self._state.items.due(self._libraries, now)
        for dirty in due:
            self._visit(dirty)
        return len(due)

    def next_due(self) -> int | None:
        """Return when the next item of this node's libraries is due (ms)."""
        return self._state.items.next_due(self._libraries)

    def _visit(self, dirty: Dirty) -> None:
        library = self._libraries[dirty.library]
        visit = _Visit(self, library, dirty, self._state)
        try:
            visit.run()
        except Again as again:
            self._later(visit, "", str(again), again.until)
        except Waiting as waiting:
            self._later(visit, "", str(waiting), self._growing(dirty))
        except Held as held:
            self._later(visit, "held", str(held), self._clock() + DAY_MS)
        except Refused as refused:
            if self._state.refusals.note(f"item:{library.name}:{dirty.item}", refused, self._clock()):
                log.error("%s: %s: %s", library.name, visit.title, refused)
            self._later(visit, "refused", str(refused), self._clock() + DAY_MS)
        except MesharrError as error:
            if dirty.tries == 0:
                log.warning("%s: %s: %s; tried again later", library.name, visit.title, error)
            self._later(visit, "failed", str(error), self._clock() + wait_ms(dirty.tries, ARR_MS))

    def _growing(self, dirty: Dirty) -> int:
        """Waits grow with the time an item has waited; after a day it is looked at nightly."""
        now = self._clock()
        return now + (DAY_MS if now - dirty.since > DAY_MS else wait_ms(dirty.tries, ARR_MS))

    def _later(self, visit: "_Visit", state: str, why: str, until: int) -> None:
        dirty = visit.dirty
        self._state.items.postpone(
            msgspec.structs.replace(dirty, tries=dirty.tries + 1, state=state, why=why, title=visit.title),
            until,
        )

    def settle(self, visit: "_Visit", planned: Planned) -> None:
        """Note how a visit ended: clean, or due again when the plan says."""
        dirty, items = visit.dirty, self._state.items
        if not planned.why:
            items.clean(dirty)
            self._state.holds.forget(dirty.library, dirty.item)
            self._state.refusals.clear(f"item:{dirty.library}:{dirty.item}")
        else:
            now = self._clock()
            soon = now + (DAY_MS if planned.stuck else wait_ms(dirty.tries, LOOK_MS))
            until = planned.again if planned.stuck and planned.again > now else max(planned.again, soon)
            self._later(visit, "stuck" if planned.stuck else "", planned.why, until)

    # -- what a visit uses

    def hands(self, look: Look, item: str, title: str) -> Hands:
        """What can be done to an item of a library that has an arr."""
        arr = self._apps[look.library.app].arr
        return Hands(look, item, title, arr, self._state, self._guard, self._clock)

    @property
    def me(self) -> Me:
        """This node."""
        return self._me

    def now(self) -> int:
        """The time (ms)."""
        return self._clock()


class _Visit:
    """One visit to one dirty item."""

    def __init__(self, stage: Reconciler, library: Library, dirty: Dirty, state: State) -> None:
        self.stage = stage
        self.library = library
        self.dirty = dirty
        self.state = state
        self.title = dirty.title or dirty.item

    def run(self) -> None:
        """Bring the item as far as it goes now; raise what it has to wait for."""
        wanted = self.state.items.state(self.library.name, self.dirty.item)
        if wanted.item:
            self.title = (
                f"{wanted.item.title} ({wanted.item.year})" if wanted.item.year else wanted.item.title
            )
        look = Look(self.library, self.state)
        error: MesharrError | None = None
        planned = Planned((), Memory())
        try:
            if self.library.app:
                planned = self._arr(wanted, self.stage.hands(look, self.dirty.item, self.title))
        except MesharrError as raised:
            error = raised
        self._scan(wanted, look)  # whatever the arr said: one program that is down delays no other
        if error:
            raise error
        self.stage.settle(self, planned)

    def _arr(self, wanted: ItemState, hands: Hands) -> Planned:
        planned = Planned((), Memory())
        for _ in range(PASSES):
            planned = self._once(wanted, hands)
            if not planned.actions:
                return planned
        return msgspec.structs.replace(planned, why=planned.actions[0].why, again=self.stage.now() + 2_000)

    def _once(self, wanted: ItemState, hands: Hands) -> Planned:
        """Read, plan, act; return what was planned, with its actions done."""
        library, items, now = self.library, self.state.items, self.stage.now()
        unsaid = {each.needs for each in self.state.outbox.of(library.name, self.dirty.item)}
        if "" in unsaid:
            # The registry does not know yet what happened here: it would undo it, e.g. add what was deleted.
            raise Waiting("what changed here is told first")
        arr = hands.arr
        shown = shown_of(arr.read(self.dirty.item), library.root)
        memory = self._scanned(arr, wanted, shown, items.memory(library.name, self.dirty.item))
        planned = plan(wanted, shown, memory, self.stage.me.node, library.policy, now)
        if "drive" in unsaid:
            planned = _without_files(planned, now)
        self._remember(planned.memory)
        if shown and not planned.actions:
            self._absorb(shown, wanted)
        for action in planned.actions:
            hands.do(action, wanted)
        return planned

    def _remember(self, memory: Memory) -> None:
        self.state.items.remember(self.library.name, self.dirty.item, memory)

    def _scanned(self, arr: Arr, wanted: ItemState, shown: Shown | None, memory: Memory) -> Memory:
        """Take note of a scan of ours that has ended, when the item does not show yet what it was for."""
        settled = shown is not None and any(
            key in wanted.copies and wanted.copies[key].copy.size == copy.size
            for key, copy in shown.files.items()
        )
        if not memory.command or settled or not arr.command_ended(memory.command):
            return memory
        return msgspec.structs.replace(memory, command=0, scan_ended=self.stage.now())

    def _absorb(self, shown: Shown, wanted: ItemState) -> None:
        before = self.state.items.baseline(self.library.name, self.dirty.item)
        after = absorbed(before, shown, wanted)
        if after is not None and wanted.present:
            self.state.items.set_baselines(self.library.name, [(self.dirty.item, after)])

    # -- media servers

    def _scan(self, wanted: ItemState, look: Look) -> None:
        """Have the media servers scan the folders of peers' changes, once those are visible."""
        goal = scan_goal(wanted)
        told = told_of(self.state, self.library.name, self.dirty.item)
        if goal <= told or not self.library.scan_roots:
            return
        self.library.ground.alive()
        look.visible([living.copy for living in wanted.copies.values()])
        folders = sorted({folder_of(entry.partition(" ")[2]) for entry in goal ^ told})
        with self.state.transaction():
            for folder in folders:
                self.state.scans.put(self.library.scan_roots, self.library.name, folder, self.stage.now())
            note_told(self.state, self.library.name, self.dirty.item, goal)


def _without_files(planned: Planned, now: int) -> Planned:
    """Leave the files alone: a new one of ours is on its way to the drive, unknown to the mesh."""
    actions = tuple(action for action in planned.actions if not isinstance(action, Rescan | Move))
    why = planned.why or "its new file is on its way to the drive"
    return msgspec.structs.replace(planned, actions=actions, why=why, again=now + ARR_MS, stuck=False)
