"""Inward, the place and form of an item: a change that was told is followed once."""

from mesharr.core.actions import Retype
from mesharr.core.draft import Draft


def plan_type(draft: Draft) -> None:
    """Plan what follows a change of the series type.

    What differed before any change was told stays, and so does what a person sets here afterwards:
    the comparison tells of that.
    """
    wanted, shown = draft.wanted.series_type, draft.actual.item.series_type
    change = f"{draft.wanted.typed} {wanted}"
    if not draft.wanted.typed or not shown:
        return
    if wanted == shown:
        draft.remember(typed=change)
    elif draft.memory.typed != change:
        item, why = draft.actual.item, f"it is {wanted} in the mesh"
        draft.actions.append(Retype(draft.actual.ref, item.folder, wanted, change, why))
