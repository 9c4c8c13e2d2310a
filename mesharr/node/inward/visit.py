"""One visit to one dirty item: read, plan, act.

Alone it is repeated until nothing is left to do now. Among many, all were read at once: then it plans once,
and leaves an add to be done together with others. What it came to is its outcome; only what failed is raised.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from mesharr.core.arr.model import ArrItem, FileToImport, NewItem
from mesharr.core.arr.snapshot import Snapshot, baseline_after, snapshot_of
from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import MesharrError
from mesharr.core.planning.actions import Add, CheckScans, ImportFiles, Move, Plan, Rescan
from mesharr.core.planning.context import SeenFiles, Situation
from mesharr.core.planning.file_differences import FileDifferences, file_differences
from mesharr.core.planning.files import NOT_DECIDED
from mesharr.core.planning.memory import ItemMemory, after_scan_end
from mesharr.core.planning.plan import plan
from mesharr.node.arr_view import ArrView
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.conflict_notes import note_conflicts
from mesharr.node.inward.executor import ActionExecutor
from mesharr.node.inward.files.app_paths import note_root
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.file_executor import MOMENT_MS
from mesharr.node.inward.files.folder_scans import FolderScans
from mesharr.node.inward.files.missing_files import prove_awaited_gone
from mesharr.node.inward.files.moved_along import (
    compare_before_import,
    compare_moved_files,
    files_moved_along,
)
from mesharr.node.inward.files.settle import wait_for_scan
from mesharr.node.inward.files.spelled_folders import files_by_spelling, listed_beside
from mesharr.node.inward.files.vanished import resized_files, vanished_files, withdraw
from mesharr.node.inward.other_places import between_libraries, goes_by_another_id, moved_by_user
from mesharr.node.inward.shared_folders import folder_taken_by, hand_over, note_at_whoever_is_there
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.library_items import note_left_out, wake_others
from mesharr.node.missing_items import note_removed_elsewhere
from mesharr.node.outcome import (
    Blocked,
    Done,
    Excluded,
    Failed,
    NeedsApproval,
    Outcome,
    RecheckAt,
    Stuck,
    UserRejected,
    Waits,
)
from mesharr.node.ownership import former_nodes
from mesharr.state.items import LocalItem
from mesharr.state.queues.dirty import Dirty

log = logging.getLogger(__name__)

PASSES = 4
"""How often an item is planned again within one visit, so that one visit brings about what it can."""
RECHECK_MS = 30_000
"""How long an item that is not as it should be is left alone at most, when nothing says when to check it."""

Value = TypeVar("Value")
_with = msgspec.structs.replace


class Visit:
    """One visit to one dirty item. `arr_view` is None for a library that has no app."""

    def __init__(
        self, context: VisitContext, drive: DriveView, dirty: Dirty, arr_view: ArrView | None
    ) -> None:
        self.context = context
        self.drive = drive
        self.library = drive.library
        self.dirty = dirty
        self.state = context.state
        self.item = VisitedItem(context.state, self.library, dirty)
        note_left_out(self.state, self.item.registry, context.now())
        self.executor = ActionExecutor(context, self.item, drive, arr_view) if arr_view else None

    @property
    def title(self) -> str:
        """What people call the item."""
        return self.item.title

    def run(self) -> Outcome:
        """Bring the item as far as it goes now; return what that came to."""
        executor = self.executor
        nothing = Plan((), self.item.memory)
        return self._ended(self._then_scan(lambda: self._act_until_done(executor) if executor else nothing))

    def first(self) -> Add | ImportFiles | Outcome:
        """Plan once and do all but an add or import, which is returned.

        Without one, what the rest came to is returned. The media servers learn nothing of an add that may
        still need approval.
        """
        return self._ended(self._then_scan(self._act_but_add))

    def prepare_add(self, add: Add) -> NewItem | Blocked:
        """Return what the app is to be asked for an add of `first`; or what the add waits for."""
        assert self.executor
        return self._then_scan(partial(self.executor.prepare_add, add))

    def prepare_import(self, action: ImportFiles) -> tuple[FileToImport, ...] | Outcome:
        """Return what the app is to be asked to register, never nothing; or what the import came to."""
        assert self.executor
        files = self.executor.prepare_import(action)
        return files or RecheckAt(self.context.now() + MOMENT_MS, "left to a scan of the app")

    def _ended(self, reached: Value | Plan) -> Value | Outcome:
        """Return the outcome of a plan that leaves nothing to do now; anything else as it is."""
        if not isinstance(reached, Plan):
            return reached
        note_conflicts(self.state, self.item.registry)
        now, recheck_at = self.context.now(), reached.recheck_at
        if not self.item.registry.present:
            wake_others(self.state, self.library.name, self.item.id, now)
        if not reached.why:
            until = self.item.local.baseline.undecided_until() if self.item.local.baseline else 0
            return Stuck(until, NOT_DECIDED) if now < until else Done()
        if reached.stuck:
            return Stuck(recheck_at if recheck_at > now else now + DAY_MS, reached.why)
        return RecheckAt(max(recheck_at, now + wait_ms(self.dirty.tries, RECHECK_MS)), reached.why)

    # -- acting

    def _act_until_done(self, executor: ActionExecutor) -> Plan | Blocked:
        planned = Plan((), self.item.memory)
        for count in range(PASSES):
            if count:
                self.item.refresh()
            reached = self._plan(executor)
            if not isinstance(reached, Plan):
                return reached
            planned = reached
            if blocked := self._do(planned, executor):
                return blocked
            if not planned.actions:
                return planned
        return _with(planned, why=planned.actions[0].why, recheck_at=self.context.now() + MOMENT_MS)

    def _act_but_add(self) -> Add | ImportFiles | Plan | Blocked:
        assert self.executor
        planned = self._plan(self.executor)
        if isinstance(planned, Blocked):
            return planned
        if planned.actions and all(isinstance(action, CheckScans) for action in planned.actions):
            self._do(planned, self.executor)  # which changed nothing in the app
            self.item.refresh()
            planned = self._plan(self.executor)
            if isinstance(planned, Blocked):
                return planned
        together = next((each for each in planned.actions if isinstance(each, Add | ImportFiles)), None)
        if isinstance(together, Add):
            return together
        alone = tuple(action for action in planned.actions if action is not together)
        blocked = self._do(_with(planned, actions=alone), self.executor)
        if planned.actions and not (blocked or together):
            return RecheckAt(self.context.now() + MOMENT_MS, planned.actions[0].why)
        return blocked or together or planned

    def _do(self, planned: Plan, executor: ActionExecutor) -> Blocked | None:
        """Do what is planned; return what it waits for.

        What needs approval keeps nothing else from being done, anything else does.
        """
        held: NeedsApproval | UserRejected | None = None
        for action in planned.actions:
            outcome = executor.do(action)
            if isinstance(outcome, NeedsApproval | UserRejected):
                if held is None or (isinstance(held, UserRejected) and isinstance(outcome, NeedsApproval)):
                    held = _with(outcome, recheck_at=planned.recheck_at)
            elif isinstance(outcome, Blocked):
                return outcome
        return held

    # -- planning

    def _plan(self, executor: ActionExecutor) -> Plan | Blocked:
        """Return what is to be done to the item as it is now; or what planning waits for."""
        item, view = self.item, executor.arr_view
        needs = {each.needs for each in item.record.pending}
        if needs & {"", "again"} or hand_over(self.state, item, self.context.me.node, self.context.now()):
            # The registry does not know yet what happened here: it would undo it, e.g. add what was deleted.
            return Waits("what changed here is published first")
        read_at = view.read_at or self.context.now()
        arr_item = view.read(item.id)
        if arr_item is None and goes_by_another_id(self.context, item, view):
            return Plan((), item.memory)
        actual = self._snapshot(arr_item)
        if arr_item and (elsewhere := self._elsewhere(arr_item, actual)):
            return elsewhere
        if actual is None:
            note_at_whoever_is_there(self.state, item, self.context.me.node, self.context.now())
        before, now = item.memory, self.context.now()
        situation = self._situation(view, actual, now)
        compare_moved_files(self.state, item, actual, situation.me, now)
        prove_awaited_gone(self.state, item, self.drive, situation)
        planned = self._planned(situation, is_on_its_way="drive" in needs)
        if not item.replace_memory(before, planned.memory):
            return RecheckAt(now + MOMENT_MS, "something else was noted of it meanwhile")
        if actual and not planned.actions:
            self._absorb(actual)
        new_files = compare_before_import(self.state, item, actual, planned, now)
        scans = new_files or self._waits_for_app(view, planned, read_at)
        if not (waits := scans or self._waits_for_folder(executor, planned)):
            return planned
        others = planned.without(Rescan, ImportFiles, *([Move] if situation.seen.went_along else []))
        return others if others.actions else waits

    def _situation(self, view: ArrView, actual: Snapshot | None, now: int) -> Situation:
        """Return all that the plan of the item is a function of."""
        item, me, names = self.item, self.context.me.node, self.state.names.all()
        taken = folder_taken_by(self.state, item)
        seen = SeenFiles(
            gone=vanished_files(self.state, item, actual, now),
            resized=resized_files(self.state, item, actual, now),
            went_along=files_moved_along(item, actual, self.drive, me),
            spellings=files_by_spelling(item, actual, self.drive),
            namesakes=listed_beside(item, actual, self.drive),
        )
        return Situation(
            item.registry,
            actual,
            self._note_ended_scan(view, actual, seen),
            me,
            self.library.policy,
            now,
            was_listed=item.local.was_listed,
            seen=seen,
            is_asked=self._is_asked(),
            folder_taken=taken,
            names=names,
            former=former_nodes(self.state, me, names),
            departures=self.state.streams.cuts().left,
        )

    def _planned(self, situation: Situation, *, is_on_its_way: bool) -> Plan:
        """Return the plan, and note what the user is to be asked.

        `is_on_its_way`: a new file of this household's is to be published once it is on the drive.
        """
        seen, planned = situation.seen, plan(situation)
        note_removed_elsewhere(self.state, self.library.name, self.item.id, planned.asks)
        planned = self._with_missing_reason(planned)
        if seen.gone and planned.stuck:
            # an app that drops no file of an empty folder: nothing comes of it
            withdraw(self.state, self.item, seen.gone)
        elif is_on_its_way and not (seen.gone or seen.resized or seen.went_along):
            return _without_files(planned, situation.now)
        return planned

    def _elsewhere(self, arr_item: ArrItem, actual: Snapshot | None) -> Plan | Blocked | None:
        """Return what becomes of an item that the app lists in another library or folder, else None."""
        planned = between_libraries(self.context, self.item, arr_item, actual)
        return planned or moved_by_user(self.context, self.item, actual)

    def _is_asked(self) -> bool:
        """Return whether the user has to answer whether an item of an older database is wanted."""
        question = self.state.asked.get(self.library.name, self.item.id)
        return question is not None and (question.kind, question.answer) == ("returned", "")

    def _snapshot(self, arr_item: ArrItem | None) -> Snapshot | None:
        actual = snapshot_of(arr_item, self.library.root)
        if actual and arr_item:
            note_root(self.library, arr_item.folder)
        return actual and _with(actual, imports_files=self.library.imports_files)

    def _with_missing_reason(self, planned: Plan) -> Plan:
        """Note whether the item is missing in the app; return the plan with the best known reason."""
        is_missing = planned.why == NOT_LISTED
        self.state.missing.note(self.library.name, self.item.id, NOT_LISTED if is_missing else "")
        if not is_missing:
            return planned
        return _with(planned, why=self.state.missing.why(self.library.name, self.item.id))

    def _note_ended_scan(self, view: ArrView, actual: Snapshot | None, seen: SeenFiles) -> ItemMemory:
        """Return the memory, with the end of a requested scan whose effect is not listed yet."""
        memory = self.item.memory
        same = FileDifferences()
        settled = actual is not None and file_differences(self.item.registry, actual, seen) == same
        ref = actual.ref if actual else 0
        if not memory.scan_command or settled or not view.ended(memory.scan_command, ref):
            return memory
        return after_scan_end(memory, self.context.now())

    def _waits_for_app(self, view: ArrView, planned: Plan, read_at: int) -> RecheckAt | None:
        """Return when to read an item again that the app scans, None when no scan is planned."""
        files = (action for action in planned.actions if isinstance(action, Rescan | ImportFiles))
        if not (action := next(files, None)):
            return None
        return wait_for_scan(self.dirty, action, view.scans(), read_at, self.context.now())

    def _waits_for_folder(self, executor: ActionExecutor, planned: Plan) -> Blocked | None:
        """Return the wait for another item where people are to move this one, else None."""
        return executor.await_free(planned.into) if planned.into and not planned.actions else None

    def _absorb(self, actual: Snapshot) -> None:
        """Take what the app lists because of the mesh as dealt with."""
        registry = self.item.registry

        def absorbed(local: LocalItem) -> LocalItem:
            after = baseline_after(local.baseline, actual, registry)
            return local if after is None else _with(local, baseline=after)

        # what this household has left is compared first: its user may have to decide on it
        if registry.present and self.context.me.node not in registry.left_by:
            with self.state.lazily():  # the next visit would do it again
                self.item.update(absorbed)

    # -- media servers

    def _then_scan(self, work: Callable[[], Value]) -> Value | Blocked:
        """Do a part of a visit, and have the media servers scan what came of it.

        They are asked whatever the app answered: one program that is down delays no other. But they learn
        nothing of an item that is not here before the user approves it.
        """
        try:
            reached: Value | Blocked = work()
        except MesharrError as error:
            reached = Failed(error)
        if isinstance(reached, Add) or (isinstance(reached, Blocked) and self._is_kept_out(reached)):
            return reached
        return FolderScans(self.context, self.item, self.drive).queue() or reached

    def _is_kept_out(self, blocked: Blocked) -> bool:
        """Whether a blocked item is not here, and may not be before the user approves it."""
        if self.executor is None or self.state.items.was_listed(self.library.name, self.item.id):
            return False
        if isinstance(blocked, Excluded | UserRejected) or self.dirty.state == "excluded":
            return True
        peer, now = self.item.registry.origin, self.context.now()
        return self.context.guard.would_hold(peer, self.library.name, self.item.id, now)


def _without_files(planned: Plan, now: int) -> Plan:
    """Leave the files alone: a new one of ours is on its way to the drive, unknown to the mesh."""
    why = planned.why or "its new file is on its way to the drive"
    others = planned.without(Rescan, ImportFiles, Move)
    return _with(others, why=why, recheck_at=now + ARR_MS, stuck=False, into="")
