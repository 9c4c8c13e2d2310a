"""Deletions of many items: slowly, at once, or in one burst, none empties a library without a question."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mesharr.node import limits
from tests.support.household import Clock, Household, make_drive, pair, settle

Pair = tuple[Household, Household]
HOUR = 3600.0
FILMS = range(1, 61)
BURST = range(1, 27)
NO_LIMIT = {"removals": 1000, "removals_per_day": 1000, "removals_percent": 100}
"""What an attacker's own node asks."""


def _shared(tmp_path: Path, clock: Clock, films: Iterable[int] = FILMS, **policy: Any) -> Pair:
    """Two households that have alice's films."""
    alice, bob = pair(tmp_path, clock, policy={"first_contact": "go", **policy})
    for film in films:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    assert all(bob.shows(film) == (False, True) for film in films)
    return alice, bob


def _attack(alice: Household) -> None:
    """Have alice's node ask nothing."""
    alice.changes = {"policy": {"first_contact": "go", "holds": NO_LIMIT}}
    alice.restart()


def _delete(house: Household, films: Iterable[int]) -> None:
    for film in films:
        house.radarr.delete(film, delete_files=True)


def _left(house: Household, films: Iterable[int] = FILMS) -> int:
    return sum(house.movie(film) is not None for film in films)


def _waiting(house: Household) -> list[tuple[str, int]]:
    return [(hold.kind, len(hold.items)) for hold in house.state.holds.all() if hold.waits]


@pytest.mark.campaign
def test_a_peer_that_removes_a_few_films_every_hour_empties_no_library(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock)
    _attack(alice)
    for start in range(1, 61, 6):
        _delete(alice, range(start, start + 6))
        settle(clock, alice, bob, seconds=HOUR, steps=12)
    assert alice.events().count("item.removed") == len(FILMS)
    assert _left(bob) == 48, "a fifth of the library a day"
    assert _waiting(bob) == [("removals", 48)]
    (hold,) = bob.state.holds.all()
    assert "more than 12 deletions within a day (20 % of 60 items)" in hold.why


@pytest.mark.campaign
def test_an_app_that_deletes_a_few_films_every_hour_is_asked_about(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock)
    for start in range(1, 61, 6):
        _delete(alice, range(start, start + 6))
        settle(clock, alice, bob, seconds=HOUR, steps=12)
    assert alice.events().count("item.removed") == 12
    assert _left(bob) == 48
    assert _waiting(alice) == [("own_removals", 48)]


@pytest.mark.campaign
def test_deletions_below_the_share_of_a_large_library_count_for_the_day(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock, holds={"removals": 6, "removals_per_day": 8})
    for start in range(1, 13, 4):
        _delete(alice, range(start, start + 4))
        settle(clock, alice, bob, seconds=2 * HOUR, steps=24)
    assert _waiting(alice) == [("own_removals", 4)]
    clock.forward(24 * HOUR)
    _delete(alice, [20])
    settle(clock, alice, bob, seconds=2 * HOUR, steps=24)
    assert _waiting(alice) == [("own_removals", 5)], "what waits is one group"


@pytest.mark.campaign
def test_the_next_day_counts_afresh(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock, holds={"removals": 4, "removals_per_day": 4})
    for start in (1, 5):
        _delete(alice, range(start, start + 4))
        settle(clock, alice, bob, seconds=25 * HOUR, steps=100)
    assert (_waiting(alice), _waiting(bob)) == ([], [])
    assert _left(bob) == len(FILMS) - 8


