"""A folder that one household moved, with files that another published: a visit to it finds that."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, import_on, pair, settle

NEW = "Film 7 - archive"
NAME = "Film 7 (2007) Bluray-1080p.mkv"


def moved_unseen(house: Household) -> None:
    """Have the app move the film's folder; no app tells of that."""
    (house.library / "Film 7 (2007)").rename(house.library / NEW)
    house.radarr.edit(7, path=str(house.library / NEW))


def test_a_visit_publishes_a_move_before_it_would_take_it_back(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    moved_unseen(bob)
    bob.state.dirty.mark([("movies", "tmdb:7")], clock())
    settle(clock, alice, bob, seconds=60, steps=6)
    assert bob.events() == ["item.changed", "file.renamed"]
    state = alice.state.items.state("movies", "tmdb:7")
    assert [each.copy.path for each in state.copies.values()] == [f"{NEW}/{NAME}"]
    assert state.owner_of("movie") == alice.node
    assert alice.shows(7)[1]


@pytest.mark.parametrize("minutes", [2, 70])
def test_a_move_that_was_published_as_a_removal_is_a_rename_yet(
    tmp_path: Path, clock: Clock, minutes: int
) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=minutes * 60, steps=minutes)
    moved_unseen(bob)
    alice.radarr.daily_refresh()
    settle(clock, alice, bob, seconds=3 * 3600, steps=180)
    assert alice.events()[2:] == ["file.removed"]
    assert bob.events() == ["item.changed", "file.renamed"]
    state = alice.state.items.state("movies", "tmdb:7")
    assert [each.copy.path for each in state.copies.values()] == [f"{NEW}/{NAME}"]
    assert state.owner_of("movie") == alice.node
    assert [house.shows(7)[1] for house in (alice, bob)] == [True, True]
    assert [house.waits() for house in (alice, bob)] == [{}, {}]
