"""Does the actions of a plan, one at a time, on one item of one app; each may be done twice.

An action first checks what it needs, and returns what it waits for. What an app or the drive took its time
to answer is written as a function of the item's present value: others may have written meanwhile.
"""

import logging
from functools import partial

import msgspec

from mesharr.core.arr.model import FileToImport, NewItem
from mesharr.core.arr.snapshot import Baseline, snapshot_of
from mesharr.core.errors import Refused
from mesharr.core.events.schema import ItemLeft, UnitClaimed
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    ImportFiles,
    Move,
    Pause,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
)
from mesharr.core.planning.limits import said_by
from mesharr.core.planning.memory import (
    ItemMemory,
    after_add,
    after_claim,
    after_import_monitored,
    after_pause,
    after_removal,
    after_set_monitored,
    after_set_unmonitored,
    counted_pause,
)
from mesharr.core.planning.placement import folder_change
from mesharr.core.text import from_node, name_of
from mesharr.node.arr_view import ArrView
from mesharr.node.inward.checks import ItemChecks
from mesharr.node.inward.files.app_paths import AppPaths
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.file_executor import MOMENT_MS, FileExecutor
from mesharr.node.inward.files.import_command import ImportCommand
from mesharr.node.inward.files.shown_copies import none_shown
from mesharr.node.inward.shared_folders import (
    await_free_folder,
    compare_whoever_is_at,
    files_of_another,
)
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.library_items import wake_others
from mesharr.node.limits import Limit
from mesharr.node.outcome import Blocked, Done, NeedsApproval, Outcome, RecheckAt, UserRejected
from mesharr.state.items import LocalItem
from mesharr.state.records.asked import ASKED

log = logging.getLogger(__name__)

JUST_ADDED = "the app scans what was just added"

_with = msgspec.structs.replace