def test_a_mass_deletion_is_held_whole_where_it_happened_and_asked_about_once(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _shared(tmp_path, clock)
    _delete(alice, BURST)
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert "item.removed" not in alice.events()
    assert (_waiting(alice), _waiting(bob)) == ([("own_removals", 26)], [])
    assert _left(bob) == len(FILMS)


@pytest.mark.parametrize(
    "seconds", [pytest.param(1, marks=pytest.mark.campaign), 20, pytest.param(50, marks=pytest.mark.campaign)]
)
def test_a_burst_of_deletions_is_gathered_before_the_first_is_published(
    tmp_path: Path, clock: Clock, seconds: int
) -> None:
    """With `gone_after: 0s` nothing else has a deletion wait for the ones that follow."""
    alice, bob = _shared(tmp_path, clock, gone_after="0s")
    for film in BURST:
        _delete(alice, [film])
        settle(clock, alice, bob, seconds=seconds, steps=1)
    settle(clock, alice, bob, seconds=2 * HOUR)
    published = alice.events().count("item.removed")
    assert published <= 12
    assert _waiting(alice) == [("own_removals", 26 - published)]
    assert published == 0 or seconds == 50, "what takes longer than ten minutes is no burst"


def test_a_library_that_may_go_whole_has_no_deletion_wait_for_others(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock, policy={"gone_after": "0s"})
    alice.radarr.add(1)
    alice.radarr.download(1)
    settle(clock, alice, bob)
    _delete(alice, [1])
    settle(clock, alice, bob, seconds=30, steps=30)
    assert "item.removed" in alice.events()


def test_a_mass_deletion_by_a_peer_is_held_whole(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock)
    _attack(alice)
    _delete(alice, BURST)
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert alice.events().count("item.removed") == len(BURST)
    assert _left(bob) == len(FILMS)
    assert _waiting(bob) == [("removals", 26)]


@pytest.mark.campaign
def test_a_mass_deletion_that_bob_hears_of_after_days_is_held_whole(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock)
    _attack(alice)
    for start in range(1, 26, 5):
        _delete(alice, range(start, start + 5))
        settle(clock, alice, seconds=2 * HOUR)
    assert _left(bob) == len(FILMS)
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert _left(bob) == len(FILMS)
    assert _waiting(bob) == [("removals", 25)]


@pytest.mark.campaign
def test_a_mass_deletion_that_was_approved_goes_through_whole(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock)
    _delete(alice, BURST)
    settle(clock, alice, bob, seconds=2 * HOUR)
    for house in (alice, bob):
        (hold,) = house.state.holds.all()
        limits.approve(house.state, hold.n, clock())
        settle(clock, alice, bob, seconds=2 * HOUR)
    assert _left(bob) == len(FILMS) - len(BURST)
    _delete(alice, [50])
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert bob.movie(50) is None, "what was approved counts for no limit"
    assert (alice.state.holds.all(), bob.state.holds.all()) == ([], [])


def test_a_mass_deletion_of_what_is_this_households_own_unmonitors_nothing_unasked(
    tmp_path: Path, clock: Clock
) -> None:
    """Each household imported the same films: a peer that deletes them all has these flags wait, too."""
    make_drive(tmp_path / "drive")
    houses = [Household(name, tmp_path, tmp_path / "drive", clock) for name in ("alice", "bob")]
    alice, bob = houses
    for house in houses:
        house.deaf = True
        for film in BURST:
            house.radarr.add(film)
    for film in BURST:
        alice.radarr.download(film)
        bob.radarr.rescan(film) if hasattr(bob.radarr, "rescan") else bob.radarr.download(film)
    for house in houses:
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob)
    _attack(alice)
    _delete(alice, BURST)
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert all(bob.shows(film)[0] for film in BURST)


def test_a_handful_of_deletions_in_a_small_library_needs_no_approval(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _shared(tmp_path, clock, range(1, 11))
    _delete(alice, range(1, 11))
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert (_waiting(alice), _waiting(bob)) == ([], [])
    assert _left(bob, range(1, 11)) == 0


@pytest.mark.campaign
def test_a_peer_that_grabs_all_that_a_household_wants_silences_half_of_it(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice, bob = (Household(name, tmp_path, tmp_path / "drive", clock) for name in ("alice", "bob"))
    wanted = range(1, 31)
    for house in (alice, bob):
        house.deaf = True
        for film in wanted:
            house.radarr.add(film)
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    for film in wanted:
        alice.radarr.grab(film)
        settle(clock, alice, bob, seconds=300, steps=3)
    settle(clock, alice, bob, seconds=600, steps=8)
    assert sum(bob.shows(film)[0] for film in wanted) == 15
    assert _waiting(bob) == [("pauses", 15)]
