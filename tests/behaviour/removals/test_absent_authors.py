"""Readarr cannot be asked for an id: whoever is not in it is looked for in its whole list, once for many."""

from pathlib import Path

from tests.support.household import Clock, Household, settle
from tests.support.keepers import HOUR, NUMBERS, WRITERS, status, two


def _lists(house: Household) -> int:
    return sum(path == "/api/v1/author" for method, path in house.requests() if method == "GET")


def test_authors_that_come_and_go_together_cost_a_list_for_all_of_them(tmp_path: Path, clock: Clock) -> None:
    alice, bob = two(tmp_path, clock, WRITERS)
    for number in NUMBERS:
        WRITERS.add(alice, number)
    settle(clock, alice, seconds=120, steps=12)
    bob.forget_requests()
    settle(clock, bob, seconds=60, steps=6)
    assert len(WRITERS.files(bob)) == len(NUMBERS)
    assert _lists(bob) == 1
    bob.forget_requests()
    WRITERS.arr(bob).library.metadata_down = True
    WRITERS.arr(bob).daily_refresh()
    settle(clock, bob, seconds=60, steps=6)
    assert len(status(bob).missing) == len(NUMBERS)
    assert _lists(bob) == 2  # for what was heard, and to see what is to be done about it
    bob.forget_requests()
    settle(clock, bob, seconds=HOUR, steps=60)
    assert _lists(bob) == 0
