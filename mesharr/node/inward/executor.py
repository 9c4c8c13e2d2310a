"""The hands of reconcile: one action at a time on one item of one arr, with its preconditions.

Each action looks first whether what it needs holds; each may be done twice.
"""

import logging
from collections.abc import Callable, Sequence

import msgspec

from mesharr.core.arr.model import NewItem
from mesharr.core.arr.snapshot import Baseline, snapshot_of
from mesharr.core.events.schema import FileRemoved, UnitClaimed
from mesharr.core.paths import at, same_key
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    Move,
    Pause,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
    day_of,
)
from mesharr.core.planning.memory import (
    ItemMemory,
    PauseRecord,
    after_restart,
    after_set_monitored,
    counted_pause,
)
from mesharr.core.registry.fold import ItemState
from mesharr.node.arr_view import ArrView
from mesharr.node.inward.drive_view import DriveView, Waiting
from mesharr.node.limits import Guard, Limit
from mesharr.state.state import State

log = logging.getLogger(__name__)

MOMENT_MS = 2_000


class Again(Waiting):
    """What was started needs a moment; the visit goes on at `until` (ms)."""

    def __init__(self, why: str, until: int) -> None:
        super().__init__(why)
        self.until = until


class ActionExecutor:
    """What can be done to one item. Raises `Unavailable`, `Refused` or `Held` when it cannot now."""

    def __init__(
        self,
        look: DriveView,
        arr_view: ArrView,
        item: str,
        title: str,
        state: State,
        guard: Guard,
        now: Callable[[], int],
    ) -> None:
        self.look = look
        self.library = look.library
        self.arr_view = arr_view
        self.item = item
        self.title = title
        self.arr = arr_view.arr
        self.state = state
        self.guard = guard
        self.now = now

    def _remember(self, memory: ItemMemory) -> None:
        self.state.items.update_memory(self.library.name, self.item, lambda _: memory)

    def _memory(self) -> ItemMemory:
        return self.state.items.memory(self.library.name, self.item)

    def _permit(self, action: Action, wanted: ItemState) -> Limit | None:
        """Return which limit an action counts for, which may be done; raise `Held` when it may not."""
        limit = self.guard.limit_of(action, wanted, self._memory())
        if limit:
            self.guard.permit(*limit, self.library.name, self.item, self.title, self.now())
        return limit

    def _count(self, limit: Limit | None) -> None:
        """Count what was done."""
        if limit:
            self.guard.done(*limit, self.library.name, self.item, self.now())

    def do(self, action: Action, wanted: ItemState) -> None:
        """Do one action; raise what it has to wait for, `Again` when it needs a moment."""
        log.debug("%s: %s: %s (%s)", self.library.name, self.title, type(action).__name__, action.why)
        match action:
            case Add() | Move() | SetSeriesType() | Remove():
                self._do_whole(action, wanted)
            case SetMonitored():
                self._set_monitored(action, wanted)
            case Pause():
                self._pause(action, wanted)
            case Resume():
                self._resume(action)
            case Rescan():
                self._rescan(action, wanted)
            case Claim():
                self._claim(action, wanted)
            case ConfirmGone():
                self._doubt(action, wanted)
            case VerifyOwnFiles():
                self._look_for(action.paths, wanted)
            case CheckScans():
                self._look_at_scans(action)

    def _do_whole(self, action: Add | Move | SetSeriesType | Remove, wanted: ItemState) -> None:
        match action:
            case Add():
                self._add(action, wanted)
            case Move():
                self._move(action, wanted)
            case SetSeriesType():
                self._retype(action, wanted)
            case Remove():
                self._remove(action, wanted)

    def _add(self, action: Add, wanted: ItemState) -> None:
        new = self.prepared(action, wanted)
        self.remember_add(new)
        self.arr.add(new)
        self.note_add(action)
        log.info("%s: added %s, unmonitored: %s", self.library.name, self.title, action.why)
        if action.needs:
            raise Again("the app scans what was just added", self.now() + MOMENT_MS)

    def prepared(self, action: Add, wanted: ItemState) -> NewItem:
        """Return what the arr is to be asked for an add whose preconditions hold; raise what it waits for."""
        library, now = self.library, self.now()
        self.look.alive()
        self.guard.settings(library.app, self.arr, now)
        if not action.requested:
            self.guard.addable(library.app, self.arr, wanted.id, now)
        self.look.visible(action.needs)
        self._permit(action, wanted)
        return NewItem(
            id=wanted.id,
            ids=action.item.ids,
            title=action.item.title,
            year=action.item.year,
            folder=at(library.root, action.item.folder),
            root=library.root,
            profile=action.item.profile,
            default_profile=library.profile,
            tag=f"mesharr-{_name_of(action.origin)}" if action.origin else "",
            series_type=action.item.series_type,
            units=tuple(sorted({unit for copy in action.needs for unit in copy.units})),
        )

    def remember_add(self, new: NewItem) -> None:
        """Remember an add before the request.

        The arr tells of it before it answers, and that echo must be known as one.
        """
        now = self.now()
        flags = dict.fromkeys(new.units, now)
        self._remember(msgspec.structs.replace(self._memory(), added_at=now, set_unmonitored_at=flags))

    def note_add(self, action: Add) -> None:
        """Note an add that the arr has done."""
        placed = Baseline(folder=action.item.folder, series_type=action.item.series_type)
        with self.state.transaction():
            self.state.items.set_baselines(self.library.name, [(self.item, placed)])
            self.guard.done("first_adds", action.origin, self.library.name, self.item, self.now())
            self.state.counters.add("added")

    def _set_monitored(self, action: SetMonitored, wanted: ItemState) -> None:
        now = self.now()
        limit = self._permit(action, wanted)
        self.arr.set_monitored(action.ref, action.units, action.monitored)
        memory = self._memory()
        if action.monitored:
            # what was imported since this was planned is still to be monitored
            enforce = tuple(unit for unit in memory.must_monitor if unit not in action.units)
            memory = after_set_monitored(
                msgspec.structs.replace(memory, must_monitor=enforce), action.units, now
            )
        else:
            flags = {**memory.set_unmonitored_at, **dict.fromkeys(action.units, now)}
            suspects = {
                unit: at_ for unit, at_ in memory.user_flag_suspects.items() if unit not in action.units
            }
            memory = msgspec.structs.replace(memory, set_unmonitored_at=flags, user_flag_suspects=suspects)
        self._remember(memory)
        self._count(limit)
        flag = "monitored" if action.monitored else "unmonitored"
        self.state.counters.add(flag)
        log.info("%s: %s is %s now: %s", self.library.name, self.title, flag, action.why)

    def _pause(self, action: Pause, wanted: ItemState) -> None:
        """Set units unmonitored for a while."""
        limit = self._permit(action, wanted)
        memory, now = self._memory(), self.now()
        by = counted_pause(memory, action.peer)
        if by is None:
            by = "" if self.state.holds.approved(self.library.name, self.item, "pauses") else action.peer
        paused = {unit: _paused(memory.paused.get(unit), now, by) for unit in action.units}
        # Remembered first: an unmonitored unit that nobody remembers would never be monitored again.
        self._remember(msgspec.structs.replace(memory, paused={**memory.paused, **paused}))
        self.arr.set_monitored(action.ref, action.units, monitored=False)
        self._count(limit)
        self.state.counters.add("paused")
        log.info("%s: %s is paused: %s", self.library.name, self.title, action.why)

    def _resume(self, action: Resume) -> None:
        """Set paused units monitored; the pause is forgotten when they read so."""
        self.arr.set_monitored(action.ref, action.units, monitored=True)
        self._remember(after_set_monitored(self._memory(), action.units, self.now()))
        self.state.counters.add("resumed")
        log.info("%s: %s is monitored again: %s", self.library.name, self.title, action.why)

    def _rescan(self, action: Rescan, wanted: ItemState) -> None:
        self.library.storage.check_available()
        self._look_for(action.own_paths, wanted)
        self._changed_on_drive(action)
        changed = (*(copy.path for copy in action.needs), *action.gone)
        paths = tuple(at(self.library.root, path) for path in changed)
        units = tuple(sorted({unit for copy in action.needs for unit in copy.units}))
        command = self.arr.rescan(action.ref, paths, units)
        self.state.counters.add("rescanned")
        memory = self._memory()
        # A scan may write old flags back: what was quiet is verified again after it.
        self._remember(
            msgspec.structs.replace(
                memory,
                scan_command=command,
                scans_requested=memory.scans_requested + 1,
                confirmed_unmonitored=(),
            )
        )
        log.info("%s: %s is being scanned: %s", self.library.name, self.title, action.why)
        raise Again("the app is scanning", self.now() + MOMENT_MS)

    def _changed_on_drive(self, action: Rescan) -> None:
        """Wait until what is needed is there and what was replaced is not; not for ever for the latter."""
        self.look.visible(action.needs)
        still = [path for path, size in self.look.sizes(action.gone).items() if size is not None]
        if not still:
            return
        memory, now = self._memory(), self.now()
        since = memory.visible_since or now
        self._remember(msgspec.structs.replace(memory, visible_since=since))
        if not action.needs or now - since < self.library.policy.replaced_after:
            raise Waiting(f"{still[0]} is still here")

    def _move(self, action: Move, wanted: ItemState) -> None:
        self.library.storage.check_available()
        self.look.visible(action.needs)
        limit = self._permit(action, wanted)
        self.arr.move(action.ref, at(self.library.root, action.folder))
        self._count(limit)
        self.state.counters.add("moved")
        log.info("%s: %s has another folder now: %s", self.library.name, self.title, action.why)

    def _retype(self, action: SetSeriesType, wanted: ItemState) -> None:
        limit = self._permit(action, wanted)
        self.arr.move(action.ref, at(self.library.root, action.folder), action.series_type)
        self._count(limit)
        self._remember(msgspec.structs.replace(self._memory(), series_type_change=action.change))
        self.state.counters.add("retyped")
        log.info("%s: %s is %s now: %s", self.library.name, self.title, action.series_type, action.why)

    def _remove(self, action: Remove, wanted: ItemState) -> None:
        self.library.storage.check_available()
        limit = self._permit(action, wanted)
        self._still_mirrored()
        self.arr.remove(action.ref)
        with self.state.transaction():
            self._remember(ItemMemory())
            self.state.items.set_baselines(self.library.name, [(self.item, Baseline(present=False))])
        self._count(limit)
        self.state.counters.add("removed")
        log.info("%s: removed %s: %s", self.library.name, self.title, action.why)

    def _still_mirrored(self) -> None:
        """Look once more whether the item is a peer's, unless all was compared since its arr was started.

        In an older database the ids of tags may name others than those it was taken for.
        """
        if self.arr.start_time() == self.state.libraries.app_start(self.library.name):
            return
        shown = snapshot_of(self.arr.read(self.item), self.library.root)
        if shown is None or not shown.mirrored:
            raise Again("the arr was started anew: its tags are read again", self.now() + MOMENT_MS)

    def _claim(self, action: Claim, wanted: ItemState) -> None:
        limit, now = self._permit(action, wanted), self.now()
        body = UnitClaimed(library=self.library.name, id=self.item, units=action.units, term=1)
        memory = self._memory()
        suspects = {unit: at_ for unit, at_ in memory.user_flag_suspects.items() if unit not in action.units}
        flags = {unit: at_ for unit, at_ in memory.set_unmonitored_at.items() if unit not in action.units}
        with self.state.transaction():
            self.state.outbox.put(self.item, body, "", action.why, now)
            self._remember(
                msgspec.structs.replace(
                    memory,
                    user_flag_suspects=suspects,
                    set_unmonitored_at=flags,
                    confirmed_unmonitored=tuple(
                        unit for unit in memory.confirmed_unmonitored if unit not in action.units
                    ),
                )
            )
            self._count(limit)
        self.state.counters.add("claimed")
        log.info("%s: %s is claimed: %s", self.library.name, self.title, action.why)
        raise Again("claimed; telling the mesh", self.now() + MOMENT_MS)

    def _doubt(self, action: ConfirmGone, wanted: ItemState) -> None:
        """Have the drive looked at: what is proven gone is told, what is there stays as it is."""
        with self.state.transaction():
            self._prove_gone(action.paths, action.why, wanted)
            self._remember(msgspec.structs.replace(self._memory(), endings_checked=action.endings))

    def _look_for(self, paths: Sequence[str], wanted: ItemState) -> None:
        """Have those that are not there proven gone. Each is looked for once a day; not while something of
        the item waits to be told, which may say where they are.
        """
        memory, day = self._memory(), day_of(self.now())
        fresh = [path for path in paths if memory.own_files_checked.get(same_key(path)) != day]
        if not fresh:
            return
        missing: tuple[str, ...] = ()
        if not self.state.outbox.of(self.library.name, self.item):
            self.look.alive()
            missing = tuple(path for path, size in self.look.sizes(fresh).items() if size is None)
        days = {**memory.own_files_checked, **{same_key(path): day for path in fresh}}
        looked_for = {key: last for key, last in days.items() if key in wanted.copies}
        with self.state.transaction():
            if missing:
                self._prove_gone(missing, "told from here, and not there", wanted)
            self._remember(msgspec.structs.replace(memory, own_files_checked=looked_for))

    def _prove_gone(self, paths: tuple[str, ...], why: str, wanted: ItemState) -> None:
        library, item = self.library.name, self.item
        body = FileRemoved(library=library, id=item, paths=paths, reason="deleted", seen=wanted.seen)
        self.state.outbox.put(item, body, "gone", why, self.now())
        log.info("%s: %s: is %s still there? %s", library, self.title, paths[0], why)

    def _is_started_anew(self) -> bool:
        """Whether the arr was started since everything it shows was last compared."""
        known = self.state.libraries.app_start(self.library.name)
        return bool(known) and self.arr.start_time() != known

    def _look_at_scans(self, action: CheckScans) -> None:
        now = self.now()
        scans = self.arr_view.scans().of(action.ref)
        memory = self._memory()
        ended = now if scans.running else max(memory.scan_ended_at, scans.ended)
        if memory.user_flag_suspects and self._is_started_anew():
            memory = after_restart(memory, dict.fromkeys(memory.user_flag_suspects, True))
        self._remember(msgspec.structs.replace(memory, scan_ended_at=ended, scans_checked_at=now))


def _paused(before: PauseRecord | None, now: int, by: str) -> PauseRecord:
    return PauseRecord(
        set_at=now,
        set_back=before is not None and (before.set_back or before.read_unmonitored),
        counts_for=by,
    )


def _name_of(node: str) -> str:
    return node.rpartition("-")[0]
