"""What ends a statement is found among all endings as a look at each of them would find it."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core.hlc import text_of
from mesharr.core.registry import fold as registry
from mesharr.core.registry.endings import Ending, Endings
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.registry.every_ending import EveryEnding
from tests.unit.core.strategies import World, heaps, random_world, real_fold, worlds


def _by_every_ending(world: World) -> ItemState:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "Endings", EveryEnding)
        return real_fold(world.facts, world.cuts)


def _in_order(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts with clocks that increase within each stream, as in every verified one."""
    in_stream = sorted(facts, key=lambda fact: (fact.seq, fact.stream))
    return tuple(
        Fact(fact.stream, fact.seq, text_of(1_764_000_000_000 + n), fact.body, fact.id)
        for n, fact in enumerate(in_stream)
    )


@settings(max_examples=80)
@given(world=worlds())
def test_the_fold_of_worlds_is_that_of_the_plain_rules(world: World) -> None:
    assert real_fold(world.facts, world.cuts) == _by_every_ending(world)


@settings(max_examples=80)
@given(world=heaps())
def test_the_fold_of_heaps_is_that_of_the_plain_rules(world: World) -> None:
    world = World(_in_order(world.events))
    assert real_fold(world.facts, world.cuts) == _by_every_ending(world)


def test_the_fold_of_long_worlds_is_that_of_the_plain_rules() -> None:
    for seed in range(80):
        world = random_world(Random(seed))
        assert real_fold(world.facts, world.cuts) == _by_every_ending(world)


_STREAMS = ("a.1", "a.2", "b.1", "c.1")
_BODY = random_world(Random(1)).events[0].body


@st.composite
def _histories(draw: st.DrawFn) -> tuple[Sequence[Fact], Sequence[Ending]]:
    """Return events in four streams, of which some are endings with any vector, of a path or of all."""
    of_streams = draw(st.lists(st.sampled_from(_STREAMS), min_size=1, max_size=14))
    facts = []
    for n, stream in enumerate(of_streams):
        seq = of_streams[: n + 1].count(stream)
        facts.append(Fact(stream, seq, text_of(1_764_000_000_000 + n // 2), _BODY))
    # clocks of two streams may be equal, those of one stream are not
    facts = [Fact(f.stream, f.seq, text_of(1_764_000_000_000 + n), f.body) for n, f in enumerate(facts)]
    vectors = st.dictionaries(st.sampled_from(_STREAMS), st.integers(0, 8), max_size=4)
    keys = st.sampled_from([None, "x", "y"])
    endings = [
        Ending(key, seen, fact)
        for fact in facts
        for key, seen in draw(st.lists(st.tuples(keys, vectors), max_size=3))
    ]
    return facts, endings


@settings(max_examples=150)
@given(history=_histories(), data=st.data())
def test_each_question_is_answered_as_by_a_look_at_every_ending(
    history: tuple[Sequence[Fact], Sequence[Ending]], data: st.DataObject
) -> None:
    facts, endings = history
    found, plain = Endings(endings), EveryEnding(endings)
    seen = data.draw(st.dictionaries(st.sampled_from(_STREAMS), st.integers(0, 8), max_size=4))
    for fact in facts:
        assert found.remove(fact) == plain.remove(fact)
        for key in ("x", "y", "z"):
            assert found.cover(key, fact) == plain.cover(key, fact)
            assert found.concurrent_with(key, fact, seen) == plain.concurrent_with(key, fact, seen)


class _Counted(dict[str, int]):
    """A vector that counts how often it is read."""

    reads = 0

    def get(self, key: str, default: object = None) -> int:
        type(self).reads += 1
        return super().get(key, 0)


def test_a_thousand_statements_and_a_thousand_endings_of_a_path_are_no_million_looks() -> None:
    _Counted.reads = 0
    number = 1_000
    facts = [Fact("a.1", n, text_of(1_764_000_000_000 + n), _BODY) for n in range(1, 2 * number + 1)]
    other = Fact("b.1", 1, text_of(1_764_000_000_000), _BODY)
    endings = [Ending("x", _Counted({"a.1": fact.seq - 1}), fact) for fact in facts[number:]]
    found = Endings([*endings, *(Ending(None, each.seen, each.fact) for each in endings)])
    covered = sum(found.cover("x", fact) for fact in facts)
    assert covered == 2 * number - 1
    for _ in range(number):
        found.concurrent_with("x", other, {})
    assert _Counted.reads <= 4 * len(endings)
