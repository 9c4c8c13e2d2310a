"""A Plex whose entry says so has its trash emptied after a removal, and after nothing else."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, import_on, pair, settle

Pair = tuple[Household, Household]
EMPTIES = [
    {"kind": "plex", "url": "http://plex", "token": "token", "pause": "0s", "empty_trash": "after_removal"}
]
HOUR = 3600


@pytest.fixture
def film(tmp_path: Path, clock: Clock) -> Pair:
    """Film 7, imported by alice, followed by bob; both have Plex list it and its trash emptied."""
    alice, bob = pair(tmp_path, clock, scanners=EMPTIES)
    for house in (alice, bob):
        house.plex.disk = lambda folder: (str(path) for path in Path(folder).rglob("*.mkv"))
    import_on(clock, alice, bob)
    assert [len(house.plex.listed["1"]) for house in (alice, bob)] == [1, 1]
    return alice, bob


def _trash(house: Household) -> tuple[list[str], int, int]:
    """Return the sections emptied, and how much is in the trash and listed."""
    return house.plex.emptied, len(house.plex.trash["1"]), len(house.plex.listed["1"])


def test_a_deleted_film_leaves_the_plex_of_every_household(film: Pair, clock: Clock) -> None:
    alice, bob = film
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    alice.engine.intake.step(clock())
    alice.restart()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert _trash(alice) == _trash(bob) == (["1"], 0, 0)
    assert alice.state.trash.all() == bob.state.trash.all() == []


def test_a_file_of_another_size_in_a_former_spelling_of_its_folder_keeps_no_trash(
    film: Pair, clock: Clock
) -> None:
    """It is another file: somebody put it where no app looks."""
    alice, bob = film
    [path] = Path(alice.library).rglob("*.mkv")
    for house in film:
        house.plex.sizes = dict.fromkeys(house.plex.listed["1"], path.stat().st_size)
    stray = Path(alice.library, path.parent.name.upper(), path.name)
    stray.parent.mkdir()
    stray.write_bytes(b"stray")
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert _trash(alice) == _trash(bob) == (["1"], 0, 0)


def test_an_upgrade_empties_nothing(film: Pair, clock: Clock) -> None:
    alice, bob = film
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.shows(7)[1]
    assert _trash(alice) == _trash(bob) == ([], 1, 1)


def test_an_upgrade_long_after_a_removal_of_the_same_film_empties_nothing_more(
    film: Pair, clock: Clock
) -> None:
    alice, bob = film
    alice.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert alice.plex.emptied == bob.plex.emptied == ["1"]
    alice.radarr.download(7, name="Again.mkv", size=5000)
    settle(clock, alice, bob, seconds=HOUR, steps=40)
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert _trash(alice) == _trash(bob) == (["1"], 1, 1)


def test_what_a_mount_that_went_away_has_lost_is_not_emptied_with_a_removal(film: Pair, clock: Clock) -> None:
    alice, bob = film
    import_on(clock, alice, bob, tmdb=8)
    away = bob.drive / "away"
    bob.library.rename(away)
    bob.library.mkdir()
    bob.plex.scan("1")  # by itself, while it sees nothing
    bob.library.rmdir()
    away.rename(bob.library)
    assert len(bob.plex.trash["1"]) == 2
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert (alice.plex.emptied, bob.plex.emptied) == (["1"], [])
    assert "have it scan Movies as a whole" in bob.state.trash.all()[0].why
    bob.plex.scan("1")
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert _trash(bob) == (["1"], 0, 1)


def test_by_default_nothing_is_emptied(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.plex.scans
    assert alice.plex.emptied == bob.plex.emptied == []
    assert bob.state.trash.all() == []
