"""Existing local files: queue their upload for `mesharr uploads --existing`.

Files that were on this household's own disk before mesharr ran are published as an inventory is: it makes no
node their owner.
"""

from collections.abc import Iterator

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.snapshot import snapshot_of
from mesharr.core.errors import Refused
from mesharr.core.events.schema import Copy, Found, Item, LibraryFound
from mesharr.core.planning.first_day import unknown_copies
from mesharr.node.file_parts import with_parts
from mesharr.node.joining.drive_looks import copies_on_drive
from mesharr.node.model import Library
from mesharr.state.state import State


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """What was queued of one library."""

    library: str
    files: int
    """How many files are to be uploaded."""
    size: int
    """Their size in bytes."""
    found: int
    """How many files are on the drive by now, and only published."""


def queue_existing(library: Library, arr: Arr, state: State, now: int) -> Queued:
    """Queue every file the mesh does not know.

    A file that is on this disk only is uploaded first. A second call queues nothing again. Raises `Refused`
    while the first day has not compared the library, and what the app or the mount raises.
    """
    day = state.first_days.get(library.name)
    if day is None or not day.has_compared:
        raise Refused(f"the first day of {library.name} has not compared it yet", "see mesharr status")
    library.storage.check_available()
    files = size = found = 0
    for item, unknown in list(_unknown(library, arr, state)):
        there = copies_on_drive(library, unknown)
        here = tuple(
            copy
            for copy in unknown
            if copy not in there and library.storage.local_stat(copy.path) is not None
        )
        with state.transaction():
            if there:
                state.outbox.put(item.id, _body(library, item, there), "", "is on the drive", now, looked=now)
            if here:
                state.outbox.put(item.id, _body(library, item, here), "drive", "was on this disk", now)
        files, size = files + len(here), size + sum(copy.size for copy in here)
        found += len(there)
    state.first_days.update(
        library.name, lambda day: msgspec.structs.replace(day, counts={**day.counts, "local": 0})
    )
    return Queued(library=library.name, files=files, size=size, found=found)


def _unknown(library: Library, arr: Arr, state: State) -> Iterator[tuple[Item, tuple[Copy, ...]]]:
    """Yield each item with the files that the mesh does not know, of items that have such files."""
    for arr_item in arr.read_all():
        snapshot = snapshot_of(arr_item, library.root)
        baseline = state.items.baseline(library.name, arr_item.id)
        if snapshot is None or baseline is None or not baseline.present:
            continue
        registry = state.items.state(library.name, arr_item.id)
        pending = state.outbox.pending(library.name, arr_item.id)
        if unknown_copies(snapshot, baseline, registry, pending):
            snapshot = snapshot_of(with_parts(arr, library, arr_item, state), library.root) or snapshot
            yield snapshot.item, unknown_copies(snapshot, baseline, registry, pending)


def _body(library: Library, item: Item, copies: tuple[Copy, ...]) -> LibraryFound:
    return LibraryFound(library=library.name, items=(Found(item=item, copies=copies),))
