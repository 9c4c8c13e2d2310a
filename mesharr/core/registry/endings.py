"""Find what ends a statement among all endings of an item, without a look at each of them.

A peer may state a thousand paths and a thousand endings of one item: to compare each statement with each
ending would take minutes. An ending covers a beginning of each stream, so of all endings of a path only the
one that covers most of a stream counts.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.registry.facts import Fact, Stamp

_Event = tuple[str, int]
_NO_EVENT: _Event = ("", 0)


class Ending(msgspec.Struct, frozen=True, gc=False):
    """An event that ends the copies at a path, of the statements that its author had seen."""

    key: str | None
    """The key of the path, None for every path of the item."""
    seen: Mapping[str, int]
    """By stream the seq up to which its author is proven to have seen it."""
    fact: Fact
    path: str = ""
    """The path as it is spelled there, "" for every path."""


class _Reach(msgspec.Struct, frozen=True, gc=False):
    """How much of one stream the endings of one path cover."""

    seq: int = 0
    """The highest seq that one of them covers."""
    by: _Event = _NO_EVENT
    """The event of that one."""
    others: int = 0
    """The highest seq that the ending of another event covers."""

    def covers(self, event: _Event) -> bool:
        """Return whether an event of the stream is covered. No event ends its own statement."""
        return event[1] <= (self.others if event == self.by else self.seq)


class _Newest(msgspec.Struct, frozen=True, gc=False):
    """The endings of one path in one stream, by how much of another stream they cover."""

    covered: list[int]
    """The highest seq of the other stream that each ending covers, ascending."""
    newest: list[tuple[Stamp, Fact]]
    """For each of them, the newest event of those up to it."""

    def not_covering(self, seq: int) -> Fact | None:
        """Return the newest event whose ending does not cover a seq of the other stream."""
        before = bisect_left(self.covered, seq)
        return self.newest[before - 1][1] if before else None


class Endings:
    """All endings of an item, found by path.

    A question costs at most the logarithm of their number. They have to be of
    streams whose stamps increase with their seq, as those of every verified stream do.
    """

    def __init__(self, endings: Iterable[Ending]) -> None:
        self.all = tuple(endings)
        of: dict[str | None, list[Ending]] = defaultdict(list)
        for ending in self.all:
            of[ending.key].append(ending)
        self._of: Mapping[str | None, list[Ending]] = dict(of)
        # what is asked again for each statement: worked out once for each path and stream
        self._reaches: dict[tuple[str | None, str], _Reach] = {}
        self._streams: dict[str | None, Mapping[str, list[Ending]]] = {}
        self._newest: dict[tuple[str | None, str, str], _Newest] = {}

    def cover(self, key: str, fact: Fact) -> bool:
        """Return whether one of them ends what `fact` states of the path with this key."""
        return self._covers(key, fact) or self._covers(None, fact)

    def remove(self, fact: Fact) -> bool:
        """Return whether one of them ends the whole item, as `fact` states it."""
        return self._covers(None, fact)

    def concurrent_with(self, key: str, fact: Fact, seen: Mapping[str, int]) -> Fact | None:
        """Return the newest event that ends a path, neither author knowing of the other's event.

        `fact` states the path, and `seen` is what its author is proven to have seen.
        """
        found: Fact | None = None
        for of in (key, None):
            for stream in self._in_streams(of):
                if stream == fact.stream:
                    continue
                ending = self._newest_of(of, stream, fact.stream).not_covering(fact.seq)
                if ending is None or ending.seq <= seen.get(stream, 0):
                    continue
                if found is None or found.stamp < ending.stamp:
                    found = ending
        return found

    def _covers(self, key: str | None, fact: Fact) -> bool:
        if key not in self._of:
            return False
        reach = self._reaches.get((key, fact.stream))
        if reach is None:
            reach = self._reaches[key, fact.stream] = _reach_of(self._of[key], fact.stream)
        return reach.covers((fact.stream, fact.seq))

    def _in_streams(self, key: str | None) -> Mapping[str, list[Ending]]:
        found = self._streams.get(key)
        if found is None:
            of: dict[str, list[Ending]] = defaultdict(list)
            for ending in self._of.get(key, ()):
                of[ending.fact.stream].append(ending)
            found = self._streams[key] = of
        return found

    def _newest_of(self, key: str | None, by: str, stream: str) -> _Newest:
        found = self._newest.get((key, by, stream))
        if found is None:
            found = self._newest[key, by, stream] = _newest_of(self._in_streams(key)[by], stream)
        return found


def _reach_of(endings: Iterable[Ending], stream: str) -> _Reach:
    """Return how much of a stream some endings cover."""
    most: dict[_Event, int] = {}
    for ending in endings:
        by = (ending.fact.stream, ending.fact.seq)
        most[by] = max(ending.seen.get(stream, 0), most.get(by, 0))
    first = second = 0
    first_by = _NO_EVENT
    for by, seq in most.items():
        if seq > first:
            first, first_by, second = seq, by, first
        else:
            second = max(second, seq)
    return _Reach(first, first_by, second)


def _newest_of(endings: Iterable[Ending], stream: str) -> _Newest:
    """Return some endings of one stream, by how much of another stream they cover."""
    order = sorted(
        ((ending.seen.get(stream, 0), ending.fact) for ending in endings), key=lambda each: each[0]
    )
    newest: list[tuple[Stamp, Fact]] = []
    for _, fact in order:
        mine = (fact.stamp, fact)
        newest.append(mine if not newest or newest[-1][0] < mine[0] else newest[-1])
    return _Newest([covered for covered, _ in order], newest)
