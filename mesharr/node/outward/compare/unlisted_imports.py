"""Have an app scan once for a file that it imported and does not list.

An app that scans an item while it imports a file of it drops the file: its scan listed the folder before the
file was there. Nothing would be published of it before the app's next scan, which may be a day away.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.model import Signal
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import Comparison, PublishFact, Withdraw
from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.paths import at, below, folder_of, same_key
from mesharr.core.planning.memory import ItemMemory, after_scan_request
from mesharr.node.model import Library
from mesharr.node.outward.compare.read_item import ReadItem
from mesharr.state.state import State

log = logging.getLogger(__name__)

FIRST_LOOK_MS = 15_000
"""After what time an app is looked at again that does not list its import; then the waits double."""

_with = msgspec.structs.replace


class UnlistedImports:
    """Looks again at the items of which an app does not list what it imported."""

    def __init__(self, state: State) -> None:
        self._state = state

    def note_withdrawn(
        self, library: Library, item: str, snapshot: Snapshot | None, comparison: Comparison, now: int
    ) -> None:
        """Have an item looked at again of which an unpublished import went without a successor.

        The caller holds a transaction, and keeps the comparison afterwards.
        """
        changes, before = comparison.changes, self._state.items.baseline(library.name, item)
        if snapshot is None or before is None or any(isinstance(each, PublishFact) for each in changes):
            return
        withdrawn = {key for each in changes if isinstance(each, Withdraw) for key in each.keys}
        if paths := [path for path in before.files if same_key(path) in withdrawn]:
            self._look_again(library, item, paths, now, now + FIRST_LOOK_MS)

    def look(self, arr: Arr, read: ReadItem, now: int) -> None:
        """Have the app scan an item for what it imported, the disk has, and it does not list.

        That is once a day at most, and not while the app scans the item by itself.
        """
        library, item, snapshot = read.library, read.id, read.listing.snapshot
        if snapshot is None or not (paths := self._unlisted(read, snapshot)):
            return
        memory = self._state.items.memory(library.name, item)
        age = now - memory.unlisted_since
        if not 0 <= age < DAY_MS:
            change = partial(_with, unlisted_since=now, unlisted_scan=False)
            self._state.items.update_memory(library.name, item, change)
            age = 0
        elif not memory.unlisted_scan:
            with suppress(MesharrError):  # it is asked at the next look
                self._scan(arr, library, snapshot, paths, now)
        if age < HOUR_MS:
            self._look_again(library, item, paths, now, now + max(FIRST_LOOK_MS, age))

    def _unlisted(self, read: ReadItem, snapshot: Snapshot) -> list[str]:
        """Return the imported paths that the app does not list, and that may be on the disk.

        What the mesh has is for the visits to compare. Of two sets of an album the app lists one.
        """
        library = read.library
        imported = (path for signal in read.signals if signal.kind == "imported" for path in signal.paths)
        paths = {path for each in imported if (path := below(library.root, each))}
        unlisted = [path for path in sorted(paths) if same_key(path) not in snapshot.files]
        if snapshot.multi_file_units:
            listed = {same_key(folder_of(copy.path)) for copy in snapshot.files.values()}
            unlisted = [path for path in unlisted if same_key(folder_of(path)) not in listed]
        if not unlisted:
            return []
        known = self._state.items.state(library.name, read.id)
        unlisted = [path for path in unlisted if same_key(path) not in {*known.copies, *known.ended}]
        try:
            sizes = library.storage.sizes(unlisted)
        except Unavailable:
            return unlisted
        return [path for path in unlisted if sizes[path] is not None]

    def _scan(self, arr: Arr, library: Library, snapshot: Snapshot, paths: Iterable[str], now: int) -> None:
        library.storage.check_available()
        if arr.scans().of(snapshot.ref).running:
            return
        command = arr.rescan(snapshot.ref, tuple(at(library.root, path) for path in paths))

        def scanned(memory: ItemMemory) -> ItemMemory:
            return _with(after_scan_request(memory, command, now), unlisted_scan=True)

        self._state.items.update_memory(library.name, snapshot.item.id, scanned)
        why = library.naming_app("the app imported a file and does not list it")
        log.info("%s: scanning %s: %s", library.name, snapshot.item.called, why)

    def _look_again(self, library: Library, item: str, paths: Iterable[str], now: int, due: int) -> None:
        imported = Signal(kind="imported", id=item, paths=tuple(at(library.root, path) for path in paths))
        self._state.inbox.put_check(library.app, item, now, due, (imported,))
