"""How often the store is listed: every few seconds while there is life, and never too often in a day."""

import random
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core import polling
from mesharr.core.polling import PollPace

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
POLL = 30 * SECOND
BEGIN = 1_700_000_000_000
IMPORTS_OF_A_DAY, PEERS = 43, 5


def listings(signs: Iterable[int], until: int = DAY, pace: PollPace | None = None) -> list[int]:
    """Return when a node lists within a day; `signs` are the times of its signs of life."""
    pace = pace or polling.first_pace(POLL)
    ahead, at, found = sorted(signs, reverse=True), 0, list[int]()
    while True:
        at = max(at, polling.next_listing(pace) - BEGIN)
        if ahead and ahead[-1] <= at:
            pace = polling.after_life(pace, BEGIN + ahead.pop())
            continue
        if at >= until:
            return found
        pace = polling.after_listing(pace, BEGIN + at)
        found.append(at)
        if ahead and ahead[-1] < polling.next_listing(pace) - BEGIN:
            at = ahead.pop()
            pace = polling.after_life(pace, BEGIN + at)


def waits(found: list[int]) -> list[int]:
    return [after - before for before, after in pairwise(found)]


def household_day(seed: int) -> tuple[list[int], list[int]]:
    """Return when something happens within a day here, and at the peers: grabs, and imports minutes later."""
    drawn = random.Random(seed)
    signs: list[list[int]] = []
    for _ in range(1 + PEERS):
        evenings = [int(drawn.triangular(7, 24, 20) * HOUR) for _ in range(IMPORTS_OF_A_DAY)]
        imports = [grab + drawn.randint(2, 30) * MINUTE for grab in evenings]
        signs.append([*evenings, *imports])
    return signs[0], [at for each in signs[1:] for at in each]


def test_without_life_the_store_is_listed_once_an_interval() -> None:
    assert set(waits(listings([], HOUR))) == {POLL}


def test_while_there_is_life_it_is_listed_every_few_seconds_and_then_more_and_more_seldom() -> None:
    found = listings([10 * MINUTE], 25 * MINUTE)
    near = [each for each in found if each >= 10 * MINUTE]
    assert near[0] - 10 * MINUTE <= polling.FAST_MS
    assert set(waits([each for each in near if each <= 11 * MINUTE])) == {polling.FAST_MS}
    assert waits(near) == sorted(waits(near))
    assert waits(near)[-1] == POLL


@pytest.mark.parametrize("seed", range(3))
def test_a_households_day_costs_fewer_than_5000_listings(seed: int) -> None:
    here, there = household_day(seed)
    found = listings([*here, *there])
    assert DAY / POLL <= len(found) < 5_000
    heard = [next(each for each in found if each >= at) - at for at in there if at < found[-1]]
    plain = [POLL - at % POLL for at in there]
    assert median(heard) < median(plain) / 1.5


@given(st.lists(st.integers(0, DAY), max_size=200), st.sampled_from([30, 60, 300]))
@settings(max_examples=20)
def test_no_life_costs_more_than_the_budget(signs: list[int], poll_s: int) -> None:
    pace = polling.first_pace(poll_s * SECOND)
    everywhere = [*signs, *range(0, DAY, 20 * SECOND)]
    for some in (signs, everywhere):
        found = listings(some, pace=pace)
        plain = DAY / pace.poll_ms
        assert plain <= len(found) + 1
        assert len(found) <= polling.EARNED * plain + polling.SAVED_MS / pace.poll_ms + 1
        assert max(waits(found)) <= pace.poll_ms


def test_who_asked_for_frequent_polls_has_them_always() -> None:
    assert set(waits(listings([5 * MINUTE], HOUR, polling.first_pace(2 * SECOND)))) == {2 * SECOND}


def test_a_clock_that_was_set_back_and_more_to_read_make_the_next_listing_due_at_once() -> None:
    pace = polling.after_listing(polling.first_pace(POLL), BEGIN)
    assert not polling.is_due(pace, BEGIN + POLL - 1)
    assert polling.is_due(pace, BEGIN + POLL)
    assert polling.is_due(pace, BEGIN - 1)
    assert polling.is_due(polling.at_once(pace), BEGIN)
