"""`mesharr restore` and `mesharr leave-item`: the two answers to an item that the arr lost."""

import pytest

from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import Commands

Pair = tuple[Household, Household]


@pytest.fixture
def bob(houses: Pair, past: Clock) -> Household:
    """Bob, whose arr lost films 7 and 8, which alice brought."""
    alice, bob = houses
    for film in (7, 8):
        import_on(past, alice, bob, tmdb=film)
    bob.deaf = True
    for film in (7, 8):
        bob.radarr.delete(film)
    bob.deaf = False
    bob.engine.nightly.step(past())
    settle(past, *houses)
    return bob


def test_without_an_item_they_list_what_is_lost(bob: Household, bobs: Commands) -> None:
    for command in ("restore", "leave-item"):
        assert bobs.run(command, "movies") == 0
        assert "Film 7  tmdb:7  missing in the app" in bobs.out
        assert bobs.json(command, "movies")["lost"] == ["tmdb:7", "tmdb:8"]
    assert (bob.movie(7), bob.movie(8)) == (None, None)


def test_without_a_library_what_all_of_them_need_is_listed(bob: Household, bobs: Commands) -> None:
    for command in ("restore", "leave-item"):
        assert bobs.run(command) == 0
        assert "library  title   item    why" in bobs.out
        assert "movies   Film 7  tmdb:7  missing in the app" in bobs.out
        assert bobs.json(command)["lost"] == ["tmdb:7", "tmdb:8"]
        assert bobs.run(command, "--all") == 2
        assert "--all was given without a library: give one of: movies" in bobs.err
        assert bobs.run(command, "tmdb:8") == 2
        assert "tmdb:8 is an item: give its library before it: movies tmdb:8" in bobs.err
    assert (bob.movie(7), bob.movie(8)) == (None, None)


def test_status_names_both_answers_and_waits_for_one(bob: Household, bobs: Commands) -> None:
    assert bobs.run("status") == 3
    assert "mesharr restore movies tmdb:7, or mesharr leave-item movies tmdb:7" in bobs.out


def test_one_is_restored_and_the_other_left(
    bob: Household, bobs: Commands, houses: Pair, past: Clock
) -> None:
    assert bobs.run("restore", "movies", "tmdb:7") == 0
    assert bobs.out.startswith("restored: Film 7 (tmdb:7)\n")
    assert "Film 8  tmdb:8  missing in the app" in bobs.out
    assert bobs.run("leave-item", "movies", "--all") == 0
    assert bobs.out == "left: Film 8 (tmdb:8)\n"
    past.forward(3600)
    settle(past, *houses)
    assert bob.shows(7) == (False, True)
    assert bob.movie(8) is None
    assert bob.events() == ["item.left"]


def test_what_is_not_lost_is_neither_restored_nor_left(bob: Household, bobs: Commands) -> None:
    assert bobs.run("restore", "movies", "tmdb:9") == 2
    assert "tmdb:9 is not missing in movies" in bobs.err
    assert bobs.run("leave-item", "movies", "tmdb:7", "--all") == 2
    assert bobs.run("restore", "series") == 2
    assert "mesharr.yml has no library series with an app: known: movies" in bobs.err


def test_a_listed_item_that_nobody_asks_about_is_left_when_it_is_named(
    bob: Household, bobs: Commands, houses: Pair, past: Clock
) -> None:
    import_on(past, bob, houses[0], tmdb=9)
    assert bobs.run("restore", "movies", "tmdb:9") == 2
    assert bobs.run("leave-item", "movies", "tmdb:9") == 0
    assert bobs.out.startswith("left: Film 9 (tmdb:9)\n")
    settle(past, *houses, seconds=600, steps=10)
    assert bob.movie(9) is None
    assert bob.radarr.deleted_media == []
    assert houses[0].shows(9) == (False, True)
    assert bob.events()[-1] == "item.left"
