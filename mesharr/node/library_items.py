"""What several stages ask of a library's items: titles, states, what a new peer brings."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from mesharr.core.errors import Refused
from mesharr.core.planning.actions import Add
from mesharr.core.planning.first_day import merge_summary
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import author_of
from mesharr.node.arr_view import MANY
from mesharr.node.model import Library
from mesharr.state.state import State

log = logging.getLogger(__name__)

T = TypeVar("T")

MANY_EVENTS: Final = 1_000
"""An item of more events comes after the others: to fold it may take long."""
LOOK_EVENTS: Final = 16_384
"""How many events of such items one step folds; one item is folded in any case."""
TURN_MS: Final = 5_000
"""How long the others of them wait for their turn, so that what is due meanwhile comes first."""
TURN: Final = "much is stated of it: it waits for its turn"
"""Why an item waits for that."""
JOINING_MS: Final = 10 * 60_000
"""For how long after it began a library is said to be joining at most."""
JOINING_LOOK_MS: Final = 5_000
"""How often it is looked whether that is over."""
TOO_MANY = "events:"
"""What the subject of a refusal for too many events begins with, before library, item and stream."""


def in_fair_order(
    due: Iterable[T], events: Callable[[T], int], many: int, budget: int
) -> tuple[list[T], list[T]]:
    """Return which items come now, those of more than `many` events last, and which wait.

    Of those of many events no more come now than fit the `budget` (events), and one in any case.
    """
    now: list[T] = []
    heavy: list[tuple[T, int]] = []
    for each in due:
        count = events(each)
        if count > many:
            heavy.append((each, count))
        else:
            now.append(each)
    waiting: list[T] = []
    left = budget
    for each, count in heavy:
        if left == budget or count <= left:
            now.append(each)
            left -= count
        else:
            waiting.append(each)
    return now, waiting


def title_in(found: ItemState, item: str) -> str:
    """Return the title the registry knows, the id `item` when it knows none."""
    return found.item.title if found.item else item


def title_of(state: State, library: str, item: str) -> str:
    """Return an item's title, its id while the registry does not know the item."""
    return title_in(state.items.state(library, item), item)


def listed_title(state: State, library: str, item: str) -> str:
    """Return an item's title as lists show it, its id while they do not.

    It folds nothing, so it may be asked within a transaction.
    """
    row = state.catalogue.get(library, item)
    return row.title if row else item


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
        node = author_of(stream)
        title = title_in(registry, registry.id)
        refused = Refused(
            f"{node} states too much of {title} ({registry.library}): its later events of it do not count",
            f"ask the household; if it is no accident: mesharr untrust {node}. All other items go on",
        )
        if state.refusals.note(f"{TOO_MANY}{registry.library}:{registry.id}:{stream}", refused, now):
            log.warning("%s", refused)


def is_joining(state: State, libraries: Iterable[Library], now: int) -> bool:
    """Return whether a library has just begun, and much is to be done for that in its app.

    What else is asked of the app, and can wait for some minutes, is asked afterwards.
    """
    names = [each.name for each in libraries]
    began = [state.libraries.baselined(name) or state.libraries.began(name) or now for name in names]
    if not any(0 <= now - at < JOINING_MS for at in began):
        return False
    return not all(map(state.libraries.baselined, names)) or sum(map(state.dirty.count, names)) > MANY


def wake_others(state: State, library: str, item: str, now: int) -> None:
    """Have the items visited that share the folder of one which leaves it, or may have left it."""
    sharing = state.items.sharing_folder_with(library, item)
    if sharing:
        state.dirty.mark([(library, each) for each in sharing], now)
