"""Importing the same release again takes the file off the drive: what is on the local branch is uploaded."""

from pathlib import Path

import pytest

from tests.support.crashing import Mortal, Uploading
from tests.support.household import Clock, Household, import_on, make_drive, settle

FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"
Houses = tuple[Uploading, Mortal]


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Houses:
    """Alice uploads, bob does not; film 7 was imported by alice, and is on the drive only."""
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0)
    bob = Mortal("bob", tmp_path, clock, late=0)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=300, steps=30)
    import_on(clock, alice, bob)
    assert (alice.drive / "movies" / FILE).exists()
    assert not (alice.local / "movies" / FILE).exists()
    return alice, bob


def import_again(house: Mortal) -> None:
    """Import the release again: the app deletes the old file through the union, so in the cloud."""
    (house.drive / "movies" / FILE).unlink()
    house.radarr.download(7, size=4096)


def owner(house: Household) -> str:
    return house.state.items.state("movies", "tmdb:7").owner_of("movie")


@pytest.mark.parametrize("who", [0, 1], ids=["by its owner", "by the peer"])
def test_a_release_that_is_imported_again_is_uploaded_again(houses: Houses, clock: Clock, who: int) -> None:
    house = houses[who]
    events = houses[0].events() + houses[1].events()
    import_again(house)
    settle(clock, *houses)
    assert (house.drive / "movies" / FILE).stat().st_size == 4096
    assert not (houses[0].local / "movies" / FILE).exists()
    assert owner(houses[0]) == owner(houses[1]) == house.node
    news = ["file.imported"] if who else []  # an import by the owner changes nothing
    assert sorted(houses[0].events() + houses[1].events()) == sorted(events + news)
    sent = len(houses[0].uploader.sent) + len(houses[1].uploader.sent)
    for each in houses:
        each.engine.nightly.step(clock())
        settle(clock, *houses, seconds=3 * 3600, steps=30)
        assert each.waits() == {}
    assert len(houses[0].uploader.sent) + len(houses[1].uploader.sent) == sent
    assert [each.shows(7) for each in houses] == [(each is house, True) for each in houses]


def test_a_release_that_is_imported_again_before_its_local_file_is_removed(
    houses: Houses, clock: Clock
) -> None:
    alice, _ = houses
    import_again(alice)
    alice.engine.intake.step(clock())
    alice.engine.transfer.step(clock())
    import_again(alice)
    settle(clock, *houses)
    assert (alice.drive / "movies" / FILE).stat().st_size == 4096
    assert not (alice.local / "movies" / FILE).exists()
    assert [each.waits() for each in houses] == [{}, {}]


def test_a_file_that_only_the_local_branch_has_is_uploaded_by_a_full_comparison(
    houses: Houses, clock: Clock
) -> None:
    house = houses[0]
    place = house.local / "movies" / FILE
    place.parent.mkdir(exist_ok=True)
    (house.drive / "movies" / FILE).rename(place)
    settle(clock, *houses, seconds=60, steps=4)
    house.engine.nightly.step(clock())
    settle(clock, *houses)
    assert (house.drive / "movies" / FILE).exists()
    assert owner(houses[1]) == houses[0].node
    assert [each.waits() for each in houses] == [{}, {}]


def test_the_peers_app_that_lost_the_file_meanwhile_gets_it_back(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    import_again(alice)
    bob.radarr.daily_refresh()
    bob.run_commands()
    assert bob.shows(7) == (False, False)
    settle(clock, *houses, seconds=3600)
    assert bob.shows(7) == (False, True)
    assert bob.events() == []
