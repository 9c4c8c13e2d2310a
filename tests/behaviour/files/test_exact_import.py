"""Files that no scan takes, or that a scan gives to another unit: they are imported by their ids."""

from pathlib import Path

import httpx
import pytest

from mesharr.core.arr.model import ArrItem
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.readarr.app import KnownCreator, KnownEdition, KnownWork, SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.works.tags import tagged
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, import_on, make_drive, settle
from tests.support.library_setups import ARTISTS, AUTHORS, BOOKS, MUSIC, SHOWS, TV


def _pair(root: Path, clock: Clock, setup: LibrarySetup) -> tuple[Household, Household]:
    make_drive(root / "drive", (setup.library,))
    alice, bob = (Household(name, root, root / "drive", clock, (setup,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def _files(house: Household, item: str) -> dict[str, tuple[str, ...]]:
    """The units of each file that the app lists of an item, by path."""
    [app] = house.arrs
    with house.unseen():
        listed: ArrItem | None = house.links[app].arr.read(item)
    assert listed is not None, f"{house.name} lacks it"
    return {file.path: file.units for file in listed.files}


def _commands(house: Household) -> dict[str, int]:
    """How often mesharr asked the app for imports and scans."""
    counts = house.state.counters.all()
    return {name: counts[name] for name in ("imported", "rescanned") if name in counts}


def _forget(*houses: Household) -> None:
    for house in houses:
        house.forget_requests()


def _costs(house: Household) -> int:
    """How many requests were made to the app of a household since they were forgotten."""
    return len(house.requests())


@pytest.mark.parametrize(
    "name", ["Season 01/the one with the boat.mkv", "Season 01/Show 1 - 001.mkv", "Pilot.mkv"]
)
def test_an_episode_whose_name_has_no_number_is_imported(tmp_path: Path, clock: Clock, name: str) -> None:
    alice, bob = _pair(tmp_path, clock, TV)
    sonarr = alice.arrs["sonarr"]
    assert isinstance(sonarr, SimulatedSonarr)
    sonarr.add(1)
    settle(clock, alice, bob)
    _forget(alice, bob)
    sonarr.download(1, 1, 1, name=name)
    settle(clock, alice, bob)
    assert _costs(alice) <= 4
    assert _costs(bob) <= 10
    assert _commands(bob) == {"imported": 1}
    assert _files(bob, "tvdb:1") == _files(alice, "tvdb:1")
    assert list(_files(bob, "tvdb:1").values()) == [("S01E01",)]
    assert bob.waits() == {}
    assert bob.events() == []


@pytest.mark.parametrize("shows", [1, 12])
def test_what_the_app_failed_to_answer_is_imported_by_ids_later(
    tmp_path: Path, clock: Clock, shows: int
) -> None:
    alice, bob = _pair(tmp_path, clock, TV)
    sonarr, other = alice.arrs["sonarr"], bob.arrs["sonarr"]
    assert isinstance(sonarr, SimulatedSonarr)
    tvdbs = list(SHOWS)[:shows]
    for tvdb in tvdbs:
        sonarr.add(tvdb)
    settle(clock, alice, bob)
    failed: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and b"ManualImport" in request.content:
            failed.append(request.url.path)
            return httpx.Response(500, json={"message": "database is locked"})
        return None

    for tvdb in tvdbs:
        sonarr.download(tvdb, 1, 1, name="Pilot.mkv")
    other.fail = fail
    settle(clock, alice, bob, seconds=10, steps=5)
    assert failed
    other.fail = None
    settle(clock, alice, bob)
    for tvdb in tvdbs:
        assert _files(bob, f"tvdb:{tvdb}") == _files(alice, f"tvdb:{tvdb}")
    assert _commands(bob).keys() == {"imported"}
    assert bob.waits() == {}


def test_an_album_whose_tags_are_of_nothing_is_imported(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, MUSIC)
    lidarr = alice.arrs["lidarr"]
    assert isinstance(lidarr, SimulatedLidarr)
    for house in (alice, bob):
        house.arrs["lidarr"].library.facts.reads_tags = True  # type: ignore[attr-defined]  # any arr's
    artist = next(iter(ARTISTS.values()))
    lidarr.add(artist.id)
    settle(clock, alice, bob)
    _forget(alice, bob)
    lidarr.download(artist.works[0].id, content=tagged(""))
    settle(clock, alice, bob)
    assert _costs(alice) <= 7
    assert _costs(bob) <= 13
    assert _commands(bob) == {"imported": 1}
    item = f"mbid:{artist.id}"
    assert len(_files(bob, item)) == 3
    assert _files(bob, item) == _files(alice, item)
    assert bob.waits() == {}
    assert bob.events() == []


def test_a_book_in_a_folder_that_names_none_is_imported(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, BOOKS)
    readarr = alice.arrs["readarr"]
    assert isinstance(readarr, SimulatedReadarr)
    author = next(iter(AUTHORS.values()))
    readarr.add(author.id)
    settle(clock, alice, bob)
    _forget(alice, bob)
    readarr.download(author.works[0].id, folder="scan 0815")
    settle(clock, alice, bob)
    assert _costs(alice) <= 6
    assert _costs(bob) <= 12
    assert _commands(bob) == {"imported": 1}
    item = f"goodreads:{author.id}"
    assert list(_files(bob, item).values()) == [(author.works[0].id,)]
    assert _files(bob, item) == _files(alice, item)
    assert bob.waits() == {}
    assert bob.events() == []


def test_a_book_that_a_scan_gave_to_another_author_comes_to_its_own(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, BOOKS)
    gates = (
        ("7001", "Odile Amber", "70010", "The Amber Gate"),
        ("7002", "Ines Ember", "70020", "The Ember Gate"),
    )
    for house in (alice, bob):
        readarr = house.arrs["readarr"]
        assert isinstance(readarr, SimulatedReadarr)
        for author, name, book, title in gates:
            work = KnownWork(book, title, (KnownEdition(f"{book}1", title),), "1990-01-01")
            readarr.library.catalogue[author] = KnownCreator(author, name, (work,))  # type: ignore[index]
        readarr.add("7001")
        readarr.run_commands()
    settle(clock, alice, bob)
    ours = alice.arrs["readarr"]
    theirs = bob.arrs["readarr"]
    assert isinstance(ours, SimulatedReadarr)
    assert isinstance(theirs, SimulatedReadarr)
    _forget(alice, bob)
    ours.add("7002")
    ours.run_commands()
    ours.download("70020")
    theirs.library.facts.fuzzy_matches = True
    [path] = [file.path for file in ours.files("70020")]
    theirs.daily_rescan()  # before bob has heard of the author
    theirs.run_commands()
    assert [file.path for file in theirs.files("70010")] == [path]
    settle(clock, alice, bob)
    assert _costs(alice) <= 6
    assert _costs(bob) <= 28
    assert _files(bob, "goodreads:7002") == {path: ("70020",)}
    assert _files(bob, "goodreads:7001") == {}
    assert bob.waits() == {}


def test_a_better_file_is_one_import_and_no_scan(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, MOVIES)
    import_on(clock, alice, bob, tmdb=7)
    alice.radarr.download(7, name="Film 7 better.mkv", size=9000, quality="Bluray-2160p")
    settle(clock, alice, bob)
    assert [Path(path).name for path in _files(bob, "tmdb:7")] == ["Film 7 better.mkv"]
    assert _commands(bob) == {"imported": 2}  # the first file, and the better one
    assert bob.waits() == {}


def test_a_file_outside_its_items_folder_is_never_imported_by_ids(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, MOVIES)
    import_on(clock, alice, bob, tmdb=7)
    bob.radarr.edit(7, path=f"{bob.library}/Elsewhere")
    alice.radarr.download(7, name="Film 7 better.mkv", size=9000)
    settle(clock, alice, bob)
    assert (bob.library / "Film 7 (2007)" / "Film 7 better.mkv").stat().st_size == 9000
    assert not (bob.library / "Elsewhere").exists()
