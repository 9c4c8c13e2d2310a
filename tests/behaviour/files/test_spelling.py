"""A change of capitals or of the Unicode form is a rename: published, followed, and never sent back."""

import os
import unicodedata
from pathlib import Path

import pytest

from mesharr.config import Config
from tests.support.household import Clock, Household, import_on, make_drive, settle

Pair = tuple[Household, Household]
FOLDER = "Film 7 (2007)"
FILE = f"{FOLDER} Bluray-1080p.mkv"
IMPORTED = ["item.added", "file.imported"]


def _path(house: Household) -> str:
    file, movie = house.radarr.file(7), house.radarr.movie(7)
    return f"{movie.path}/{file.relative_path}".removeprefix(f"{house.library}/") if file else ""


def _stay_at_rest(clock: Clock, *houses: Household) -> None:
    """Check that no comparison of the next days publishes anything."""
    published = [house.events() for house in houses]
    for house in houses:
        house.engine.nightly.step(clock())
        house.engine.nightly.hourly(clock())
    settle(clock, *houses, seconds=26 * 3600, steps=30)
    assert [house.events() for house in houses] == published
    assert all(house.waits() == {} for house in houses)


@pytest.mark.parametrize("size", [None, 900], ids=["one size", "two sizes"])
def test_of_two_files_with_nearly_one_name_a_scan_takes_either_and_neither_is_news(
    shared: Pair, clock: Clock, size: int | None
) -> None:
    alice, bob = shared
    first, second = (alice.library / FOLDER / name for name in (FILE, FILE.upper()))
    second.write_bytes(b"x" * (size or first.stat().st_size))
    for taken, left in ((second, first), (first, second)):
        left.rename(alice.drive / "hidden")
        alice.radarr.library.scan(alice.radarr.movie(7).id)
        (alice.drive / "hidden").rename(left)
        alice.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=3600, steps=24)
        assert _path(alice) == f"{FOLDER}/{taken.name}"
        assert _path(bob) == f"{FOLDER}/{FILE}"
        why = [dirty.why for dirty in alice.state.dirty.all()]
        assert why == [] if taken == first else "capitals only" in why[0]
    assert (alice.events(), bob.events()) == (IMPORTED, [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FILE, f"{FOLDER} BLURAY-1080p.mkv"),
        ("Cafe\u0301.mkv", "Caf\u00e9.mkv"),
        ("Caf\u00e9.mkv", "Cafe\u0301.mkv"),
    ],
)
def test_a_rename_that_changes_the_spelling_only_is_followed(
    shared: Pair, clock: Clock, before: str, after: str
) -> None:
    alice, bob = shared
    alice.radarr.rename(7, before)
    settle(clock, alice, bob)
    events = alice.events()
    bob.plex.scans.clear()
    alice.radarr.rename(7, after)
    settle(clock, alice, bob)
    assert _path(bob) == _path(alice) == f"{FOLDER}/{after}"
    assert alice.events() == [*events, "file.renamed"]
    assert bob.shows(7) == (False, True)
    assert bob.plex.scans == [str(bob.library / FOLDER)]
    assert bob.events() == []
    _stay_at_rest(clock, alice, bob)


def test_a_new_spelling_that_no_webhook_states_is_followed(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.deaf = True
    alice.radarr.rename(7, FILE.upper())
    alice.deaf = False
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert _path(bob) == f"{FOLDER}/{FILE.upper()}"
    assert alice.events() == [*IMPORTED, "file.renamed"]
    _stay_at_rest(clock, alice, bob)


def test_the_spelling_of_the_folder_is_followed(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    os.rename(alice.library / FOLDER, alice.library / FOLDER.upper())
    alice.radarr.edit(7, path=str(alice.library / FOLDER.upper()))
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=600)
    assert _path(bob) == _path(alice) == f"{FOLDER.upper()}/{FILE}"
    assert alice.events() == [*IMPORTED, "item.changed", "file.renamed"]
    assert bob.events() == []
    assert set(bob.plex.scans) == {str(bob.library / FOLDER), str(bob.library / FOLDER.upper())}
    alice.radarr.download(7, name="Film 7 Remux-2160p.mkv", quality="Remux-2160p", size=9000)
    settle(clock, alice, bob)
    assert _path(bob) == f"{FOLDER.upper()}/Film 7 Remux-2160p.mkv"
    _stay_at_rest(clock, alice, bob)


def test_a_spelling_changed_twice_before_it_is_published_is_one_rename(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    for name in (FILE.upper(), FILE.lower()):
        alice.radarr.rename(7, name)
    settle(clock, alice, bob)
    assert _path(bob) == f"{FOLDER}/{FILE.lower()}"
    assert bob.events() == []
    _stay_at_rest(clock, alice, bob)


def test_a_spelling_changed_back_is_followed_back(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    for name in (FILE.upper(), FILE):
        alice.radarr.rename(7, name)
        settle(clock, alice, bob, seconds=120)
        assert _path(bob) == _path(alice) == f"{FOLDER}/{name}"
    _stay_at_rest(clock, alice, bob)


# -- roots


class DecomposedHousehold(Household):
    """Its apps and media servers list the library's folder in another Unicode form than its config has."""

    def make_library(self, library: str) -> Path:
        place = self.dir / "Ame\u0301lie's" / library
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(self.drive / library)
        return place

    def config(self) -> Config:
        composed = {
            name: {"root": unicodedata.normalize("NFC", str(folder)), "path": str(folder)}
            for name, folder in self.folders.items()
        }
        self.changes = {**self.changes, "libraries": composed}
        return super().config()


def test_a_root_folder_that_its_app_lists_in_another_unicode_form_is_the_same(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = DecomposedHousehold("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    import_on(clock, alice, bob)  # nothing of that library is listed by bob's app before
    assert bob.radarr.movie(7).path == str(bob.library / FOLDER)
    assert bob.shows(7) == (False, True)
    assert bob.plex.scans == [str(bob.library / FOLDER)]
    bob.radarr.rename(7, "Bob's name.mkv")
    bob.radarr.add(8)
    bob.radarr.download(8)
    settle(clock, alice, bob)
    assert _path(alice) == f"{FOLDER}/Bob's name.mkv"
    assert alice.shows(8) == (False, True)
    _stay_at_rest(clock, alice, bob)
