"""A series has many owners: each episode its own, who wait for each other and claim from each other alike."""

from dataclasses import replace
from pathlib import Path

import pytest

from mesharr.core.events.schema import Body, UnitClaimed, UnitGrabbed, body_of
from mesharr.log import codec
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import make_sonarr

MINUTE = 60.0
TV = LibrarySetup("tv", "sonarr", make_sonarr)
ITEM = "tvdb:1"
Flags = dict[tuple[int, int], bool]


def sonarr(house: Household) -> SimulatedSonarr:
    arr = house.arrs["sonarr"]
    assert isinstance(arr, SimulatedSonarr)
    return arr


@pytest.fixture
def both(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    """Two households that monitor a series of two seasons, and have no file of it."""
    make_drive(tmp_path / "drive", ("tv",))
    houses = [Household(name, tmp_path, tmp_path / "drive", clock, (TV,)) for name in ("alice", "bob")]
    alice, bob = houses
    for house in houses:
        house.deaf = True
        sonarr(house).add(1)
        sonarr(house).run_commands()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def monitored(house: Household) -> list[str]:
    """Return the episodes that a household would download."""
    held = house.engine.reconciler._apps["sonarr"].arr.read(ITEM)
    assert held is not None
    return [unit for unit, flag in sorted(held.monitored.items()) if flag]


def told(house: Household) -> list[Body | None]:
    """Return what this node's own events say."""
    rows = house.state.streams.since(house.engine.publisher.stream, 1)
    return [body_of(row.type, codec.parse(row.line).body) for row in rows]


FIRST, SECOND = ["S01E01", "S01E02", "S01E03"], ["S02E01", "S02E02", "S02E03", "S02E04"]


def test_a_season_pack_pauses_its_season_and_nothing_else(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    sonarr(alice).grab(1, 2)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    assert [body.units for body in told(alice) if isinstance(body, UnitGrabbed)] == [tuple(SECOND)]
    assert monitored(alice) == [*FIRST, *SECOND]
    assert monitored(bob) == FIRST

    sonarr(alice).download(1, 2, 1)  # the pack held one episode; the rest of it is given up
    sonarr(alice).library.queue.clear()
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=60)
    assert alice.events() == ["item.added", "unit.grabbed", "file.imported", "unit.released"]
    assert monitored(alice) == [*FIRST, *SECOND]
    assert monitored(bob) == [*FIRST, *SECOND[1:]]
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_season_that_is_monitored_again_is_one_claim(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    sonarr(alice).download_season(1, 2)
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=60)
    assert (monitored(alice), monitored(bob)) == ([*FIRST, *SECOND], FIRST)
    sonarr(bob).set_monitored(1, False, season=2)
    sonarr(bob).set_monitored(1, True, season=2)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=60)
    assert [body.units for body in told(bob) if isinstance(body, UnitClaimed)] == [tuple(SECOND)]
    assert (monitored(alice), monitored(bob)) == (FIRST, [*FIRST, *SECOND])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_episode_that_is_another_one_here_is_left_as_its_household_has_it(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    show = sonarr(bob).library.catalogue[1]
    moved = [
        replace(each, tvdb_id=99) if (each.season, each.number) == (2, 1) else each for each in show.episodes
    ]
    sonarr(bob).library.catalogue = {1: replace(show, episodes=tuple(moved))}
    sonarr(bob).daily_refresh()
    sonarr(alice).download_season(1, 2)
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=60)
    assert monitored(bob) == [*FIRST, "S02E01"]
    (waiting,) = bob.state.dirty.all()
    assert waiting.why == "1 episode is numbered differently here than at the peers: S02E01"
