"""A refresh that began before mesharr's write, and writes back after it what it read, in all four arrs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.household import Clock, Household, settle
from tests.support.keepers import HOUR, KEEPERS, MUSICIANS, SHOWS, WRITERS, Keeper, harm, named, share, two

STAGE = {"radarr": "metadata", "sonarr": "episodes", "lidarr": "works", "readarr": "works"}
"""Where a refresh of each arr has read the flags of units and not yet written them."""


def _refresh(keeper: Keeper, house: Household, meanwhile: Callable[[], object]) -> None:
    """Run the scheduled refresh; `meanwhile` happens once between its reading and its writing."""
    arr, failed = keeper.arr(house), [AssertionError("it never came to that")]

    def between(stage: str, _ref: int) -> None:
        if stage == STAGE[keeper.setup.app]:
            arr.between = None
            failed.clear()
            try:
                meanwhile()
            except AssertionError as error:  # an arr says of a command only that it failed
                failed.append(error)

    arr.between = between
    arr.queue_refresh()
    arr.run_commands()
    for error in failed:
        raise error


@pytest.mark.parametrize("keeper", [SHOWS, MUSICIANS, WRITERS], ids=named)
def test_the_owner_stays_monitored_though_a_refresh_writes_back_what_it_read_before(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1,))
    settle(clock, alice, bob, seconds=HOUR, steps=20)

    def imported() -> None:
        keeper.bring(bob, 1, size=9000)
        for _ in range(20):
            clock.forward(2)
            bob.engine.once(compare=False)
        assert keeper.wanted(bob), "it is bob's now"

    _refresh(keeper, bob, imported)
    assert keeper.wanted(bob) == [], "and the arr has forgotten it"
    settle(clock, bob, alice, seconds=HOUR, steps=60)
    assert (len(keeper.wanted(bob)), keeper.wanted(alice)) == (1, [])
    assert "unit.claimed" not in bob.events() + alice.events()
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert harm(alice, bob) == []


@pytest.mark.parametrize("keeper", KEEPERS, ids=named)
def test_what_a_peer_has_is_unmonitored_again_and_never_claimed(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    for house in (alice, bob):
        keeper.add(house, 1)
    settle(clock, alice, bob, seconds=10 * 60, steps=10)
    keeper.bring(alice, 1)
    settle(clock, alice, seconds=60, steps=6)
    [unit] = [each.partition(" ")[2] for each in keeper.wanted(alice)]

    def flag(house: Household) -> bool:
        return keeper.shown(house)[keeper.item(1)].monitored[unit]

    def heard() -> None:
        assert flag(bob)
        bob.engine.once(compare=False)
        assert not flag(bob)

    _refresh(keeper, bob, heard)
    assert flag(bob), "the old flag is back"
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert (flag(alice), flag(bob)) == (True, False)
    assert "unit.claimed" not in bob.events() + alice.events()
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_person_may_unmonitor_what_was_just_imported(tmp_path: Path, clock: Clock) -> None:
    alice, bob = two(tmp_path, clock, MUSICIANS)
    share(MUSICIANS, clock, alice, bob, numbers=(1,))
    settle(clock, alice, bob, seconds=HOUR, steps=20)
    MUSICIANS.bring(bob, 1, size=9000)
    settle(clock, bob, alice, seconds=20, steps=4)
    assert len(MUSICIANS.wanted(bob)) == 1
    MUSICIANS.arr(bob).set_monitored(MUSICIANS.work(1), False)
    settle(clock, bob, alice, seconds=HOUR, steps=30)
    assert MUSICIANS.wanted(bob) == []
