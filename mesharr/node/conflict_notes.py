"""Conflicts, kept where `status` finds them without folding every item."""

import msgspec

from mesharr.core.registry.conflicts import Conflict, conflicts
from mesharr.core.registry.fold import ItemState
from mesharr.state.state import State


class ConflictReport(msgspec.Struct, frozen=True, kw_only=True):
    """Units that two households brought a file of: `kept` is the owner's (or first) one, `other` the second,
    which `node` brought. `owner` "" is nobody.
    """

    library: str
    item: str
    title: str
    units: tuple[str, ...]
    owner: str
    kept: str
    other: str
    node: str
    fix: str = msgspec.field(name="mend")


def note_conflicts(state: State, wanted: ItemState) -> None:
    """Keep the conflicts of an item as they are now, or that it has none."""
    state.conflicts.put(wanted.library, wanted.id, conflicts(wanted))


def known_conflicts(state: State) -> tuple[ConflictReport, ...]:
    """Return every conflict that is known."""
    return tuple(_doubled(state, *each) for each in state.conflicts.all())


def _doubled(state: State, library: str, item: str, conflict: Conflict) -> ConflictReport:
    described = state.items.state(library, item).item
    owner = f"{conflict.owner} owns it" if conflict.owner else "nobody owns it"
    return ConflictReport(
        library=library,
        item=item,
        title=described.title if described else item,
        units=conflict.units,
        owner=conflict.owner,
        kept=conflict.kept,
        other=conflict.other,
        node=conflict.node,
        fix=f"{owner}; {conflict.node} can delete its own in its arr, or take it over: mesharr claim",
    )
