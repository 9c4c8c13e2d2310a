"""Decide by the registry's state of items in a transaction that folds nothing.

A transaction holds the lock that webhooks wait for, and a fold may take long. So items are folded before, and the
decision is made if no event about them was applied since.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from mesharr.core.errors import Unavailable
from mesharr.core.registry.item_state import ItemState
from mesharr.state.state import State

FOLDS = 5
"""How often items are folded for one decision while events about them are applied."""

ItemName = tuple[str, str]
"""Library and id of an item."""

T = TypeVar("T")


def decide(state: State, library: str, item: str, decision: Callable[[ItemState], T]) -> T:
    """Return what `decision` makes of an item's registry state, in a transaction.

    The state is that of the moment of the transaction. Raises `Unavailable` when events about the item come faster than it is folded: nothing is written then.
    """
    return decide_all(state, [(library, item)], lambda states: decision(states[library, item]))


def decide_all(
    state: State, items: Collection[ItemName], decision: Callable[[Mapping[ItemName, ItemState]], T]
) -> T:
    """Return what `decision` makes of the states of several items, as `decide` does."""
    for _ in range(FOLDS):
        facts = {each: state.items.facts(*each) for each in items}
        states = {each: found.folded() for each, found in facts.items()}
        with state.transaction():
            cuts = state.streams.cuts()
            if all(state.items.version(*each, cuts) == found.version for each, found in facts.items()):
                with state.items.folded(states):
                    return decision(states)
    raise Unavailable("events about an item come faster than they are read", "it is tried again")
