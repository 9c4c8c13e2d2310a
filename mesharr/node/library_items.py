"""What several stages ask of a library's items: titles, states, what a new peer brings."""

import logging
from collections.abc import Iterable, Iterator

from mesharr.core.errors import Refused
from mesharr.core.planning.actions import Add
from mesharr.core.planning.first_day import merge_summary
from mesharr.core.registry.item_state import ItemState
from mesharr.state.state import State

log = logging.getLogger(__name__)

TOO_MANY = "events:"
"""What the subject of a refusal for too many events begins with, before library, item and stream."""


def title_in(found: ItemState, item: str) -> str:
    """Return the title the registry knows, the id `item` when it knows none."""
    return found.item.title if found.item else item


def title_of(state: State, library: str, item: str) -> str:
    """Return an item's title, its id while the registry does not know the item."""
    return title_in(state.items.state(library, item), item)


def states_of(state: State, library: str) -> Iterator[ItemState]:
    """Yield the registry's state of each item of a library."""
    cuts = state.streams.cuts()
    for item in state.items.all(library):
        yield state.items.state(library, item, cuts)


def later_merge_summary(state: State, library: str, peer: str, adds: Iterable[Add]) -> str:
    """Return what merging means with a peer that joined after this node's first day."""
    mine = [item for item, baseline in state.items.baselines(library) if baseline.present]
    return str(merge_summary(peer, mine, states_of(state, library), adds))


def note_left_out(state: State, registry: ItemState, now: int) -> None:
    """Report the streams that state too much of an item; their later events do not count."""
    for stream in registry.left_out:
        node = stream.rpartition(".")[0]
        title = title_in(registry, registry.id)
        refused = Refused(
            f"{node} states too much of {title} ({registry.library}): its later events of it do not count",
            f"ask the household; if it is no accident: mesharr untrust {node}. All other items go on",
        )
        if state.refusals.note(f"{TOO_MANY}{registry.library}:{registry.id}:{stream}", refused, now):
            log.warning("%s", refused)


def wake_others(state: State, library: str, item: str, now: int) -> None:
    """Have the items visited that share the folder of one which leaves it, or may have left it."""
    sharing = state.items.sharing_folder_with(library, item)
    if sharing:
        state.dirty.mark([(library, each) for each in sharing], now)
