"""The events about one item, read at one time, to fold its registry state from.

To read them takes a moment, and is done under the lock of the database. To decode and fold them may take long,
where a peer stated much of the item, and is done without it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.registry.bounds import MOST, TEXT, Bounds
from mesharr.core.registry.facts import Cuts, Fact
from mesharr.core.registry.fold import fold, stated_by
from mesharr.core.registry.identity.one_item import Aliases, Ids
from mesharr.core.registry.item_state import ItemState
from mesharr.state.events.runs import PlacedEvent, body_of_content, content_of

MAX_BYTES: Final = MOST * TEXT
"""How many bytes of lines of one stream are read: what has more is full in any case."""


class ItemVersion(msgspec.Struct, frozen=True):
    """Of which events the registry's state of an item is made: another one has another version."""

    aliases: Aliases
    """What is said of its id and of those around it."""
    last: tuple[int, ...]
    """For each of these the place of the newest event about it, 0 for none."""
    cuts: Cuts
    """What excludes events of every item."""


class ItemFacts(msgspec.Struct, frozen=True):
    """The events about one item, and about the ids that may be of the same item."""

    library: str
    version: ItemVersion
    events: Mapping[str, Sequence[PlacedEvent]]
    """By id, in the order they were applied; without their lines where a stream states too much of it."""

    def ids(self) -> Ids:
        """Return all ids of the item."""
        return self.version.aliases.joined(self._stated_by)

    def folded(self) -> ItemState:
        """Return the registry's state of the item."""
        bounds, ids = Bounds(), sorted(self.ids())
        facts = list(facts_in(self._events_of(ids), bounds, self.version.cuts.forks))
        return fold(self.library, ids[0], facts, self.version.cuts, ids, bounds.left_out)

    def after(self, place: int) -> list[Fact]:
        """Return what events about the item state that were applied after a place of the log."""
        events = list(self._events_of(sorted(self.ids())))
        later = {(each.stream, each.seq) for each in events if each.place > place}
        facts = facts_in(events, Bounds(), self.version.cuts.forks)
        return [fact for fact in facts if (fact.stream, fact.seq) in later]

    def _events_of(self, ids: Sequence[str]) -> Iterable[PlacedEvent]:
        if len(ids) == 1:
            return self.events[ids[0]]
        by_place = {each.place: each for id_ in ids for each in self.events[id_]}
        return (by_place[place] for place in sorted(by_place))

    def _stated_by(self, id_: str) -> Collection[str]:
        facts = facts_in(self.events[id_], Bounds(), self.version.cuts.forks)
        return stated_by(id_, facts, self.version.cuts)


def shortened(events: Iterable[PlacedEvent]) -> list[PlacedEvent]:
    """Return events, without their lines those beyond `MAX_BYTES` of their stream."""
    read: Counter[str] = Counter()
    found: list[PlacedEvent] = []
    for each in events:
        if read[each.stream] >= MAX_BYTES:
            found.append(msgspec.structs.replace(each, line=b""))
        else:
            read[each.stream] += len(each.line)
            found.append(each)
    return found


def facts_in(
    events: Iterable[PlacedEvent], bounds: Bounds, forks: Mapping[str, int] | None = None
) -> Iterator[Fact]:
    """Yield what events of an item state below the forks, up to what is too much of a stream."""
    forks = forks or {}
    for each in events:
        if each.seq >= forks.get(each.stream, each.seq + 1):
            continue  # how far a node had read another branch makes no difference
        if bounds.is_full(each.stream):
            continue
        what = content_of(each.line)
        body = body_of_content(what)
        if body is not None:
            fact = Fact(each.stream, each.seq, what.hlc, body, each.id, len(each.line))
            bounds.add(fact)
            yield fact
