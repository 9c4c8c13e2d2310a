"""Check what an app or the drive has of one item: such actions change nothing in the app."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from mesharr.core.events.base import REASSIGNED
from mesharr.core.events.schema import FileRemoved
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import CheckScans, ConfirmGone, VerifyOwnFiles, day_of
from mesharr.core.planning.memory import after_own_files_check, after_scan_check
from mesharr.node.arr_view import ArrView
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.state import State

log = logging.getLogger(__name__)

_with = msgspec.structs.replace


class ItemChecks:
    """Does the checks of one item; raises what app and drive raise."""

    def __init__(
        self, item: VisitedItem, drive: DriveView, arr_view: ArrView, state: State, now: Callable[[], int]
    ) -> None:
        self._item = item
        self._drive = drive
        self._arr_view = arr_view
        self._state = state
        self._now = now

    def do(self, action: ConfirmGone | VerifyOwnFiles | CheckScans) -> None:
        """Do one check, and remember it."""
        match action:
            case ConfirmGone():
                self._confirm_gone(action)
            case VerifyOwnFiles():
                self.verify_own_files(action.paths)
            case CheckScans():
                self._check_scans(action)

    def _confirm_gone(self, action: ConfirmGone) -> None:
        """Have copies proven gone: what is gone is published, what is there stays.

        Where a file of another size is, the peer's import ended the path, and is the file that is there.
        """
        self._drive.check_available()
        other = self._overwritten(self._drive.sizes(action.paths))
        unclear = tuple(path for path in action.paths if path not in other)
        with self._state.transaction():
            if unclear:
                self._prove_gone(unclear, action.why)
            if other:
                self._give_up(other, "another household imported into the same file at the same moment")
            self._item.update_memory(lambda memory: _with(memory, endings_checked=action.endings))

    def _overwritten(self, sizes: Mapping[str, int | None]) -> tuple[str, ...]:
        """Return the paths of copies at which the drive shows a file of another size."""
        copies = self._item.registry.copies
        return tuple(
            path
            for path, size in sizes.items()
            if size is not None and (living := copies.get(same_key(path))) and size != living.copy.size
        )

    def verify_own_files(self, paths: Sequence[str]) -> None:
        """Have copies that are not on the drive proven gone: `Situation.looks_after`.

        Those in whose place another file is are given up. Each is looked for once a day; not while something
        of the item waits to be published, which may say where they are.
        """
        day, checked = day_of(self._now()), self._item.memory.own_files_checked
        fresh = [path for path in paths if checked.get(same_key(path)) != day]
        if not fresh:
            return
        missing: tuple[str, ...] = ()
        overwritten: tuple[str, ...] = ()
        if not self._item.has_pending():
            self._drive.check_available()
            sizes = self._drive.sizes(fresh)
            missing = tuple(path for path, size in sizes.items() if size is None)
            overwritten = self._overwritten(sizes)
        keys = [same_key(path) for path in fresh]
        with self._state.transaction():
            if missing and not self._item.has_pending():
                self._prove_gone(missing, "published by this node, and not on the drive")
            if overwritten and not self._item.has_pending():
                self._give_up(overwritten, "another file is there, which nobody has published")
            self._item.update_memory(
                partial(after_own_files_check, keys=keys, day=day, known=self._item.registry.copies)
            )

    def _prove_gone(self, paths: tuple[str, ...], why: str) -> None:
        library, item = self._item.library.name, self._item.id
        seen = self._item.registry.seen
        body = FileRemoved(library=library, id=item, paths=paths, reason="deleted", seen=seen)
        self._state.outbox.put(item, body, "gone", why, self._now())
        log.info("%s: checking whether %s was deleted: %s", library, paths[0], why)

    def _give_up(self, paths: tuple[str, ...], why: str) -> None:
        """Publish that what was published at these paths is other files now.

        What is named as seen is the streams that stated the copies: another household's live.
        """
        registry, now = self._item.registry, self._now()
        stamps = [registry.copies[same_key(path)].stamp for path in paths]
        own = {f"{node}.{inc}" for _, node, inc, _ in stamps}
        seen = {stream: event for stream, event in registry.seen.items() if stream in own}
        body = FileRemoved(
            library=registry.library, id=registry.id, paths=paths, reason=REASSIGNED, seen=seen
        )
        self._state.outbox.put(self._item.id, body, "", why, now, looked=now)
        log.info("%s: %s: %s", registry.library, paths[0], why)

    def _check_scans(self, action: CheckScans) -> None:
        now = self._now()
        scans = self._arr_view.scans().of(action.ref)
        restarted = bool(self._item.memory.user_flag_suspects) and self._is_restarted()
        self._item.update_memory(partial(after_scan_check, scans=scans, now=now, restarted=restarted))

    def _is_restarted(self) -> bool:
        """Whether the app was started since everything it lists was last compared."""
        known = self._state.libraries.app_start(self._item.library.name)
        return bool(known) and self._arr_view.arr.start_time() != known
