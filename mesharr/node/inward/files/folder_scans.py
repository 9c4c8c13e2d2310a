"""Queue scans of the folders of an item that peers changed, once the mount shows the change."""

from collections.abc import Collection

import msgspec

from mesharr.core.paths import folder_of
from mesharr.core.registry.item_state import ItemState
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.removed_files import removals_by_peers
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Waits
from mesharr.node.scan_state import note_scanned, scan_targets, unscanned

_with = msgspec.structs.replace


class FolderScans:
    """Has the media servers scan what came of one visit."""

    def __init__(self, context: VisitContext, item: VisitedItem, drive: DriveView) -> None:
        self._context = context
        self._item = item
        self._drive = drive
        self._library = item.library
        self._state = context.state

    def queue(self) -> Waits | None:
        """Have the media servers scan the folders of peers' changes; return what is not visible yet."""
        registry, name = self._item.registry, self._library.name
        goal = scan_targets(registry)
        folders = unscanned(self._state, name, self._item.id, goal, has_files=bool(registry.copies))
        if not folders or not self._library.scan_roots:
            return None
        self._drive.check_available()
        waits = self._drive.missing([living.copy for living in registry.copies.values()])
        if waits is None:
            waits = self._lingering(folders)
        elif self._item.dirty.since <= self._context.now() - self._library.policy.replaced_after:
            # one file that does not come holds back no other: what is visible is scanned
            goal = scan_targets(self._visible())
            folders = unscanned(self._state, name, self._item.id, goal)
            self._note_scans(folders, goal)
        if waits:
            return waits
        self._note_scans(folders, goal)
        return None

    def _visible(self) -> ItemState:
        """Return the registry's state with the copies only that this node's mount shows."""
        copies = self._item.registry.copies
        sizes = self._drive.sizes(living.copy.path for living in copies.values())
        shown = {key: each for key, each in copies.items() if sizes[each.copy.path] == each.copy.size}
        return _with(self._item.registry, copies=shown)

    def _note_scans(self, folders: Collection[str], goal: dict[str, str]) -> None:
        name = self._library.name
        if not folders:
            return
        item = self._item
        removals = removals_by_peers(self._context, self._library, item.id, item.registry, folders)
        with self._state.lazily(), self._state.transaction():  # the next visit would do it again
            for folder in folders:
                self._state.scans.put(self._library.scan_roots, name, folder, self._context.now())
            removals.note(self._state, self._library, item.id, self._context.now())
            note_scanned(self._state, name, self._item.id, goal)
        for folder in folders:
            self._context.watcher.scan_queued(self._item, folder)

    def _lingering(self, folders: Collection[str]) -> Waits | None:
        """Return which ended file of these folders this node's mount still shows, for some time.

        A media server that scans now would find it, and keep it until somebody scans again.
        """
        if self._item.dirty.since <= self._context.now() - self._library.policy.replaced_after:
            return None
        registry = self._item.registry
        ended = [
            path
            for key, path in registry.ended.items()
            if key not in registry.copies and key not in registry.handed_over and folder_of(path) in folders
        ]
        there = [path for path, size in self._drive.sizes(ended).items() if size is not None]
        return Waits(f"{there[0]} is still visible here") if there else None
