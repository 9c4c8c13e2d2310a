"""Prove what the author of an event had seen, by the events that it names.

An ending (a removal, a rename, a replaced path) covers only what its author had seen. A mere number would let
a peer end what is not published yet. So a vector names, of each stream, one event by seq and id: an id is a
hash over its stream up to the event, and cannot be known before the event exists. An event that is named and
not known here proves nothing until it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mesharr.core.events.schema import Vector
from mesharr.core.events.validation import MAX_SEEN
from mesharr.core.registry.facts import Fact
from mesharr.core.text import author_of


class Proofs:
    """What the authors of an item's events are proven to have seen."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Know these events: all of the item below the forks."""
        self._ids = {(fact.stream, fact.seq): fact.id for fact in facts}
        self._seen: dict[tuple[str, int], Mapping[str, int]] = {}

    def seen_by(self, fact: Fact) -> Mapping[str, int]:
        """Return by stream the seq up to which the author of an event is proven to have seen it."""
        event = (fact.stream, fact.seq)
        if event not in self._seen:  # asked for each of the copies that an event states
            self._seen[event] = {
                stream: seq
                for stream, (seq, id_) in fact.body.seen.items()
                if id_ and self._ids.get((stream, seq)) == id_
            }
        return self._seen[event]

    def knows(self, fact: Fact, other: Fact) -> bool:
        """Return whether the author of an event is proven to have seen another one."""
        return other.seq <= self.seen_by(fact).get(other.stream, 0)


def vector_of(ordered: Iterable[Fact], living: Sequence[Fact]) -> Vector:
    """Return the vector of who has applied these events: of each stream the last one.

    Of more than `MAX_SEEN` streams, those with events in `living` come first, because an ending ends only
    these; among them each node's first stream, so that a node with many streams pushes out no other's.
    """
    last: dict[str, Fact] = {}
    for fact in ordered:
        if fact.stream not in last or fact.seq > last[fact.stream].seq:
            last[fact.stream] = fact
    named = last.keys() if len(last) <= MAX_SEEN else _chosen(last, {fact.stream for fact in living})
    return {stream: (last[stream].seq, last[stream].id) for stream in sorted(named)}


def _chosen(streams: Iterable[str], ends: set[str]) -> list[str]:
    before: dict[str, int] = defaultdict(int)
    ranks: dict[str, tuple[bool, int]] = {}
    for stream in sorted(streams, key=lambda stream: (stream not in ends, stream)):
        node = author_of(stream)
        ranks[stream] = (stream not in ends, before[node])
        before[node] += 1
    return sorted(ranks, key=lambda stream: (ranks[stream], stream))[:MAX_SEEN]
