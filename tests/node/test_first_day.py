"""On the first day a node learns, and changes nothing that a household already has."""

from pathlib import Path

import pytest

from tests.node.household import Clock, Household, make_drive, settle

COUNT = 300
HOUR = 3600.0

Flags = dict[int, tuple[bool, str, tuple[int, ...]]]


@pytest.fixture
def settled(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    """Two households that had the same films, on the drive, before mesharr; then 24 hours of it."""
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    for house in (alice, bob):
        house.deaf = True
        for tmdb in range(1, COUNT + 1):
            house.radarr.add(tmdb)
            if house is alice:
                house.radarr.download(tmdb, size=64)
        house.radarr.run_commands()
        house.radarr.set_monitored(11, False)
        house.radarr.forget_requests()
        house.deaf = False
    bob.radarr.set_monitored(12, False)
    alice.trust(bob)
    bob.trust(alice)
    return alice, bob


def _flags(house: Household) -> Flags:
    rows = house.radarr.library.movies()
    return {row.tmdb_id: (row.monitored, row.path, row.tags) for row in rows}


def _day(clock: Clock, *houses: Household) -> None:
    for hour in range(24):
        settle(clock, *houses, seconds=HOUR, steps=4)
        if hour % 8 == 3:
            for house in houses:
                house.engine.nightly.step(clock())
        if hour % 8 == 5:
            for house in houses:
                house.engine.nightly.hourly(clock())
                house.radarr.daily_refresh()


def test_two_full_libraries_meet_and_no_flag_changes_in_a_day(
    settled: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = settled
    before = (_flags(alice), _flags(bob))
    _day(clock, alice, bob)
    assert len(before[0]) == COUNT
    assert (_flags(alice), _flags(bob)) == before
    assert (alice.events(), bob.events()) == ([], [])
    assert (alice.writes(), bob.writes()) == ([], [])
    assert (alice.plex.scans, bob.plex.scans) == ([], [])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_the_first_upgrade_after_the_first_day_makes_one_owner_and_one_unmonitor(
    settled: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = settled
    _day(clock, alice, bob)
    before = (_flags(alice), _flags(bob))
    remux = "Film 7 (2007) Remux-1080p.mkv"
    alice.radarr.download(7, name=remux, quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    unmonitored = (False, *before[1][7][1:])
    assert _flags(alice) == before[0]
    assert _flags(bob) == before[1] | {7: unmonitored}
    assert alice.writes() == []
    assert bob.writes().count("PUT /api/v3/movie/editor") == 1
    assert set(bob.writes()) == {"PUT /api/v3/movie/editor", "POST /api/v3/command"}
    file = bob.radarr.file(7)
    assert file is not None
    assert (file.relative_path, file.size) == (remux, 9000)
    assert (alice.events(), bob.events()) == (["file.imported"], [])
    assert (alice.waits(), bob.waits()) == ({}, {})
