"""Conflicts: kept in the state, so that `status` need not fold every item."""

import msgspec

from mesharr.core.registry.conflicts import Conflict, conflicts
from mesharr.core.registry.item_state import ItemState
from mesharr.node.library_items import title_of
from mesharr.state.state import State


class ConflictReport(msgspec.Struct, frozen=True, kw_only=True):
    """Units of which two nodes have each imported a file."""

    library: str
    item: str
    title: str
    units: tuple[str, ...]
    owner: str
    """The owner of the units, "" when nobody owns them."""
    kept: str
    """The path of the owner's file, else of the oldest one."""
    other: str
    """The path of the second file."""
    node: str
    """The node that imported the second file."""
    fix: str = msgspec.field(name="mend")
    """What can be done about it."""


def note_conflicts(state: State, registry: ItemState) -> None:
    """Keep the conflicts of an item as they are now, or that it has none."""
    state.conflicts.put(registry.library, registry.id, conflicts(registry))


def known_conflicts(state: State) -> tuple[ConflictReport, ...]:
    """Return every conflict that is known."""
    return tuple(_report(state, *each) for each in state.conflicts.all())


def _report(state: State, library: str, item: str, conflict: Conflict) -> ConflictReport:
    owner = f"{conflict.owner} owns it" if conflict.owner else "nobody owns it"
    return ConflictReport(
        library=library,
        item=item,
        title=title_of(state, library, item),
        units=conflict.units,
        owner=conflict.owner,
        kept=conflict.kept,
        other=conflict.other,
        node=conflict.node,
        fix=f"{owner}; {conflict.node} can delete its own file in its app, or take it over: mesharr claim",
    )
