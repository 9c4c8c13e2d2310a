"""Compare the files that the app lists of an item with the living copies."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

import msgspec

from mesharr.core.arr.numbering import numbered_differently
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy
from mesharr.core.paths import is_own_spelling, same_key
from mesharr.core.planning.context import SeenFiles
from mesharr.core.registry.item_state import ItemState, LivingCopy, whole_sets

NOTHING_SEEN = SeenFiles()


class FileDifferences(msgspec.Struct, frozen=True):
    """How the files that the app lists differ from the living copies."""

    absent: tuple[Copy, ...] = ()
    """The copies that the app should list and does not."""
    stale: tuple[str, ...] = ()
    """The listed paths of copies that have ended."""
    overwritten: tuple[Copy, ...] = ()
    """The copies that the app lists with another size."""
    respelled: tuple[Copy, ...] = ()
    """The copies that the app lists in a spelling that they no longer have."""
    misread: tuple[Copy, ...] = ()
    """The living copies that the app lists as other units."""


def file_differences(desired: ItemState, actual: Snapshot, seen: SeenFiles = NOTHING_SEEN) -> FileDifferences:
    """Return how the files differ; of all kinds but the last only the first that does.

    A unit that is numbered differently here is satisfied by no other file than the copy itself. Files that
    are gone or were overwritten before they could be published come first: what else differs, such as the
    former name of one that waits to be renamed, is not known before the app has dropped or read them.
    """
    if gone := tuple(copy.path for key, copy in actual.files.items() if key in seen.gone):
        return FileDifferences(stale=gone)
    if seen.resized:
        resized = ((actual.files[same_key(path)], size) for path, size in seen.resized.items())
        return FileDifferences(
            overwritten=tuple(msgspec.structs.replace(copy, size=size) for copy, size in resized)
        )
    if apart := seen.kept_apart(actual.item.folder):  # no scan of the app's folder finds them
        copies = {key: living for key, living in desired.copies.items() if key not in apart}
        desired = msgspec.structs.replace(desired, copies=copies)
    keys = frozenset(key for key in actual.files if key in desired.copies)
    differing = numbered_differently(desired, actual)
    units = frozenset(unit for key in keys for unit in desired.copies[key].copy.units) - differing
    absent = _absent_parts(desired, keys) if actual.multi_file_units else _absent(desired, keys, units)
    # what the app lists in a name that no event can state is not replaced: the app would delete it
    absent = tuple(copy for copy in absent if actual.unshared_units.isdisjoint(copy.units))
    stale = tuple(
        copy.path
        for key, copy in actual.files.items()
        # a file that is another item's now is there: no scan drops it
        if key in desired.ended and key not in desired.handed_over
        if absent or actual.multi_file_units or units.isdisjoint(copy.units)
    )
    misread = _misread(desired, actual, keys)
    if absent or stale:
        return FileDifferences(absent, stale, misread=misread)
    overwritten = tuple(
        desired.copies[key].copy
        for key in actual.files
        if key in keys and desired.copies[key].copy.size != actual.files[key].size
    )
    if overwritten:
        return FileDifferences(overwritten=overwritten, misread=misread)
    if respelled := tuple(
        desired.copies[key].copy for key in actual.files if _is_respelled(key, desired, actual)
    ):
        return FileDifferences(respelled=respelled, misread=misread)
    return FileDifferences(misread=misread)


def _misread(desired: ItemState, actual: Snapshot, keys: Collection[str]) -> tuple[Copy, ...]:
    """Return the living copies, of those with these keys, that the app lists as other units.

    One beside which the app lists another copy of its units is not among them: to correct it would take that
    one out of the app, whose next scan takes it again. Which of the two is wanted is the user's to decide.
    """
    shown = [
        (desired.copies[key].copy, frozenset(actual.files[key].units)) for key in actual.files if key in keys
    ]
    times = Counter(unit for copy, units in shown for unit in units.intersection(copy.units))
    if actual.multi_file_units:  # beside it are other parts of the unit
        times.clear()
    return tuple(
        copy
        for copy, units in shown
        if units and copy.units and units != frozenset(copy.units)
        if not all(times[unit] > (unit in units) for unit in copy.units)
    )


def _is_respelled(key: str, desired: ItemState, actual: Snapshot) -> bool:
    """Return whether the app lists a living copy as it was spelled before.

    A spelling that the copy never had in the mesh is how this app or its disk spells it.
    """
    if key not in desired.copies:
        return False
    published, former = desired.copies[key].copy.path, desired.former_spellings.get(key, ())
    return any(
        listed in former or any(is_own_spelling(listed, published, before) for before in former)
        for listed in listed_spellings(actual, key)
        if listed != published
    )


def listed_spellings(actual: Snapshot, key: str) -> tuple[str, ...]:
    """Return the paths in which the app lists a file: Readarr has several until a scan."""
    return (actual.files[key].path, *actual.other_spellings.get(key, ()))


def _absent(desired: ItemState, keys: Collection[str], units: Collection[str]) -> tuple[Copy, ...]:
    """Return the copies that are not in `keys` and satisfy a unit that is not in `units`."""
    return tuple(
        each.copy
        for key, each in desired.copies.items()
        if key not in keys and any(unit not in units for unit in each.copy.units)
    )


def _absent_parts(desired: ItemState, keys: Collection[str]) -> tuple[Copy, ...]:
    """Return the absent copies of units that are made of several files.

    When no whole set is listed, the owner's set is completed, else the one with the fewest absent files.
    """
    by_unit: dict[str, dict[str, LivingCopy]] = defaultdict(dict)
    for key, living in desired.copies.items():
        for unit in living.copy.units:
            by_unit[unit][key] = living
    absent: dict[str, Copy] = {}
    for unit, copies in by_unit.items():
        owner = desired.owner_of(unit)
        sets = whole_sets(copies, owner)
        missing = {node: [key for key in whole if key not in keys] for node, whole in sets.items()}
        if all(missing.values()):
            chosen = owner if owner in missing else _least_absent(missing)
            absent |= {key: copies[key].copy for key in missing[chosen]}
    return tuple(absent.values())


def _least_absent(by_node: Mapping[str, list[str]]) -> str:
    return min(by_node, key=lambda node: (len(by_node[node]), node))
