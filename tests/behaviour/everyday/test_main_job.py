"""A film imported on one node appears, unmonitored and playable, on every other."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, make_drive, settle


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    drive = tmp_path / "drive"
    make_drive(drive)
    alice = Household("alice", tmp_path, drive, clock)
    bob = Household("bob", tmp_path, drive, clock)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def test_an_import_reaches_the_peer_unmonitored_tagged_with_its_file_and_scanned(
    pair: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = pair
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=60, steps=12)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    movie = bob.movie(7)
    assert movie is not None
    assert (movie["monitored"], movie["hasFile"]) == (False, True)
    assert bob.tags(7) == ["mesharr-alice"]
    assert bob.plex.scans == [str(bob.library / "Film 7 (2007)")]
    assert alice.shows(7) == (True, True)
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.events() == []
    assert bob.radarr.searches == []
