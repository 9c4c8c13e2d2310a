"""A film moved from one library to another: by one arr with both, and by an arr for each."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mesharr.config import Config
from mesharr.core.events.schema import ItemMoved
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.radarr.app import SimulatedRadarr
from tests.support.household import (
    FILMS,
    MOVIES,
    Clock,
    Household,
    LibrarySetup,
    import_on,
    make_drive,
    make_radarr,
    settle,
)

Post = Callable[[str, bytes, dict[str, str]], int]
LIBRARIES = ("movies", "movies-4k")
FOLDER = "Film 7 (2007)"


class OneArr(Household):
    """A household whose one Radarr keeps both libraries."""

    def config(self) -> Config:
        """Return the config, with the second library in the same arr."""
        folder = str(self.drive / LIBRARIES[1])
        both = {"app": "radarr", "root": folder, "path": folder, "quality_profile": "Any"}
        self.changes = {**self.changes, "libraries": {LIBRARIES[1]: both}, "scanners": []}
        return super().config()


def both_roots(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    return SimulatedRadarr(
        name=name,
        roots=[root, str(Path(root).parent / LIBRARIES[1])],
        api_key="key",
        catalogue=FILMS,
        now=clock.seconds,
        post=post,
        workers=False,
    )


ONE = (LibrarySetup("movies", "radarr", both_roots),)
TWO = (MOVIES, LibrarySetup(LIBRARIES[1], "radarr4k", make_radarr))


def household(kind: str, name: str, root: Path, clock: Clock) -> Household:
    if kind == "one arr":
        return OneArr(name, root, root / "drive", clock, ONE)
    return Household(name, root, root / "drive", clock, TWO, apps={"radarr4k": {"kind": "radarr"}})


def meet(root: Path, clock: Clock, alice: str, bob: str) -> tuple[Household, Household]:
    make_drive(root / "drive", LIBRARIES)
    houses = household(alice, "alice", root, clock), household(bob, "bob", root, clock)
    for one, other in (houses, houses[::-1]):
        one.trust(other)
    settle(clock, *houses, seconds=60, steps=6)
    import_on(clock, *houses)
    return houses


def move_at(clock: Clock, alice: Household, *others: Household) -> None:
    """Alice's person moves the film to the other library, files and all; the night finds it."""
    os.rename(alice.drive / "movies" / FOLDER, alice.drive / LIBRARIES[1] / FOLDER)
    alice.radarr.edit(7, path=str(alice.drive / LIBRARIES[1] / FOLDER))
    alice.engine.nightly.step(clock())
    settle(clock, alice, *others, seconds=90 * 60, steps=90)


def test_one_arr_at_both_has_its_film_pointed_at_the_other_library(tmp_path: Path, clock: Clock) -> None:
    alice, bob = meet(tmp_path, clock, "one arr", "one arr")
    before = bob.movie(7)
    bob.forget_requests()
    move_at(clock, alice, bob)
    assert alice.events()[2:6] == ["item.moved", "item.left", "item.added", "file.imported"]
    assert alice.events().count("item.removed") == 1
    movie = bob.movie(7)
    assert movie is not None
    assert before is not None
    assert movie["id"] == before["id"]  # it is the same row: never removed
    assert movie["path"] == str(bob.drive / LIBRARIES[1] / FOLDER)
    assert bob.shows(7) == (False, True)
    assert alice.shows(7) == (True, True)
    assert not [write for write in bob.writes() if write.startswith(("DELETE", "POST /api/v3/movie"))]
    assert bob.events() == []
    for house in (alice, bob):
        house.engine.nightly.step(clock())
        settle(clock, alice, bob)
        assert house.waits() == {}
    assert bob.events() == []
    assert len(alice.events()) == 7


def test_an_arr_for_each_library_loses_the_film_in_one_and_gets_it_in_the_other(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = meet(tmp_path, clock, "one arr", "an arr each")
    move_at(clock, alice, bob)
    assert bob.movie(7) is None
    shown = bob.arrs["radarr4k"]
    assert isinstance(shown, SimulatedRadarr)
    assert shown.movie(7).path == str(bob.drive / LIBRARIES[1] / FOLDER)
    assert not shown.movie(7).monitored
    assert shown.file(7) is not None
    assert bob.events() == []


def test_a_film_in_two_libraries_is_in_one_place_of_one_arr(tmp_path: Path, clock: Clock) -> None:
    alice, bob = meet(tmp_path, clock, "an arr each", "one arr")
    bob.forget_requests()
    four = alice.arrs["radarr4k"]
    assert isinstance(four, SimulatedRadarr)
    four.add(7)
    four.download(7, name="Film 7 4K.mkv")
    settle(clock, alice, bob)
    movie: Mapping[str, object] | None = bob.movie(7)
    assert movie is not None
    assert movie["path"] == str(bob.drive / "movies" / FOLDER)
    assert bob.writes() == []
    (waits,) = bob.state.dirty.all()
    assert (waits.library, waits.why) == (LIBRARIES[1], "Radarr keeps it in movies")


def test_a_peer_cannot_move_another_households_film_away_from_its_files(tmp_path: Path, clock: Clock) -> None:
    alice, bob = meet(tmp_path, clock, "an arr each", "one arr")
    import_on(clock, bob, alice, tmdb=8)
    before = bob.movie(8)
    four = alice.arrs["radarr4k"]
    assert isinstance(four, SimulatedRadarr)
    four.add(8)
    four.download(8, name="Film 8 4K.mkv")
    alice.state.outbox.put(
        "tmdb:8", ItemMoved(library="movies", id="tmdb:8", to=LIBRARIES[1]), "", "", clock()
    )
    bob.forget_requests()
    settle(clock, alice, bob, seconds=90 * 60, steps=90)
    assert "item.moved" in bob.read_of(alice)
    assert bob.movie(8) == before
    assert bob.writes() == []
