"""What the drive carries travels; a name that cannot is reported, and never becomes a removal."""

import os

import pytest

from tests.support.household import Clock, Household, import_on, settle

Pair = tuple[Household, Household]
FOLDER = "Film 7 (2007)"
BELL = "Film 7 \x07.mkv"
IMPORTED = ["item.added", "file.imported"]


def _path(house: Household) -> str:
    file, movie = house.radarr.file(7), house.radarr.movie(7)
    return f"{movie.path}/{file.relative_path}".removeprefix(f"{house.library}/") if file else ""


def _asks(house: Household) -> list[str]:
    return [
        f"{what} {fix}"
        for subject, what, fix, _ in house.state.refusals.all()
        if subject == "name:movies:tmdb:7"
    ]


def _later(clock: Clock, *houses: Household) -> None:
    for _ in range(3):
        clock.forward(26 * 3600)
        for house in houses:
            house.radarr.daily_refresh()
            house.engine.nightly.step(clock())
        settle(clock, *houses, seconds=3600)


@pytest.mark.parametrize(
    "name",
    ["AC\\DC.mkv", "Film 7 \x85\x9b2J.mkv", "\u00e9" * 120 + ".mkv", "Film 7  .mkv", "Film 7 \u202e.mkv"],
)
def test_a_name_that_the_drive_carries_is_shared(alice_and_bob: Pair, clock: Clock, name: str) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    alice.radarr.rename(7, name)
    settle(clock, alice, bob)
    assert _path(bob) == _path(alice) == f"{FOLDER}/{name}"
    assert alice.events() == [*IMPORTED, "file.renamed"]
    assert alice.state.refusals.all() == bob.state.refusals.all() == []


def test_a_shared_film_in_a_name_that_cannot_travel_is_reported_and_not_removed(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    alice.radarr.rename(7, BELL)
    settle(clock, alice, bob)
    (ask,) = _asks(alice)
    assert "Film 7" in ask
    assert "\\x07" in ask
    assert "\x07" not in ask
    _later(clock, alice)
    assert alice.events() == IMPORTED
    assert alice.shows(7) == (True, True)
    assert alice.radarr.deleted_media == []
    alice.radarr.rename(7, "Film 7 again.mkv")
    settle(clock, alice, bob)
    assert alice.events() == [*IMPORTED, "file.renamed"]
    assert _path(bob) == f"{FOLDER}/Film 7 again.mkv"
    assert _asks(alice) == []


def test_a_film_in_a_folder_that_cannot_travel_is_reported_and_not_missing(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    odd = alice.library / "Film \x07"
    os.rename(alice.library / FOLDER, odd)
    alice.radarr.edit(7, path=str(odd))
    alice.engine.nightly.step(clock())
    settle(clock, alice, seconds=600)
    assert len(_asks(alice)) == 1
    _later(clock, alice)
    assert alice.events() == IMPORTED
    assert alice.state.missing.all() == []
    os.rename(odd, alice.library / FOLDER)
    alice.radarr.edit(7, path=str(alice.library / FOLDER))
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert _asks(alice) == []
    assert alice.events() == IMPORTED
    assert bob.shows(7) == (False, True)


def test_a_new_film_in_a_name_that_cannot_travel_is_reported(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7, name=BELL)
    settle(clock, alice, bob)
    assert alice.events() == ["item.added"]
    assert len(_asks(alice)) == 1