class ActionExecutor:
    """Does actions on one item; raises what app and drive raise: `Unavailable` or `Refused`."""

    def __init__(self, context: VisitContext, item: VisitedItem, drive: DriveView, arr_view: ArrView) -> None:
        self.item = item
        self.library = item.library
        self.drive = drive
        self.arr_view = arr_view
        self.arr = arr_view.arr
        self.state = context.state
        self.guard = context.guard
        self.now = context.now
        self.watcher = context.watcher
        self.checks = ItemChecks(item, drive, arr_view, context.state, context.now)
        self._paths = AppPaths(self.library, self.arr)
        self._files = FileExecutor(context, item, drive, self.arr, self._paths, self.checks)

    def do(self, action: Action) -> Outcome:
        """Do one action; return what came of it, or what it waits for."""
        log.debug("%s: %s: %s (%s)", self.library.name, self.item.title, type(action).__name__, action.why)
        outcome = self._outcome(action)
        self.watcher.acted(self.item, action, outcome)
        return outcome

    def _outcome(self, action: Action) -> Outcome:
        match action:
            case Add() | Move() | SetSeriesType() | Remove():
                return self._do_whole(action)
            case SetMonitored() | Pause() | Resume():
                return self._do_flags(action)
            case Rescan():
                return self._files.rescan(action)
            case ImportFiles():
                return self._files.import_files(action)
            case Claim():
                return self._claim(action)
            case ConfirmGone() | VerifyOwnFiles() | CheckScans():
                self.checks.do(action)
                return Done()

    def _do_whole(self, action: Add | Move | SetSeriesType | Remove) -> Outcome:
        match action:
            case Add():
                return self._add(action)
            case Move():
                return self._move(action)
            case SetSeriesType():
                return self._set_series_type(action)
            case Remove():
                return self._remove(action)

    def _do_flags(self, action: SetMonitored | Pause | Resume) -> Outcome:
        match action:
            case SetMonitored():
                return self._set_monitored(action)
            case Pause():
                return self._pause(action)
            case Resume():
                return self._resume(action)

    # -- limits

    def _limit(self, action: Action) -> Limit | None:
        return self.guard.limit_of(action, self.item.registry, self.item.memory)

    def _permit(self, action: Action) -> NeedsApproval | UserRejected | None:
        """Return None when an action may be done now."""
        limit = self._limit(action)
        if limit is None:
            return None
        item, said = self.item, said_by(action)
        return self.guard.permit(limit, self.library.name, item.id, item.title, self.now(), said)

    def _count(self, limit: Limit | None, counter: str) -> None:
        """Count what was done."""
        if limit:
            self.guard.count(limit, self.library.name, self.item.id, self.now())
        self.state.counters.add(counter)

    def _log(self, deed: str, why: str) -> None:
        """Log what was done in the app, and why."""
        log.info("%s: %s: %s", self.library.name, deed, self.library.naming_app(why))

    # -- adds

    def _add(self, action: Add) -> Outcome:
        new = self.prepare_add(action)
        if not isinstance(new, NewItem):
            return new
        self.remember_add(new)
        try:
            self.arr.add(new)
        except Refused:
            compare_whoever_is_at(self.state, self.item, new.folder, self.arr, self.now())
            raise
        self.note_added(action)
        log.info(
            "%s: added %s%s",
            self.library.name,
            self.item.title,
            from_node(self.state.names.called(action.origin)),
        )
        return RecheckAt(self.now() + MOMENT_MS, JUST_ADDED) if action.needs else Done()

    def prepare_add(self, action: Add) -> NewItem | Blocked:
        """Return what the app is to be asked for an add; or what the add waits for."""
        library, registry, now = self.library, self.item.registry, self.now()
        self.drive.check_available()
        self.guard.check_settings(library.app, self.arr, now)
        if not action.requested:
            excluded = self.guard.excluded(library.app, self.arr, registry.id, now)
            if excluded:
                return excluded
        if (
            blocked := none_shown(self.item, self.drive, action.needs, now)
            or self.await_free(action.item.folder)
            or self._permit(action)
        ):
            return blocked
        return NewItem(
            id=registry.id,
            ids=action.item.ids,
            title=action.item.title,
            year=action.item.year,
            folder=self._paths.at(action.item.folder),
            root=self._paths.root,
            profile=action.item.profile,
            default_profile=library.profile,
            tag=f"mesharr-{name_of(action.origin)}" if action.origin else "",
            series_type=action.item.series_type,
            units=tuple(sorted({unit for copy in action.needs for unit in copy.units})),
        )

    def await_free(self, folder: str) -> Blocked | None:
        """Return the wait for another item that is in a folder of the app; None when it is free."""
        return await_free_folder(self.state, self.item, folder, self.arr_view, self.guard.me, self.now())

    def remember_add(self, new: NewItem) -> None:
        """Remember an add before the request.

        The app's webhook comes before its answer, and must be known as an echo.
        """
        self.item.update_memory(partial(after_add, units=new.units, now=self.now()))

    def note_added(self, action: Add) -> None:
        """Note an add that the app has done; what was noted of the item since the request stays."""
        placed = Baseline(folder=action.item.folder, series_type=action.item.series_type)
        known = self.item.local.baseline

        def listed(local: LocalItem) -> LocalItem:
            return _with(local, baseline=placed) if local.baseline == known else local

        with self.state.transaction():
            self.item.update(listed)
            self._note_folder(action.item.folder)
            self._count(("first_adds", action.origin), "added")

    def _note_folder(self, folder: str) -> None:
        change = folder_change(self.item.registry, folder)
        self.item.update_memory(lambda memory: _with(memory, folder_requested=folder, folder_change=change))

    # -- flags

    def _set_monitored(self, action: SetMonitored) -> Outcome:
        now, limit = self.now(), self._limit(action)
        if held := self._permit(action):
            return held
        self.arr.set_monitored(action.ref, action.units, action.monitored)
        change = after_import_monitored if action.monitored else after_set_unmonitored
        flag = "monitored" if action.monitored else "unmonitored"
        with self.state.transaction():
            self.item.update_memory(partial(change, units=action.units, now=now))
            self._count(limit, flag)
        self._log(f"{self.item.title} is {flag} now", action.why)
        return Done()

    def _pause(self, action: Pause) -> Outcome:
        """Set units unmonitored for a while.

        Remembered first: an unmonitored unit that nobody remembers would never be monitored again.
        """
        limit, now = self._limit(action), self.now()
        if held := self._permit(action):
            return held
        approved = self.state.holds.approved(self.library.name, self.item.id, "pauses")

        def paused(memory: ItemMemory) -> ItemMemory:
            known = counted_pause(memory, action.peer)
            peer = "" if approved else action.peer
            return after_pause(memory, action.units, peer if known is None else known, now)

        self.item.update_memory(paused)
        self.arr.set_monitored(action.ref, action.units, monitored=False)
        self._count(limit, "paused")
        self._log(f"{self.item.title} is paused", action.why)
        return Done()

    def _resume(self, action: Resume) -> Outcome:
        """Set paused units monitored; the pause is forgotten when the app lists them so."""
        self.arr.set_monitored(action.ref, action.units, monitored=True)
        self.item.update_memory(partial(after_set_monitored, units=action.units, now=self.now()))
        self.state.counters.add("resumed")
        self._log(f"{self.item.title} is monitored again", action.why)
        return Done()

    def _claim(self, action: Claim) -> Outcome:
        limit, now = self._limit(action), self.now()
        held = self._permit(action)
        if isinstance(held, UserRejected):
            return self._undo_flags(action)
        if held:
            return held
        body = UnitClaimed(library=self.library.name, id=self.item.id, units=action.units, term=1)
        with self.state.transaction():
            self.state.outbox.put(self.item.id, body, "", action.why, now)
            self.item.update_memory(partial(after_claim, units=action.units))
            self._count(limit, "claimed")
        self._log(f"claimed {self.item.title}", action.why)
        return RecheckAt(self.now() + MOMENT_MS, "claimed; the claim is being published")

    def _undo_flags(self, action: Claim) -> Outcome:
        """Set units unmonitored whose claim was rejected: the flags are not the user's wish."""
        if arr_item := self.arr_view.read(self.item.id):
            self.arr.set_monitored(arr_item.ref, action.units, monitored=False)
        with self.state.transaction():
            self.item.update_memory(partial(after_set_unmonitored, units=action.units, now=self.now()))
            self.state.holds.take_out(self.library.name, self.item.id, "claims")
        self._log(f"{self.item.title} is unmonitored again", "its claim was rejected")
        return Done()

    # -- files

    def prepare_import(self, action: ImportFiles) -> tuple[FileToImport, ...] | Blocked:
        """Return what the app is to be asked to register; or what the import waits for."""
        return self._files.prepare(action)

    def remember_import(self, action: ImportFiles) -> None:
        """Remember an import before the request: a crash must not have it asked for again and again."""
        self._files.remember(action)

    def note_import(self, action: ImportFiles, sent: ImportCommand) -> Outcome:
        """Note what came of a remembered import: `FileExecutor.note_sent`."""
        return self._files.note_sent(action, sent)

    def _move(self, action: Move) -> Outcome:
        self.library.storage.check_available()
        limit = self._limit(action)
        waits = none_shown(self.item, self.drive, action.needs, self.now())
        if blocked := waits or self.await_free(action.folder) or self._permit(action):
            return blocked
        self.arr.move(action.ref, self._paths.at(action.folder))
        with self.state.transaction():
            self._note_folder(action.folder)
            if action.folder != self.item.registry.folder:  # the files decided: the mesh's folder is this one
                self.state.inbox.put_check(self.library.app, self.item.id, self.now())
            wake_others(self.state, self.library.name, self.item.id, self.now())
            self._count(limit, "moved")
        self._log(f"moved {self.item.title} to the folder {action.folder}", action.why)
        return Done()

    def _set_series_type(self, action: SetSeriesType) -> Outcome:
        limit = self._limit(action)
        if held := self._permit(action):
            return held
        self.arr.move(action.ref, self._paths.at(action.folder), action.series_type)
        with self.state.transaction():
            self.item.update_memory(lambda memory: _with(memory, series_type_change=action.change))
            self._count(limit, "retyped")
        self._log(f"{self.item.title} is a series of the type {action.series_type} now", action.why)
        return Done()

    def _remove(self, action: Remove) -> Outcome:
        self.library.storage.check_available()
        limit = self._limit(action)
        if blocked := self._permit(action) or (None if action.requested else self._not_mirrored()):
            return blocked
        self.arr.remove(action.ref)

        def removed(local: LocalItem) -> LocalItem:
            return LocalItem(Baseline(present=False), after_removal(local.memory))

        library, item, registry = self.library.name, self.item.id, self.item.registry
        theirs = files_of_another(self.state, self.item)
        with self.state.transaction():
            self.item.update(removed)
            wake_others(self.state, library, item, self.now())
            if action.requested and registry.present and self.guard.me not in registry.left_by:
                left = ItemLeft(library=library, id=item)
                self.state.outbox.put(item, left, "", "left by the user", self.now())
                if theirs:
                    why = "its files are those of the item in its folder"
                    self.state.outbox.put(item, theirs, "", why, self.now())
            for kind in ASKED:
                self.state.asked.drop(library, item, kind)
            self._count(limit, "removed")
        self._log(f"removed {self.item.title}", action.why)
        return Done()

    def _not_mirrored(self) -> RecheckAt | None:
        """Return None when the item is a peer's, or all was compared since its app was started.

        In an older database the ids of tags may name others than those it was taken for.
        """
        if self.arr.start_time() == self.state.libraries.app_start(self.library.name):
            return None
        actual = snapshot_of(self.arr.read(self.item.id), self.library.root)
        if actual is not None and actual.mirrored:
            return None
        return RecheckAt(self.now() + MOMENT_MS, "the app was restarted: its tags are read again")
