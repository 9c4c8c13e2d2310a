"""How much of what is this household's one peer may change, before its person is asked."""

from pathlib import Path
from typing import Any

import pytest

from mesharr.node.model import Me
from mesharr.node.ownership import claimable, queue_claims
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from tests.behaviour.ownership.test_series_owners import TV, sonarr
from tests.support.household import Clock, Household, LibrarySetup, make_drive, pair, settle

Pair = tuple[Household, Household]
MINUTE = 60.0
HOUR = 3600.0
LIMIT = 2
FILMS = range(1, 6)


def _report(house: Household) -> Report:
    return report(house.state, Me(house.node, house.name, "m"), [], MountCheck(Availability(available=True)))


def _approve(house: Household, clock: Clock) -> None:
    (hold,) = [hold for hold in house.state.holds.all() if not hold.approved]
    house.state.holds.approve(hold.n)
    house.state.dirty.mark([(hold.library, item) for item, _ in hold.items], clock())


def wanting_pair(root: Path, clock: Clock, setup: LibrarySetup | None = None, **holds: int) -> Pair:
    """Two households that had the same, without files, before mesharr's first start."""
    make_drive(root / "drive", (setup.library,) if setup else ("movies",))
    setups: tuple[Any, ...] = ((setup,),) if setup else ()
    policy = {"holds": holds}
    houses = [
        Household(name, root, root / "drive", clock, *setups, policy=policy) for name in ("alice", "bob")
    ]
    alice, bob = houses
    for house in houses:
        house.deaf = True
        for number in FILMS:
            (sonarr(house) if setup else house.radarr).add(number)
        (sonarr(house) if setup else house.radarr).run_commands()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def _loud(house: Household) -> list[int]:
    return [film for film in FILMS if house.shows(film)[0]]


# -- pauses


@pytest.fixture
def wanting(tmp_path: Path, clock: Clock) -> Pair:
    return wanting_pair(tmp_path, clock, pauses=LIMIT)


def test_a_peer_that_downloads_everything_silences_so_much_and_the_rest_waits_for_a_word(
    wanting: Pair, clock: Clock
) -> None:
    alice, bob = wanting
    for film in FILMS:
        alice.radarr.grab(film)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert len(_loud(bob)) == len(FILMS) - LIMIT
    (hold,) = bob.state.holds.all()
    assert (hold.kind, hold.peer, len(hold.items)) == ("pauses", alice.node, len(FILMS) - LIMIT)
    (ask,) = _report(bob).asks
    assert ask == (
        f"needs approval: {len(hold.items)} items in movies: alice caused more than {LIMIT} pauses for its "
        f"downloads within an hour or at once: mesharr approve {hold.n}"
    )
    _approve(bob, clock)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert _loud(bob) == []
    alice.radarr.library.queue.clear()
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert _loud(bob) == list(FILMS)
    assert bob.state.holds.all() == []
    assert bob.waits() == {}


def test_pauses_that_last_count_for_longer_than_an_hour(wanting: Pair, clock: Clock) -> None:
    alice, bob = wanting
    for film in FILMS:
        alice.radarr.grab(film)
        settle(clock, alice, bob, seconds=2 * HOUR, steps=20)
    assert len(_loud(bob)) == len(FILMS) - LIMIT
    alice.radarr.library.queue.clear()
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert _loud(bob) == list(FILMS)
    assert bob.state.holds.all() == []
    alice.radarr.grab(1)  # what ended counts no more
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert _loud(bob) == list(FILMS)[1:]


def test_a_flag_that_comes_back_during_a_pause_counts_for_no_second_one(wanting: Pair, clock: Clock) -> None:
    alice, bob = wanting
    for film in FILMS[:LIMIT]:
        alice.radarr.grab(film)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    bob.radarr.set_monitored(FILMS[0], True)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert not bob.shows(FILMS[0])[0]
    assert bob.state.holds.all() == []


def test_a_season_pack_is_one_pause(tmp_path: Path, clock: Clock) -> None:
    alice, bob = wanting_pair(tmp_path, clock, TV, pauses=1)
    sonarr(alice).grab(1, 2)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert bob.state.holds.all() == []
    assert len(bob.state.items.memory("tv", "tvdb:1").paused) == 4


# -- flags


def test_what_is_held_keeps_nothing_else_of_the_item_from_being_done(tmp_path: Path, clock: Clock) -> None:
    alice, bob = wanting_pair(tmp_path, clock, unmonitors=0)
    alice.radarr.download(1)
    settle(clock, alice, bob)
    assert bob.shows(1) == (True, True)  # it has the file, and its flag waits
    (hold,) = bob.state.holds.all()
    assert hold.kind == "unmonitors"
    _approve(bob, clock)
    settle(clock, alice, bob)
    assert bob.shows(1) == (False, True)


def test_what_mesharr_added_and_this_household_took_over_since_is_this_households(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"unmonitors": LIMIT}})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    for house in (bob, alice):
        for film in FILMS:
            queue_claims(
                house.state, [claimable(house.state, "movies", f"tmdb:{film}", house.node, ())], "", clock()
            )
        settle(clock, alice, bob, seconds=30 * MINUTE)
    assert (len(_loud(alice)), len(_loud(bob))) == (len(FILMS), len(FILMS) - LIMIT)
    (hold,) = bob.state.holds.all()
    assert (hold.kind, hold.peer, len(hold.items)) == ("unmonitors", alice.node, len(FILMS) - LIMIT)


# -- series types


def test_a_peer_that_turns_the_type_of_every_series_is_stopped(tmp_path: Path, clock: Clock) -> None:
    alice, bob = wanting_pair(tmp_path, clock, TV, retypes=LIMIT)
    for number in FILMS:
        sonarr(alice).edit(number, series_type="anime")
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    kinds = [sonarr(bob).series(number).series_type for number in FILMS]
    assert kinds.count("anime") == LIMIT
    (hold,) = bob.state.holds.all()
    assert (hold.kind, hold.peer, len(hold.items)) == ("retypes", alice.node, len(FILMS) - LIMIT)
    _approve(bob, clock)
    settle(clock, alice, bob)
    assert {sonarr(bob).series(number).series_type for number in FILMS} == {"anime"}
    assert bob.state.holds.all() == []
