"""Copies that the drive shows: one that does not come holds back no other for ever."""

from collections.abc import Collection, Sequence

import msgspec

from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Waits

_with = msgspec.structs.replace


def shown_copies(
    item: VisitedItem, drive: DriveView, copies: Sequence[Copy], now: int
) -> Sequence[Copy] | Waits:
    """Return the copies on the drive: all of them, later some; or what is awaited.

    None is returned of a unit of which its household has another one that is absent: an album comes whole.
    """
    if not (waits := drive.missing(copies)):
        return copies
    if not _has_waited(item, now):
        return waits
    absent = _absent(drive, copies)
    broken = {each for copy in absent for each in _wholes(item, copy)}
    return [copy for copy in copies if absent and broken.isdisjoint(_wholes(item, copy))] or waits


def none_shown(item: VisitedItem, drive: DriveView, copies: Sequence[Copy], now: int) -> Waits | None:
    """Return which copy is awaited; later, None once one of them is on the drive."""
    waits = drive.missing(copies)
    if not waits or not _has_waited(item, now):
        return waits
    absent = _absent(drive, copies)
    return None if absent and len(absent) < len(copies) else waits


def _has_waited(item: VisitedItem, now: int) -> bool:
    """Return whether copies have been absent for long enough; note since when they are."""
    item.update_memory(lambda memory: _with(memory, absent_since=memory.absent_since or now))
    return now - item.memory.absent_since >= item.library.policy.replaced_after


def _wholes(item: VisitedItem, copy: Copy) -> set[tuple[str, str]]:
    """Return the units that a copy is a part of, each as its household has it."""
    living = item.registry.copies.get(same_key(copy.path))
    return {(unit, living.brought_by if living else "") for unit in copy.units}


def _absent(drive: DriveView, copies: Collection[Copy]) -> list[Copy]:
    sizes = drive.sizes(copy.path for copy in copies)
    return [copy for copy in copies if sizes[copy.path] != copy.size]
