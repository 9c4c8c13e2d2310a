"""What comes of meeting a peer: what each node has of a library, and what would be done here."""

from collections.abc import Iterable, Iterator

from mesharr.core.planning.actions import Add
from mesharr.core.planning.first_day import merge_summary
from mesharr.core.registry.fold import ItemState
from mesharr.state.state import State


def later_merge_summary(state: State, library: str, peer: str, adds: Iterable[Add]) -> str:
    """Return what comes of meeting a peer that was trusted, or began, after this node's first day."""
    mine = [item for item, baseline in state.items.baselines(library) if baseline.present]
    return str(merge_summary(peer, mine, states_of(state, library), adds))


def states_of(state: State, library: str) -> Iterator[ItemState]:
    """Yield what the mesh holds of each item of a library."""
    cuts = state.streams.cuts()
    for item in state.items.all(library):
        yield state.items.state(library, item, cuts)
