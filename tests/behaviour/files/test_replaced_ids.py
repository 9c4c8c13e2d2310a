"""A film whose id the metadata server replaced: one item under two ids, nowhere lost, nowhere added twice."""

from pathlib import Path

from mesharr.node.missing_items import all_missing
from tests.support.household import Clock, Household, import_on, pair, settle

NEW = 107


def _renamed(clock: Clock, house: Household, *others: Household) -> None:
    """The arr's daily refresh replaces the id of film 7; the night finds it."""
    house.radarr.edit(7, tmdb_id=NEW)
    house.engine.nightly.step(clock())
    settle(clock, house, *others)


def test_a_replaced_id_is_published_and_neither_lost_nor_added_again(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    bob.forget_requests()
    _renamed(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "item.aliased"]
    assert all_missing(alice.state) == ()
    assert bob.movie(NEW) is None
    assert bob.shows(7) == (False, True)
    assert bob.writes() == []
    assert alice.shows(NEW) == (True, True)
    for house in (alice, bob):
        house.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert (len(alice.events()), bob.events()) == (3, [])


def test_what_happens_afterwards_is_followed_under_the_id_each_arr_knows(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    _renamed(clock, alice, bob)
    alice.radarr.download(NEW, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    file = bob.radarr.file(7)
    assert file is not None
    assert (file.relative_path, file.size) == ("Better.mkv", 9000)
    assert bob.shows(7) == (False, True)
    _renamed(clock, bob, alice)
    assert bob.events() == ["item.aliased"]  # alone, one node's word would not do
    assert bob.shows(NEW) == (False, True)
    assert bob.waits() == {}


def test_who_lacks_the_film_gets_it_once_under_the_new_id(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, seconds=60, steps=6)
    _renamed(clock, alice)
    settle(clock, alice, bob)
    assert bob.movie(7) is None
    assert bob.shows(NEW) == (False, True)
    assert bob.waits() == {}
