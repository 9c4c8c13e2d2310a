"""Find units with conflicting files of two nodes.

Both nodes imported before either received the other's event, or one of them renamed a file that the other
imported anew meanwhile.
"""

from collections import defaultdict
from functools import partial

import msgspec

from mesharr.core.registry.facts import Stamp
from mesharr.core.registry.item_state import ItemState

WHOLE = frozenset({"movie", "series"})
"""Kinds of items whose units are one file each. Of an album each node has a set of tracks."""


class Conflict(msgspec.Struct, frozen=True):
    """Units of which two nodes each have a file."""

    units: tuple[str, ...]
    owner: str
    """The owner of the units, "" when nobody owns them."""
    kept: str
    """The path of the owner's file, else of the oldest one."""
    other: str
    """The path of the second file."""
    node: str
    """The node that imported the second file; where one node imported both, who stated it last."""
    kept_node: str = ""
    """The node that imported the first file."""
    kept_size: int = 0
    """In bytes."""
    other_size: int = 0
    """In bytes."""


def conflicts(state: ItemState) -> tuple[Conflict, ...]:
    """Return the conflicts of an item: every further file once, however many units it satisfies."""
    holding: dict[str, list[str]] = defaultdict(list)
    for key, living in state.copies.items():
        for unit in living.copy.units:
            holding[unit].append(key)
    found: dict[tuple[str, ...], Conflict] = {}
    units: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for unit, keys in sorted(holding.items()):
        owner = state.owner_of(unit) if len(keys) > 1 else ""
        first, *others = sorted(keys, key=partial(_standing, state, owner))
        for key in others:
            kept, other = state.copies[first], state.copies[key]
            whole = state.item is None or state.item.kind in WHOLE
            is_one_bringer = other.brought_by == kept.brought_by
            if is_one_bringer and (other.node == kept.node or not whole):
                continue  # its node's own business
            # one track of an album represents all of a node's
            place = (key,) if whole else (unit, other.brought_by)
            if place not in found:
                found[place] = Conflict(
                    units=(),
                    owner=owner,
                    kept=kept.copy.path,
                    other=other.copy.path,
                    node=other.node if is_one_bringer else other.brought_by,
                    kept_node=kept.brought_by,
                    kept_size=kept.copy.size,
                    other_size=other.copy.size,
                )
            units[place][unit] = None
    return tuple(msgspec.structs.replace(each, units=tuple(units[place])) for place, each in found.items())


def _standing(state: ItemState, owner: str, key: str) -> tuple[bool, Stamp, str]:
    """Return the sort key of the copies of a unit: the owner's first, then by age."""
    living = state.copies[key]
    return (living.brought_by != owner, living.stamp, key)
