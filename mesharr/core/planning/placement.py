"""Inward, the place and form of an item: a published change is followed once."""

from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Move, Plan, SetSeriesType
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState

DAY_MS = 86_400_000
FOLLOW_MS = 3_600_000
"""How long the files of a moved item are waited for: a large folder is moved within the hour."""
LOOK_MS = 60_000
"""How often a moved item is checked meanwhile."""


def plan_elsewhere(
    desired: ItemState, ref: int, where: str, memory: ItemMemory, me: str, now: int, *, stays: bool = False
) -> Plan:
    """Return the plan of an item that the app keeps in another library: `where`, "" for none.

    An app keeps an item in one place. It is moved to this library when a peer moved it from there to here,
    its files are here, and no living file of it `stays` there: no peer's event moves an item away from its
    files.
    """
    if me in desired.left_by:
        return Plan((), memory)
    if where in desired.moved_from and not stays:
        needs = tuple(living.copy for living in desired.copies.values())
        return Plan((Move(ref, desired.folder, needs, f"it was moved here from {where}"),), memory)
    return Plan((), memory, now + DAY_MS, f"the app keeps it in {where or 'a folder of no library'}")


def await_moved_files(context: PlanContext) -> None:
    """Wait for the files of an item that was moved in the mesh: what the app lists is gone.

    The files may also stay where they are: after an hour they are waited for no more.
    """
    desired = context.desired
    below = same_key(f"{desired.folder}/")
    is_here = same_key(desired.folder) == same_key(context.actual.item.folder)
    has_followed = not desired.copies or any(key.startswith(below) for key in desired.copies)
    if not desired.version or is_here or has_followed:
        context.remember(moved_folder="", moved_seen_at=0)
        return
    since = context.memory.moved_seen_at if context.memory.moved_folder == desired.folder else context.now
    context.remember(moved_folder=desired.folder, moved_seen_at=since)
    if 0 <= context.now - since < FOLLOW_MS:
        context.wait(context.now + LOOK_MS, f"moved to {desired.folder}: its files are to follow")


def plan_series_type(context: PlanContext) -> None:
    """Plan what follows a change of the series type.

    What differed before any change was published stays, and so does what the user sets here afterwards,
    which the comparison publishes.
    """
    desired, actual = context.desired.series_type, context.actual.item.series_type
    change = f"{context.desired.series_type_version} {desired}"
    if not context.desired.series_type_version or not actual:
        return
    if desired == actual:
        context.remember(series_type_change=change)
    elif context.memory.series_type_change != change:
        item, why = context.actual.item, f"it is {desired} in the mesh"
        context.actions.append(SetSeriesType(context.actual.ref, item.folder, desired, change, why))
