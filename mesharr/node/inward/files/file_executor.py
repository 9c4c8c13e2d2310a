"""Have an app list the files of one item: by an import by ids, or by a scan."""

import logging
from collections.abc import Sequence
from functools import partial

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.model import FileToImport
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import AppRefused, Refused
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ImportFiles, Rescan
from mesharr.core.planning.memory import after_failed_import, after_scan_request, before_import
from mesharr.core.text import quantity
from mesharr.node.inward.checks import ItemChecks
from mesharr.node.inward.files.app_paths import AppPaths
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.import_command import ImportCommand, failed_alone
from mesharr.node.inward.files.shown_copies import shown_copies
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Blocked, Done, Outcome, RecheckAt, Waits

log = logging.getLogger(__name__)

MOMENT_MS = 2_000
"""How long something that was begun is given before the item is checked again."""
IMPORTING = "the app imports its files"
STAYS = (
    "is still here, a day after it was removed or replaced: where it is on the drive itself, delete it "
    "there; else this node's mount shows what is gone"
)
"""Why an item waits of which no scan is of use before the user has acted."""

_with = msgspec.structs.replace


class FileExecutor:
    """Has the app of one item list its files; raises what app and drive raise."""

    def __init__(
        self,
        context: VisitContext,
        item: VisitedItem,
        drive: DriveView,
        arr: Arr,
        paths: AppPaths,
        checks: ItemChecks,
    ) -> None:
        self._item = item
        self._checks = checks
        self._library = item.library
        self._drive = drive
        self._arr = arr
        self._paths = paths
        self._state = context.state
        self._now = context.now

    # -- imports by ids

    def import_files(self, action: ImportFiles) -> Outcome:
        """Have the app register the files; `Done` when it cannot, which leaves them to a scan."""
        files = self.prepare(action)
        if not isinstance(files, tuple):
            return files
        if not files:
            return Done()
        self.remember(action)
        sent = ImportCommand(self._arr)
        sent.send(files)
        outcome = self.note_sent(action, sent)
        if isinstance(outcome, RecheckAt):
            self._log(f"importing {quantity(len(files), 'file')} of {self._item.title}", action.why)
        return outcome

    def note_sent(self, action: ImportFiles, sent: ImportCommand) -> Outcome:
        """Note what came of a remembered import; `Done` leaves the files to a scan.

        Raises what keeps the app from being asked for other items, too.
        """
        error = sent.error_of(action.ref)
        if error is None:
            self._note(sent.begun[action.ref])
            return RecheckAt(self._now() + MOMENT_MS, IMPORTING)
        if isinstance(error, Refused) and not isinstance(error, AppRefused):
            name, title = self._library.name, self._item.title
            log.info("%s: %s: %s; its scan finds the files instead", name, title, error)
            return Done()
        self._item.update_memory(after_failed_import)
        if failed := sent.failed.get(action.ref):
            return failed_alone(self._item.dirty, failed, self._now())
        raise error

    def _log(self, deed: str, why: str) -> None:
        """Log what the app was asked for, and why."""
        name, app = self._library.name, self._library.app_title
        log.info("%s: %s in %s: %s", name, deed, app, self._library.naming_app(why))

    def prepare(self, action: ImportFiles) -> tuple[FileToImport, ...] | Blocked:
        """Return the files that the app can register once the drive is as in the mesh.

        Returns () for no such file, and the wait while the drive differs. When there is nothing, the files
        are left to a scan from then on.
        """
        self._drive.check_available()
        self._checks.verify_own_files(action.own_paths)
        gone, former = _without_spellings(action.copies, action.gone)
        copies = shown_copies(self._item, self._drive, action.copies, self._now())
        if isinstance(copies, Waits):
            return copies
        if waits := self._still_shown(copies, gone):
            return waits
        if self._still_there(former):
            # the app would delete the former file, which is the new one where both spellings are one file
            self._item.update_memory(lambda memory: _with(memory, import_goal=action.goal))
            return ()
        files = (
            FileToImport(
                ref=action.ref,
                path=self._paths.at(copy.path),
                units=copy.units,
                parts=copy.parts,
                release=copy.release,
                quality=copy.quality,
                languages=copy.languages,
                group=copy.group,
            )
            for copy in copies
        )
        importable = tuple(file for file in files if self._arr.importable(file))
        if not importable:
            self._item.update_memory(lambda memory: _with(memory, import_goal=action.goal))
        return importable

    def remember(self, action: ImportFiles) -> None:
        """Remember an import before the request."""
        self._item.update_memory(partial(before_import, goal=action.goal, now=self._now()))

    def _note(self, command: int) -> None:
        """Note the command that imports the files: its end is waited for."""
        with self._state.transaction():
            self._item.update_memory(lambda memory: _with(memory, scan_command=command))
            self._state.counters.add("imported")

    # -- scans

    def rescan(self, action: Rescan) -> Outcome:
        """Have the app scan the item's folder."""
        self._library.storage.check_available()
        self._checks.verify_own_files(action.own_paths)
        gone, _ = _without_spellings(action.needs, action.gone)
        needs = shown_copies(self._item, self._drive, action.needs, self._now())
        if isinstance(needs, Waits):
            return needs
        if waits := self._still_shown(needs, gone):
            return waits
        changed = (*(copy.path for copy in needs), *action.gone)
        paths = tuple(map(self._paths.at, changed))
        units = tuple(sorted({unit for copy in needs for unit in copy.units}))
        command = self._arr.rescan(action.ref, paths, units)
        self._item.update_memory(partial(after_scan_request, command=command, now=self._now()))
        self._state.counters.add("rescanned")
        self._log(f"scanning {self._item.title}", action.why)
        return RecheckAt(self._now() + MOMENT_MS, "the app is scanning")

    def _still_shown(self, needs: Sequence[Copy], gone: Sequence[str]) -> Waits | None:
        """Return which path is there still though replaced or removed; None for none.

        What was replaced is not waited for for ever. A scan for nothing but what is gone would list it again:
        that waits, and after a day says what the user can do.
        """
        still = self._still_there(gone)
        if not still:
            return None
        now = self._now()
        self._item.update_memory(lambda memory: _with(memory, visible_since=memory.visible_since or now))
        waited = now - self._item.memory.visible_since
        if needs and waited >= self._library.policy.replaced_after:
            return None
        return Waits(f"{still[0]} {STAYS if waited >= DAY_MS else 'is still here'}")

    def _still_there(self, paths: Sequence[str]) -> list[str]:
        return [path for path, size in self._drive.sizes(paths).items() if size is not None]


def _without_spellings(copies: Sequence[Copy], gone: Sequence[str]) -> tuple[list[str], list[str]]:
    """Divide paths into those of other files, and other spellings of these copies.

    A drive that does not tell spellings apart shows the copies under both.
    """
    keys = {same_key(copy.path) for copy in copies}
    return (
        [path for path in gone if same_key(path) not in keys],
        [path for path in gone if same_key(path) in keys],
    )
