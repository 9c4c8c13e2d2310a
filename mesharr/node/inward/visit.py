"""One visit of reconcile to one dirty item: look, plan, act.

Alone it is repeated until nothing is left to do now. Among many it looks once, because all were read at
once, and leaves an add to be done together with others.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from mesharr.core.arr.model import ArrItem, NewItem
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_after, snapshot_of
from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.errors import MesharrError
from mesharr.core.paths import below, same_key
from mesharr.core.planning.actions import Add, CheckScans, Move, Plan, Rescan
from mesharr.core.planning.files import FileDifferences, file_differences
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.placement import plan_elsewhere
from mesharr.core.planning.plan import plan
from mesharr.core.registry.fold import ItemState
from mesharr.node import limits
from mesharr.node.arr_view import ArrView
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.inward.drive_view import DriveView, Waiting
from mesharr.node.inward.executor import MOMENT_MS, ActionExecutor, Again
from mesharr.node.limits import Excluded
from mesharr.node.model import Library, Me
from mesharr.node.scan_state import note_scanned, scan_targets, unscanned
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

log = logging.getLogger(__name__)

PASSES = 4
"""How often an item is planned again within one visit, so that one pass brings about what it can."""

NOTHING = Plan((), ItemMemory())
Value = TypeVar("Value")


class Stage(Protocol):
    """What a visit uses of its stage."""

    @property
    def me(self) -> Me:
        """This node."""
        ...

    def now(self) -> int:
        """The time (ms)."""
        ...

    def executor(self, look: DriveView, arr_view: ArrView, item: str, title: str) -> ActionExecutor:
        """What can be done to an item of a library that has an arr."""
        ...

    def beside(self, library: Library) -> Sequence[Library]:
        """Return the other libraries of the same arr."""
        ...

    def settle(self, visit: "Visit", planned: Plan) -> None:
        """Note how a visit ended: clean, or due again when the plan says."""
        ...


class Visit:
    """One visit to one dirty item. `arr_view` is None for a library that has no arr."""

    def __init__(
        self, stage: Stage, look: DriveView, dirty: Dirty, state: State, arr_view: ArrView | None
    ) -> None:
        self.stage = stage
        self.look = look
        self.library = look.library
        self.dirty = dirty
        self.state = state
        self.wanted = state.items.state(dirty.library, dirty.item)
        self.title = titled(self.wanted, dirty)
        self.executor = stage.executor(look, arr_view, dirty.item, self.title) if arr_view else None

    def run(self) -> None:
        """Bring the item as far as it goes now; raise what it has to wait for."""
        executor = self.executor
        planned = self._scanned_after((lambda: self._all(executor)) if executor else (lambda: NOTHING))
        self.stage.settle(self, planned)

    def first(self) -> Add | None:
        """Look once and do all but an add, which is returned; raise what the item has to wait for.

        The media servers are told nothing of an add that may still be held.
        """
        return self._scanned_after(self._but_an_add)

    def prepared(self, add: Add) -> NewItem:
        """Return what the arr is to be asked for an add that `first` returned; raise what it waits for."""
        assert self.executor
        return self._scanned_after(partial(self.executor.prepared, add, self.wanted))

    def _scanned_after(self, work: Callable[[], Value]) -> Value:
        """Do a part of a visit, and have the media servers scan what came of it.

        They are told whatever the arr said: one program that is down delays no other. But they are told
        nothing of an item that a person has yet to let in here.
        """
        try:
            done = work()
        except MesharrError as error:
            if not self._is_not_let_in(error):
                self._scan()
            raise
        if not isinstance(done, Add):
            self._scan()
        return done

    def _is_not_let_in(self, error: MesharrError) -> bool:
        """Whether an item that `error` keeps back is not here, and not to be here without a person's word."""
        if self.executor is None or self.state.items.was_listed(self.library.name, self.dirty.item):
            return False
        if isinstance(error, Excluded) or self.dirty.state == "excluded":
            return True
        peer, item = self.wanted.origin, self.dirty.item
        return self.executor.guard.would_hold(peer, self.library.name, item, self.stage.now())

    def _but_an_add(self) -> Add | None:
        assert self.executor
        planned = self._planned(self.executor)
        if planned.actions and all(isinstance(action, CheckScans) for action in planned.actions):
            self._do(planned, self.executor)  # which changed nothing in the arr
            planned = self._planned(self.executor)
        for action in planned.actions:
            if isinstance(action, Add):
                return action
        self._do(planned, self.executor)
        if planned.actions:
            raise Again(planned.actions[0].why, self.stage.now() + MOMENT_MS)
        self.stage.settle(self, planned)
        return None

    def _all(self, executor: ActionExecutor) -> Plan:
        planned = NOTHING
        for _ in range(PASSES):
            planned = self._planned(executor)
            self._do(planned, executor)
            if not planned.actions:
                return planned
        return msgspec.structs.replace(
            planned, why=planned.actions[0].why, recheck_at=self.stage.now() + 2_000
        )

    def _do(self, planned: Plan, executor: ActionExecutor) -> None:
        """Do what is planned; what is held keeps nothing else from being done."""
        waits: limits.NeedsApproval | None = None
        for action in planned.actions:
            try:
                executor.do(action, self.wanted)
            except limits.NeedsApproval as error:
                waits = waits or error
        if waits:
            waits.again = planned.recheck_at
            raise waits

    def _planned(self, executor: ActionExecutor) -> Plan:
        """Return what is to be done to the item as it is now."""
        library, items, now = self.library, self.state.items, self.stage.now()
        unsaid = {each.needs for each in self.state.outbox.of(library.name, self.dirty.item)}
        if "" in unsaid:
            # The registry does not know yet what happened here: it would undo it, e.g. add what was deleted.
            raise Waiting("what changed here is told first")
        held = executor.arr_view.read(self.dirty.item)
        if held is None and self._goes_by_another_id(executor.arr_view):
            return Plan((), items.memory(library.name, self.dirty.item))
        shown = snapshot_of(held, library.root)
        if held and (apart := self._apart(held, shown, now)):
            return apart
        vanished = self._vanished(shown)
        before = items.memory(library.name, self.dirty.item)
        memory = self._scanned(executor.arr_view, shown, before, vanished)
        had = items.was_listed(library.name, self.dirty.item)
        planned = plan(
            self.wanted,
            shown,
            memory,
            self.stage.me.node,
            library.policy,
            now,
            was_listed=had,
            gone_unpublished=vanished,
        )
        is_lost = planned.why == NOT_LISTED
        self.state.missing.note(library.name, self.dirty.item, NOT_LISTED if is_lost else "")
        if is_lost:
            planned = msgspec.structs.replace(
                planned, why=self.state.missing.why(library.name, self.dirty.item)
            )
        if (
            vanished and planned.stuck
        ):  # an arr that lets go of no file in an empty folder: nothing comes of it
            self._withdraw(vanished)
        elif "drive" in unsaid and not vanished:
            planned = _without_files(planned, now)
        self._remember(planned.memory, before)
        if shown and not planned.actions:
            self._absorb(shown)
        if shown and any(isinstance(action, Rescan) for action in planned.actions):
            self._wait_for_the_adds_scan(executor.arr_view, shown, planned.memory)
        return planned

    def _goes_by_another_id(self, arr_view: ArrView) -> bool:
        """Whether the arr lists the item under another of its ids, or would be given it under another.

        What is new of this one is then to be seen to under that one.
        """
        library, item = self.library.name, self.dirty.item
        others = [each for each in self.state.items.ids(library, item) if each != item]
        found = next((each for each in others if arr_view.read(each) is not None), "")
        if others and (other := found or (self.wanted.id if self.wanted.id != item else "")):
            self.state.dirty.mark([(library, other)], self.stage.now())
            return True
        return False

    def _apart(self, held: ArrItem, shown: Snapshot | None, now: int) -> Plan | None:
        """Return the plan for an item on its way between two libraries of one arr, None when it is not."""
        items, item, wanted = self.state.items, self.dirty.item, self.wanted
        beside = self.stage.beside(self.library)
        memory = items.memory(self.library.name, item)
        if shown is None and wanted.present:
            where = next((each.name for each in beside if below(each.root, held.folder)), "")
            stays = bool(where and items.state(where, item).copies)
            return plan_elsewhere(wanted, held.ref, where, memory, self.stage.me.node, now, stays=stays)
        to = wanted.moved_to
        moving = shown and not wanted.present and to in {each.name for each in beside}
        if moving and items.state(to, item).present:
            self.state.dirty.mark([(to, item)], now)  # it may wait there until its files here are gone
            return Plan((), memory, now + ARR_MS, f"moves to {to} once its files are there")
        for each in beside if shown else ():
            if each.name in wanted.moved_from and items.was_listed(each.name, item):
                items.set_baselines(each.name, [(item, Baseline(present=False))])  # it left there for here
        return None

    def _remember(self, memory: ItemMemory, before: ItemMemory) -> None:
        """Keep a memory that was made of `before`, unless another thread or a command wrote one meanwhile."""
        with self.state.transaction():
            if self.state.items.memory(self.library.name, self.dirty.item) != before:
                raise Again("something else was noted of it meanwhile", self.stage.now() + MOMENT_MS)
            self.state.items.update_memory(self.library.name, self.dirty.item, lambda _: memory)

    def _vanished(self, shown: Snapshot | None) -> frozenset[str]:
        """Return files (keys) the arr shows that are nowhere any more; those it has dropped are not told."""
        library, item = self.library.name, self.dirty.item
        vanished = self.state.uploads.vanished(
            library, item, self.stage.now() - self.library.policy.gone_after
        )
        listed = frozenset(shown.files if shown else ())
        if vanished - listed:
            self._withdraw(vanished - listed)
        return vanished & listed

    def _withdraw(self, vanished: frozenset[str]) -> None:
        """Tell no more of files (keys) that are nowhere; imported again they are news, as they are now."""
        library, item, items = self.library.name, self.dirty.item, self.state.items
        with self.state.transaction():
            self.state.outbox.withdraw(library, item, vanished)
            if before := items.baseline(library, item):
                paths = tuple(path for path in before.files if same_key(path) in vanished)
                after = msgspec.structs.replace(before, gone_unpublished=(*before.gone_unpublished, *paths))
                items.set_baselines(library, [(item, after)])
        log.info(
            "%s: what went of %s before it was told is not told", library, titled(self.wanted, self.dirty)
        )

    def _scanned(
        self, arr_view: ArrView, shown: Snapshot | None, memory: ItemMemory, vanished: Collection[str]
    ) -> ItemMemory:
        """Take note of a scan of ours that has ended, when the item does not show yet what it was for."""
        settled = shown is not None and file_differences(self.wanted, shown, vanished) == FileDifferences()
        if (
            not memory.scan_command
            or settled
            or not arr_view.ended(memory.scan_command, shown.ref if shown else 0)
        ):
            return memory
        return msgspec.structs.replace(memory, scan_command=0, scan_ended_at=self.stage.now())

    def _wait_for_the_adds_scan(self, arr_view: ArrView, shown: Snapshot, memory: ItemMemory) -> None:
        """An arr that was given thousands of items scans them for hours; a second scan each is not asked."""
        if (
            memory.added_at > memory.scan_ended_at
            and not memory.scans_requested
            and arr_view.scans().of(shown.ref).running
        ):
            until = self.stage.now() + wait_ms(self.dirty.tries, ARR_MS)
            raise Again("the app scans what was just added", until)

    def _absorb(self, shown: Snapshot) -> None:
        before = self.state.items.baseline(self.library.name, self.dirty.item)
        after = baseline_after(before, shown, self.wanted)
        if after is not None and self.wanted.present:
            self.state.items.set_baselines(self.library.name, [(self.dirty.item, after)])

    # -- media servers

    def _scan(self) -> None:
        """Have the media servers scan the folders of peers' changes, once those are visible."""
        goal = scan_targets(self.wanted)
        lives = bool(self.wanted.copies)
        folders = unscanned(self.state, self.library.name, self.dirty.item, goal, lives=lives)
        if not folders or not self.library.scan_roots:
            return
        self.look.alive()
        self.look.visible([living.copy for living in self.wanted.copies.values()])
        with self.state.transaction():
            for folder in folders:
                self.state.scans.put(self.library.scan_roots, self.library.name, folder, self.stage.now())
            note_scanned(self.state, self.library.name, self.dirty.item, goal)


def titled(wanted: ItemState, dirty: Dirty) -> str:
    """Return what a person calls the item."""
    if wanted.item is None:
        return dirty.title or dirty.item
    return wanted.item.called


def _without_files(planned: Plan, now: int) -> Plan:
    """Leave the files alone: a new one of ours is on its way to the drive, unknown to the mesh."""
    actions = tuple(action for action in planned.actions if not isinstance(action, Rescan | Move))
    why = planned.why or "its new file is on its way to the drive"
    return msgspec.structs.replace(planned, actions=actions, why=why, recheck_at=now + ARR_MS, stuck=False)
