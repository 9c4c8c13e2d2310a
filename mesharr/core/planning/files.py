"""Inward, the files: the arr shows what lives on the drive, and no more what left it."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Move, Rescan
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.numbering import numbered_differently
from mesharr.core.registry.fold import ItemState

SCANS = 2
"""A lower-quality replacement is refused by the first scan and taken by the second; a third is vain."""

NIGHT_MS = 20 * 60 * 60_000
"""After which one more scan may help: the arrs put their tables in order every day."""

ADD_SCAN_MS = 60_000
"""How long an arr gets for the scan it makes by itself after an add."""


NOT_TAKEN = "the arr was asked to scan twice and does not take the file: see its manual import for the reason"
NOT_DROPPED = "the arr was asked to scan twice and still lists {}, which is not on the drive: see its log"


class FileDifferences(msgspec.Struct, frozen=True):
    """What differs: copies the arr should show and does not, paths it shows that have ended, and copies it
    shows with another size than they have.
    """

    absent: tuple[Copy, ...] = ()
    stale: tuple[str, ...] = ()
    overwritten: tuple[Copy, ...] = ()


def settle_file_differences(context: PlanContext) -> FileDifferences:
    """Return what differs of the files; the memory of scans is over when nothing does."""
    differs = file_differences(context.desired, context.actual, context.vanished)
    if differs.overwritten and _looked_at(context, differs.overwritten):
        differs = FileDifferences()
    elif differs == FileDifferences():
        context.remember(scans_requested=0, scan_goal="")
    if differs == FileDifferences():
        _settled(context)
    return differs


def file_differences(
    desired: ItemState, actual: Snapshot, vanished: Collection[str] = frozenset()
) -> FileDifferences:
    """Return what differs of the files; `overwritten` only where nothing else does.

    A unit that is something else here is shown by no other file than the copy itself. Files that
    vanished go first: what else differs is not known before the arr has dropped them.
    """
    if lost := tuple(copy.path for key, copy in actual.files.items() if key in vanished):
        return FileDifferences(stale=lost)
    keys = frozenset(key for key in actual.files if key in desired.copies)
    odd = numbered_differently(desired, actual)
    units = frozenset(unit for key in keys for unit in desired.copies[key].copy.units) - odd
    absent = _lacking_parts(desired, keys) if actual.multi_file_units else _lacking(desired, keys, units)
    stale = tuple(
        copy.path
        for key, copy in actual.files.items()
        if key in desired.ended and (absent or actual.multi_file_units or units.isdisjoint(copy.units))
    )
    if absent or stale:
        return FileDifferences(absent, stale)
    overwritten = tuple(
        desired.copies[key].copy
        for key in actual.files
        if key in keys and desired.copies[key].copy.size != actual.files[key].size
    )
    return FileDifferences(overwritten=overwritten)


def plan_files(context: PlanContext, differs: FileDifferences) -> None:
    """Plan what lets the arr show the files as they are."""
    if differs.absent or differs.stale:
        if folder := _folder_to_take(context, differs.absent):
            why = f"its files are in {folder}"
            context.actions.append(Move(context.actual.ref, folder, differs.absent, why))
        else:
            _scan(context, differs.absent, differs.stale)
    elif differs.overwritten:
        _scan(context, differs.overwritten, ())


def _lacking(desired: ItemState, keys: Collection[str], units: Collection[str]) -> tuple[Copy, ...]:
    """Return the copies that are not shown (`keys`), of a unit that no other shows (`units`)."""
    return tuple(
        each.copy
        for key, each in desired.copies.items()
        if key not in keys and any(unit not in units for unit in each.copy.units)
    )


def _lacking_parts(desired: ItemState, keys: Collection[str]) -> tuple[Copy, ...]:
    """Return what is missing of units made of several files: of each, all that one node stated belongs to it.

    Any one node's whole set is the unit. When none is whole, the owner's is to be made so, else the one
    that lacks least.
    """
    units: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, living in desired.copies.items():
        for unit in living.copy.units:
            units[unit][living.node] += () if key in keys else (key,)
    lacking: dict[str, Copy] = {}
    for unit, missing in units.items():
        if not all(missing.values()):
            continue
        owner = desired.owner_of(unit)
        chosen = owner if owner in missing else min(missing, key=lambda node: (len(missing[node]), node))
        lacking |= {key: desired.copies[key].copy for key in missing[chosen]}
    return tuple(lacking.values())


def _looked_at(context: PlanContext, copies: tuple[Copy, ...]) -> bool:
    """Whether a scan of ours has looked at them: what the arr shows after it is its own business."""
    done = bool(context.memory.scans_requested) and not context.memory.scan_command
    return done and context.memory.scan_goal == _goal(copies, ())


def _settled(context: PlanContext) -> None:
    ended = context.now if context.memory.scan_command or _adding(context) else context.memory.scan_ended_at
    context.remember(scan_command=0, visible_since=0, scan_ended_at=ended)


def _adding(context: PlanContext) -> bool:
    return context.memory.added_at > context.memory.scan_ended_at


def _folder_to_take(context: PlanContext, absent: tuple[Copy, ...]) -> str:
    """Return the folder the item's files are in, when it has none here and looks in another; else ""."""
    if context.actual.files or _lie_in(context.actual.item.folder, absent):
        return ""
    described = context.desired.item.folder if context.desired.item else ""
    return next((folder for folder in (context.desired.folder, described) if _lie_in(folder, absent)), "")


def _scan(context: PlanContext, absent: tuple[Copy, ...], stale: tuple[str, ...]) -> None:
    goal = _goal(absent, stale)
    if goal != context.memory.scan_goal:
        context.remember(scan_goal=goal, scans_requested=0)
    since_add = context.now - context.memory.added_at
    if context.memory.scan_command:
        context.wait(context.now + 2_000, "the arr is scanning")
    elif _adding(context) and not context.actual.files and since_add < ADD_SCAN_MS:
        context.wait(context.now + max(2_000, since_add), "the arr scans what was just added")
    elif context.memory.scans_requested >= SCANS and context.now - context.memory.scan_ended_at < NIGHT_MS:
        context.stuck = True
        context.why.append(NOT_TAKEN if absent else NOT_DROPPED.format(stale[0]))
    else:
        why = "its file is on the drive" if absent else "its file left the drive"
        own = tuple(
            copy.path for copy in absent if context.desired.copies[same_key(copy.path)].node == context.me
        )
        context.actions.append(Rescan(context.actual.ref, absent, stale, why, own))


def _goal(absent: Iterable[Copy], stale: Iterable[str]) -> str:
    return "|".join([*(f"{copy.path}:{copy.size}" for copy in absent), *(f"-{path}" for path in stale)])


def _lie_in(folder: str, copies: Iterable[Copy]) -> bool:
    below = same_key(f"{folder}/")
    return bool(folder) and any(same_key(copy.path).startswith(below) for copy in copies)
