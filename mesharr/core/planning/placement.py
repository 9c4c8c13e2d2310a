"""Inward, the place and form of an item: a change that was told is followed once."""

from mesharr.core.planning.actions import ItemMemory, Move, Plan, SetSeriesType
from mesharr.core.planning.context import PlanContext
from mesharr.core.registry.fold import ItemState

DAY_MS = 86_400_000


def plan_elsewhere(
    wanted: ItemState, ref: int, where: str, memory: ItemMemory, me: str, now: int, *, stays: bool = False
) -> Plan:
    """Return what is done to an item that the arr keeps outside this library: in `where`, "" in none.

    An arr keeps an item in one place. It is pointed here when it was moved here from there, its files
    are here, and no file of it `stays` there: a peer's word moves nobody away from files that live.
    """
    if me in wanted.left_by:
        return Plan((), memory)
    if where in wanted.moved_from and not stays:
        needs = tuple(living.copy for living in wanted.copies.values())
        return Plan((Move(ref, wanted.folder, needs, f"it was moved here from {where}"),), memory)
    return Plan((), memory, now + DAY_MS, f"the arr keeps it in {where or 'a folder of no library'}")


def plan_type(draft: PlanContext) -> None:
    """Plan what follows a change of the series type.

    What differed before any change was told stays, and so does what a person sets here afterwards:
    the comparison tells of that.
    """
    wanted, shown = draft.wanted.series_type, draft.actual.item.series_type
    change = f"{draft.wanted.series_type_version} {wanted}"
    if not draft.wanted.series_type_version or not shown:
        return
    if wanted == shown:
        draft.remember(typed=change)
    elif draft.memory.typed != change:
        item, why = draft.actual.item, f"it is {wanted} in the mesh"
        draft.actions.append(SetSeriesType(draft.actual.ref, item.folder, wanted, change, why))
