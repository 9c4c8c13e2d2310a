"""Two files for one thing: what two households imported before they heard of each other."""

from collections import defaultdict
from functools import partial

import msgspec

from mesharr.core.registry.facts import Stamp
from mesharr.core.registry.fold import ItemState

WHOLE = frozenset({"movie", "series"})
"""Kinds of items whose units are one file each. An album's tracks lie in one set a node."""


class Conflict(msgspec.Struct, frozen=True):
    """Units that two nodes have each brought a file of. `owner` "" is nobody.

    `kept` is where the owner's file is (else the first one's), `other` where the second one lies, which
    `node` brought.
    """

    units: tuple[str, ...]
    owner: str
    kept: str
    other: str
    node: str


def conflicts(state: ItemState) -> tuple[Conflict, ...]:
    """Return every further file of the item's units, each once, however many units it satisfies."""
    holding: dict[str, list[str]] = defaultdict(list)
    for key, living in state.copies.items():
        for unit in living.copy.units:
            holding[unit].append(key)
    found: dict[tuple[str, ...], Conflict] = {}
    for unit, keys in sorted(holding.items()):
        owner = state.owner_of(unit) if len(keys) > 1 else ""
        first, *others = sorted(keys, key=partial(_standing, state, owner))
        for key in others:
            kept, other = state.copies[first], state.copies[key]
            if other.node == kept.node:
                continue
            # of an album one track stands for all of a node's
            whole = state.item is None or state.item.kind in WHOLE
            place = (key,) if whole else (unit, other.node)
            if place not in found:
                found[place] = Conflict((unit,), owner, kept.copy.path, other.copy.path, other.node)
            elif unit not in found[place].units:
                found[place] = msgspec.structs.replace(found[place], units=(*found[place].units, unit))
    return tuple(found.values())


def _standing(state: ItemState, owner: str, key: str) -> tuple[bool, Stamp, str]:
    """The order of the copies of a unit: the owner's, then by age."""
    living = state.copies[key]
    return (living.node != owner, living.stamp, key)
