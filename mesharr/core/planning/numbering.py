"""Two arrs may count otherwise: the same number of an episode, and another episode."""

from collections import defaultdict

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.registry.fold import ItemState


def numbered_differently(desired: ItemState, actual: Snapshot) -> frozenset[str]:
    """Return the units that are another thing here than in every living copy the mesh holds of them.

    Only what both sides know the number of can differ.
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
