"""A malicious peer fills its tail with one item: its fold stays cheap, and what others state counts."""

import sys
from collections.abc import Callable
from random import Random
from types import FrameType

import pytest

from mesharr.core import hlc
from mesharr.core.events.schema import FileImported, UnitGrabbed
from mesharr.core.registry import bounds
from mesharr.core.registry import fold as registry
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from tests.support.hostile_items import ID, ITEM, KINDS, LIBRARY, STREAM, hostile_facts
from tests.unit.core.registry.every_ending import EveryEnding
from tests.unit.core.strategies import copy_at

LINES = 60
SLOW = {
    *("one path many times a line", "renames", "claims of many units"),
    *("many paths stated and ended", "copies of many units"),
}
"""Kinds of which so many lines take seconds: the campaign tries them."""
HONEST = "alice-00000001.00000001"


def calls_of(work: Callable[[], object]) -> int:
    """Return how many calls something takes: the same on every machine."""
    number = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def growth_of(kind: str) -> float:
    """Return how many times the calls a fold of four times the lines takes."""
    few, many = hostile_facts(kind, LINES), hostile_facts(kind, 4 * LINES)
    return calls_of(lambda: fold(LIBRARY, ID, many)) / calls_of(lambda: fold(LIBRARY, ID, few))


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.campaign if kind in SLOW else ()) for kind in KINDS]
)
def test_four_times_the_lines_take_no_more_than_five_times_the_calls(kind: str) -> None:
    assert growth_of(kind) <= 5


@pytest.mark.parametrize("kind", ["one path stated and ended", "removals among adds, changes and copies"])
def test_with_a_look_at_every_ending_they_would_take_more(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "Endings", EveryEnding)
    assert growth_of(kind) > 5


def honest() -> list[Fact]:
    body = FileImported(library=LIBRARY, item=ITEM, copies=(copy_at("S/honest.mkv"),), term=1)
    return [Fact(HONEST, 1, hlc.text_of(1_764_000_000_500), body, "a" * 64)]


def test_what_a_stream_states_beyond_the_bound_does_not_count_and_the_others_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MOST", 2_000)
    facts = hostile_facts("one path stated and ended", 900)
    both = [*facts, *honest()]
    state = fold(LIBRARY, ID, both)
    counted = len(facts) - state.left_out[STREAM]
    assert 0 < counted < len(facts)
    assert "s/honest.mkv" in state.copies
    assert state.seen[STREAM][0] == counted
    Random(1).shuffle(both)
    assert fold(LIBRARY, ID, both) == state
    first = fold(LIBRARY, ID, [*facts[:counted], *honest()])
    assert first.left_out == {}
    assert (first.copies, first.owners, first.seen) == (state.copies, state.owners, state.seen)


def test_a_series_that_one_node_brought_episode_by_episode_for_ten_years_is_below_the_bound() -> None:
    facts: list[Fact] = []
    for n in range(5_000):
        unit = f"1:{n}"
        copies = (copy_at(f"S/{n}.mkv", unit),)
        grabbed = UnitGrabbed(library=LIBRARY, id=ID, units=(unit,))
        imported = FileImported(
            library=LIBRARY, item=ITEM, copies=copies, term=1, seen={HONEST: (1, "a" * 64)}
        )
        for body, size in ((grabbed, 450), (imported, 750)):
            seq = len(facts) + 1
            facts.append(Fact(HONEST, seq, hlc.text_of(1_764_000_000_000 + seq), body, f"{seq:064x}", size))
    state = fold(LIBRARY, ID, facts)
    assert state.left_out == {}
    assert len(state.copies) == 5_000
