"""What must hold whatever a trusted peer says: what it may end, whom it may rename, and what it may cost.

These rules are written a second time here, from `docs/log-format.md`, and not with the registry's own code.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from mesharr.core.events.schema import Body, FileImported, FileRenamed, ItemAliased, ItemRemoved
from mesharr.core.paths import same_key
from mesharr.core.registry import bounds
from mesharr.core.registry.facts import Cuts, Fact
from mesharr.core.registry.item_state import ItemState
from mesharr.state.events.item_facts import facts_in
from mesharr.state.events.runs import body_of_content, content_of
from tests.properties.sim.node import Node

MOST: int = 2**11
"""How much one stream may state of one item in the simulation: enough for every honest node."""
HEAVIEST = 1000
"""No line weighs more."""


def most_junk(node: Node) -> int:
    """Return how many files that nobody can believe a node may read in one look."""
    return max(24, 4 * len(node.trust)) + 26


@contextmanager
def bounded_at(most: int) -> Iterator[None]:
    """Have every node count so much of what one stream states of one item."""
    with patch.object(bounds, "MOST", most):
        yield


def wrong_items(node: Node, liar: str, forks: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield what a node holds of the items and must not, as (kind, words)."""
    items = node.state.items
    cuts = Cuts(forks=forks, left=node.state.streams.cuts().left)
    for library in items.libraries():
        for ids in sorted({items.ids(library, item) for item in items.all(library)}):
            held = items.facts(library, ids[0], cuts)
            events = {each.place: each for id_ in ids for each in held.events[id_]}
            in_order = (events[place] for place in sorted(events))
            facts = list(facts_in(in_order, bounds.Bounds(), forks))
            state = items.state(library, ids[0], cuts)
            where = f"{node.name}: {library} {'='.join(ids)}"
            yield from ((kind, f"{where}: {what}") for kind, what in _wrong(facts, ids, state, liar))


def _wrong(
    facts: Sequence[Fact], ids: tuple[str, ...], state: ItemState, liar: str
) -> Iterator[tuple[str, str]]:
    true_ids = {(fact.stream, fact.seq): fact.id for fact in facts}
    endings = [(fact, {same_key(path) for path in fact.body.ended_paths()}) for fact in facts]
    endings = [(fact, keys) for fact, keys in endings if keys or isinstance(fact.body, ItemRemoved)]
    living: list[Fact] = []
    for fact in facts:
        for copy in fact.body.stated_copies_of(ids):
            key = same_key(copy.path)
            if any(
                other is not fact
                and (key in keys or isinstance(other.body, ItemRemoved))
                and _has_seen(other, fact, true_ids)
                for other, keys in endings
            ):
                continue
            living.append(fact)
            if key not in state.copies:
                yield "hidden", f"{copy.path} of {fact.stream} {fact.seq} ended without a proof"
    first = min(living, key=lambda fact: fact.stamp, default=None)
    if first is not None and first.node != liar and not isinstance(first.body, FileRenamed):
        stated = [fact.body.item_in(ids) for fact in facts if fact.node == first.node]
        if state.item not in stated:
            yield "misdescribed", f"{state.item} is no word of {first.node}, who brought it first"
    if any(not stream.startswith(f"{liar}.") for stream in state.left_out):
        yield "hidden", f"events of {sorted(state.left_out)} do not count"
    yield from (("joined", what) for what in _joined(facts, ids, living, liar))
    stated_by: Counter[str] = Counter()
    for fact in facts:
        stated_by[fact.stream] += bounds.weight_of(fact)
    if max(stated_by.values(), default=0) > MOST + HEAVIEST:
        yield "expensive", f"a stream states {max(stated_by.values())}"


def _joined(facts: Sequence[Fact], ids: tuple[str, ...], living: Sequence[Fact], liar: str) -> Iterator[str]:
    """Yield what is one item although nobody but the liar says so of two that others brought."""
    one = {id_: {id_} for id_ in ids}
    for fact in facts:
        body = fact.body
        if isinstance(body, ItemAliased) and fact.node != liar and {body.id, body.alias} <= one.keys():
            both = one[body.id] | one[body.alias]
            one |= dict.fromkeys(both, both)
    brought = sorted(
        {id_ for fact in living if fact.node != liar for _, id_ in fact.body.touched_items()} & {*ids}
    )
    apart = [id_ for id_ in brought if id_ not in one[brought[0]]]
    if apart:
        yield f"{brought[0]} and {apart[0]} are two items, and the liar made them one"


def _has_seen(other: Fact, fact: Fact, true_ids: Mapping[tuple[str, int], str]) -> bool:
    """Whether the author of an ending proves that it had applied an event, or one after it of its stream."""
    seq, id_ = other.body.seen.get(fact.stream, (0, ""))
    return seq >= fact.seq and bool(id_) and true_ids.get((fact.stream, seq)) == id_


def unsaid(node: Node, said: Sequence[FileImported]) -> Iterator[str]:
    """Yield the imports that a node was to publish, and that are in none of its streams."""
    stated = {
        (library, item, copy.path, copy.size)
        for body in _own(node)
        for library, item in body.touched_items()
        for copy in body.stated_copies_of({item})
    }
    for body in said:
        for copy in body.copies:  # who has stated the same before does not say it twice
            if (body.library, body.item.id, copy.path, copy.size) not in stated:
                yield f"{node.name} never published the import of {copy.path} of {body.item.id}"


def _own(node: Node) -> Iterator[Body]:
    for row in node.state.streams.all():
        if row.stream.rpartition(".")[0] == node.label:
            for stored in node.state.streams.since(row.stream, 1):
                if (body := body_of_content(content_of(stored.line))) is not None:
                    yield body


def incarnations(node: Node, signed: Mapping[str, str]) -> int:
    """Return how many streams a node has begun and written to."""
    return len({stream for stream in signed.values() if stream.rpartition(".")[0] == node.label})
