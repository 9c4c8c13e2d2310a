"""Decide which ids are one item.

An app lists an item by one id, and the id may be replaced: TMDB joins two entries of a film. The node of that
app says so (`item.aliased`), and so does every other one in time. A peer could say it of two films that are
two, and one of them would be nobody's any more. So what a node says joins ids only as far as it joins nothing
that other nodes keep apart.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

import msgspec

Ids = frozenset[str]
"""Ids that one node says are one item."""
SaidBy = Mapping[str, Ids]
"""By node, the ids of which it says that they are one item."""

MOST_IDS: Final = 8
"""How many ids a node may say are one. More come from a faulty peer, which could join a whole library."""
LEVELS: Final = 3
"""How far ids are looked for: what is said to be one with an id, what is said of these, and of those."""


class Aliases(msgspec.Struct, frozen=True):
    """What nodes say of an id and of those around it: this decides with which it is one item."""

    item: str
    said: Mapping[str, SaidBy] = {}
    """By id, what nodes say it is one with. A node that says nothing of an id is not there."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The id and those around it, sorted: the events about these decide."""
        return tuple(sorted(self.said)) or (self.item,)

    def joined(self, stated_by: Callable[[str], Collection[str]]) -> Ids:
        """Return the ids that are one item with this one.

        `stated_by` returns the nodes that state an id as an item of their own (`fold.stated_by`).
        """
        if not self.said.get(self.item):
            return frozenset({self.item})
        return _Joining(self.said, stated_by).of(self.item)


def connected(item: str, linked: Callable[[str], Iterable[str]]) -> Ids:
    """Return the ids that hang together with one; just that one, if there are too many."""
    known, todo = {item}, [item]
    while todo:
        fresh = set(linked(todo.pop())) - known
        known |= fresh
        todo += fresh
        if len(known) > MOST_IDS:
            return frozenset({item})
    return frozenset(known)


def around(item: str, said_of: Callable[[str], SaidBy]) -> Aliases:
    """Return what is said of an id and of those around it.

    `said_of` returns what is said of one id.
    """
    said = {item: said_of(item)}
    if not said[item]:
        return Aliases(item)
    reached = {item, *(each for ids in said[item].values() for each in ids)}
    for _ in range(LEVELS - 1):
        said |= {each: said_of(each) for each in reached - said.keys()}
        reached |= {each for by_node in said.values() for ids in by_node.values() for each in ids}
    return Aliases(item, {each: dict(sorted(said[each].items())) for each in sorted(said)})


class _Joining:
    """Which of the words of nodes count."""

    def __init__(self, said: Mapping[str, SaidBy], stated_by: Callable[[str], Collection[str]]) -> None:
        self._said = said
        self._stated_by = stated_by
        self._stated: dict[str, Collection[str]] = {}
        self._counts: dict[tuple[str, Ids], bool] = {}

    def of(self, item: str) -> Ids:
        # Words that count and have an id in common have one in common with each other, too: each of them is a
        # word of another node to the one between. So what a word that counts touches is all there is.
        found = {item}
        for ids in self._counting(item):
            found.update(ids, *(each for id_ in ids for each in self._counting(id_)))
        return frozenset(found)

    def _counting(self, id_: str) -> list[Ids]:
        """Return what nodes say of an id, as far as it counts."""
        return [ids for node, ids in self._said.get(id_, {}).items() if self._does_count(node, ids)]

    def _does_count(self, node: str, ids: Ids) -> bool:
        key = (node, ids)
        if key not in self._counts:
            others = set(self._others(node, ids))
            self._counts[key] = all(one & other for one, other in combinations(others, 2))
        return self._counts[key]

    def _others(self, node: str, ids: Ids) -> Iterator[Ids]:
        """Yield the ids by which other nodes have items of which this node speaks."""
        for id_ in ids:
            by_node = self._said.get(id_, {})
            yield from (each for other, each in by_node.items() if other != node)
            if any(other != node and other not in by_node for other in self._who_states(id_)):
                yield frozenset({id_})

    def _who_states(self, id_: str) -> Collection[str]:
        if id_ not in self._stated:
            self._stated[id_] = self._stated_by(id_)
        return self._stated[id_]
