"""Find the episodes that two apps number differently: one number, and two episodes."""

from collections import defaultdict

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.registry.item_state import ItemState


def numbered_differently(desired: ItemState, actual: Snapshot) -> frozenset[str]:
    """Return the units whose check here differs from the check of every living copy in the mesh.

    A unit without a check on one side is not among them.
    """
    there: dict[str, set[int]] = defaultdict(set)
    for living in desired.copies.values():
        for unit, number in living.copy.checks.items():
            there[unit].add(number)
    return frozenset(
        unit
        for unit, numbers in there.items()
        if actual.checks.get(unit) and actual.checks[unit] not in numbers
    )
