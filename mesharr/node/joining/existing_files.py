"""Files that were on this household's own disk before there was a mesh: uploaded when a person says so.

They are told as an inventory is: whoever held a file first owns nothing by it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.snapshot import snapshot_of
from mesharr.core.errors import Refused
from mesharr.core.events.schema import Copy, Found, Item, LibraryFound
from mesharr.core.planning.first_day import on_the_drive, unknown_copies
from mesharr.node.joining.first_day import LOOKS
from mesharr.node.model import Library
from mesharr.state.state import State


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """What was queued of one library: files to upload, their bytes, and files on the drive by now."""

    library: str
    files: int
    size: int
    found: int


def queue_existing(library: Library, arr: Arr, state: State, now: int) -> Queued:
    """Queue every file the mesh does not know: its upload when it is on this disk, then its event.

    Running it twice queues nothing twice. Raises `Refused` while the first day has not compared the
    library, and what the arr or the mount raises.
    """
    day = state.first_days.get(library.name)
    if day is None or not day.has_compared:
        raise Refused(f"the first day of {library.name} has not compared it yet", "see mesharr status")
    library.storage.check_available()
    files = size = found = 0
    for item, unknown in list(_unknown(library, arr, state)):
        there = _on_the_drive(library, unknown)
        here = tuple(
            copy
            for copy in unknown
            if copy not in there and library.storage.local_stat(copy.path) is not None
        )
        with state.transaction():
            if there:
                state.outbox.put(item.id, _body(library, item, there), "", "is on the drive", now)
            if here:
                state.outbox.put(item.id, _body(library, item, here), "drive", "was on this disk", now)
        files, size = files + len(here), size + sum(copy.size for copy in here)
        found += len(there)
    state.first_days.put(msgspec.structs.replace(day, counts={**day.counts, "local": 0}))
    return Queued(library=library.name, files=files, size=size, found=found)


def _unknown(library: Library, arr: Arr, state: State) -> Iterator[tuple[Item, tuple[Copy, ...]]]:
    for held in arr.read_all():
        shown, baseline = snapshot_of(held, library.root), state.items.baseline(library.name, held.id)
        if shown is None or baseline is None or not baseline.present:
            continue
        registry = state.items.state(library.name, held.id)
        pending = state.outbox.pending(library.name, held.id)
        if copies := unknown_copies(shown, baseline, registry, pending):
            yield shown.item, copies


def _on_the_drive(library: Library, copies: Sequence[Copy]) -> tuple[Copy, ...]:
    there: list[Copy] = []
    for start in range(0, len(copies), LOOKS):
        some = copies[start : start + LOOKS]
        there += on_the_drive(some, library.storage.cloud_sizes([copy.path for copy in some]))
    return tuple(there)


def _body(library: Library, item: Item, copies: tuple[Copy, ...]) -> LibraryFound:
    return LibraryFound(library=library.name, items=(Found(item=item, copies=copies),))
