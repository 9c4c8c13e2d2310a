"""Bound what one stream can state of one item, so that the fold of no item takes long.

A limit that no household meets: a series of which one node brought ten thousand episodes one by one is below
it. What a stream states of the item beyond that is kept and not applied; the other streams' events are.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from mesharr.core.events.schema import LibraryFound, UnitClaimed, UnitGrabbed, UnitReleased
from mesharr.core.registry.facts import Fact

MOST: Final = 2**18
"""How much one stream may state of one item, as `weight_of` counts."""
FEW: Final = 32
"""So many events never weigh as much: a line has at most 16 KiB."""
TEXT: Final = 256
"""So many bytes of a line weigh as much as a path."""
_EVENT: Final = 4


def weight_of(fact: Fact) -> int:
    """Return how much an event states: paths, units and streams, and something for its line."""
    body = fact.body
    copies = body.stated_copies()
    weight = _EVENT + -(-fact.size // TEXT) + sum(1 + len(copy.units) for copy in copies)
    weight += len(body.ended_paths()) + len(body.seen) + len(body.over)
    if isinstance(body, UnitClaimed | UnitGrabbed | UnitReleased):
        weight += len(body.units)
    elif isinstance(body, LibraryFound):
        weight += len(body.items)
    return weight


class Bounds:
    """What each stream has stated of an item so far, given its events in their order."""

    def __init__(self) -> None:
        self._weights: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many events of each stream were too many."""
        return dict(sorted(self._left_out.items()))

    def is_full(self, stream: str) -> bool:
        """Return whether no event of a stream counts any more; note that there is one more."""
        if self._weights[stream] < MOST:
            return False
        self._left_out[stream] += 1
        return True

    def add(self, fact: Fact) -> None:
        """Take an event that counts into account."""
        self._weights[fact.stream] += weight_of(fact)


def bounded(ordered: list[Fact]) -> tuple[list[Fact], Mapping[str, int]]:
    """Return the events that count, by stamp, and how many of each stream are too many."""
    if len(ordered) <= FEW:
        return ordered, {}
    bounds, kept = Bounds(), list[Fact]()
    for fact in ordered:
        if not bounds.is_full(fact.stream):
            bounds.add(fact)
            kept.append(fact)
    return kept, bounds.left_out


def together(one: Mapping[str, int], two: Mapping[str, int]) -> Mapping[str, int]:
    """Return the sums of two counts by stream."""
    return {stream: one.get(stream, 0) + two.get(stream, 0) for stream in sorted({*one, *two})}
