"""Files of one item exchange their names or hand them on: one mapping, applied at once by the peer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.demo.arr.app import SimulatedApp
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import Clock, Household, import_on, make_drive, settle
from tests.support.library_setups import ARTISTS, MUSIC, SHOWS, TV

SHOW = next(iter(SHOWS))
ITEM = f"tvdb:{SHOW}"
ARTIST = next(iter(ARTISTS.values()))
ALBUM = ARTIST.works[0].id
HOUR_S = 3600.0
Pair = tuple[Household, Household]


def _sonarr(house: Household) -> SimulatedSonarr:
    arr: SimulatedApp = house.arrs["sonarr"]
    assert isinstance(arr, SimulatedSonarr)
    return arr


@pytest.fixture
def shared(tmp_path: Path, clock: Clock) -> Pair:
    """A season that alice imported and bob follows; each episode has its own size."""
    make_drive(tmp_path / "drive", ("tv",))
    alice, bob = (Household(name, tmp_path, tmp_path / "drive", clock, (TV,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    _sonarr(alice).add(SHOW)
    settle(clock, alice, bob, seconds=60, steps=6)
    for number in (1, 2, 3):
        _sonarr(alice).download(SHOW, 2, number, size=1111 * number)
    settle(clock, alice, bob)
    for house in (alice, bob):
        house.forget_requests()
        house.plex.scans.clear()
        assert _sizes(house) == {1: 1111, 2: 2222, 3: 3333}
    return alice, bob


def _sizes(house: Household) -> dict[int, int]:
    """The size that the app lists of each episode that has a file."""
    files = {number: _sonarr(house).file(SHOW, 2, number) for number in (1, 2, 3, 4)}
    return {number: file.size for number, file in files.items() if file}


def _paths(house: Household) -> dict[str, int]:
    return {file.relative_path: file.size for file in _sonarr(house).files(SHOW)}


def _owners(house: Household) -> set[str]:
    state = house.state.items.state("tv", ITEM)
    return {state.owner_of(f"S02E{number:02}").rpartition("-")[0] for number in (1, 2, 3)}


def _exchange(
    house: Household, one: int, other: int, between: Callable[[], object] = lambda: None, *, relinked: bool
) -> None:
    """Exchange the names of two episodes' files through a third name, as a user does it in Sonarr.

    `relinked`: TheTVDB exchanged the episodes before, so each file satisfies the other number.
    """
    arr = _sonarr(house)
    first, second = arr.file(SHOW, 2, one), arr.file(SHOW, 2, other)
    assert first
    assert second
    if relinked:
        arr.exchange_episodes(SHOW, 2, one, other)
        one, other = other, one
    arr.rename(SHOW, 2, one, f"{first.relative_path}.temporary.mkv")
    between()
    arr.rename(SHOW, 2, other, first.relative_path)
    between()
    arr.rename(SHOW, 2, one, second.relative_path)


@pytest.mark.parametrize(
    "how", ["at once", "one by one", "all before the first is published", "unheard", "in no history"]
)
@pytest.mark.parametrize(
    ("who", "relinked"),
    [
        (0, False),
        (1, True),
        pytest.param(0, True, marks=pytest.mark.campaign),
        pytest.param(1, False, marks=pytest.mark.campaign),
    ],
)
def test_two_episodes_that_exchange_their_names(
    shared: Pair, clock: Clock, relinked: bool, how: str, who: int
) -> None:
    house, peer = shared[who], shared[1 - who]
    house.deaf = how in {"unheard", "in no history"}
    between: dict[str, Callable[[], object]] = {
        "one by one": lambda: settle(clock, *shared, seconds=30, steps=3),
        "all before the first is published": lambda: house.engine.intake.step(clock()),
    }
    _exchange(house, 1, 2, between.get(how, lambda: None), relinked=relinked)
    if relinked:
        _sonarr(peer).exchange_episodes(SHOW, 2, 1, 2)
    if house.deaf:
        house.deaf = False
        if how == "in no history":
            _sonarr(house).library.tables.history.clear()
        settle(clock, house, peer, seconds=60, steps=6)
        house.engine.nightly.step(clock())
    settle(clock, house, peer, seconds=2 * HOUR_S)
    _holds_alike(house, peer)
    assert _sizes(house)[1] == (2222 if relinked else 1111)
    _new_files_are_scanned(house, peer, clock)


def _holds_alike(house: Household, peer: Household) -> None:
    for each in (house, peer):
        _sonarr(each).housekeeping()
    assert _paths(house) == _paths(peer)
    assert _sizes(house) == _sizes(peer)
    assert _owners(house) == _owners(peer) == {"alice"}
    imports = [each.events().count("file.imported") for each in (house, peer)]
    assert sorted(imports) in ([0, 1], [0, 3])
    assert house.waits() == peer.waits() == {}
    assert str(peer.library / "Show 1/Season 02") in {path.rstrip("/") for path in peer.plex.scans}


def _new_files_are_scanned(house: Household, peer: Household, clock: Clock) -> None:
    peer.plex.scans.clear()
    _sonarr(house).download(SHOW, 2, 4, size=4444)
    settle(clock, house, peer)
    assert _sizes(peer)[4] == 4444
    assert peer.plex.scans
    assert house.waits() == peer.waits() == {}


@pytest.mark.parametrize("scans_first", [0, 1])
def test_who_only_scanned_what_exchanged_its_names_owns_nothing(
    shared: Pair, clock: Clock, scans_first: int
) -> None:
    alice, bob = shared
    alice.down = True
    _exchange(alice, 1, 2, relinked=False)
    alice.down = False
    _sonarr(alice).library.tables.history.clear()
    _sonarr(shared[scans_first]).daily_refresh()
    settle(clock, bob, seconds=60, steps=6)
    bob.engine.nightly.step(clock())
    settle(clock, bob, seconds=3 * HOUR_S)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=60, steps=6)
    for house in (alice, bob, alice, bob):
        house.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=2 * HOUR_S)
    _holds_alike(alice, bob)
    assert alice.events().count("file.imported") == 1


# -- tracks


@pytest.fixture
def albums(tmp_path: Path, clock: Clock) -> Pair:
    """An album that alice imported and bob follows; each track has its own size."""
    make_drive(tmp_path / "drive", ("music",))
    alice, bob = (Household(name, tmp_path, tmp_path / "drive", clock, (MUSIC,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    _lidarr(alice).add(ARTIST.id)
    settle(clock, alice, bob, seconds=60, steps=6)
    for file in _lidarr(alice).download(ALBUM, size=4000):
        _resize(file.path, 4000 + 10 * file.id)
    _lidarr(alice).daily_rescan()
    settle(clock, alice, bob, seconds=2 * HOUR_S)
    assert len(set(_tracks(alice).values())) == 3
    assert _tracks(alice) == _tracks(bob)
    for house in (alice, bob):
        house.plex.scans.clear()
    return alice, bob


def _lidarr(house: Household) -> SimulatedLidarr:
    arr: SimulatedApp = house.arrs["lidarr"]
    assert isinstance(arr, SimulatedLidarr)
    return arr


def _resize(path: str, size: int) -> None:
    with open(path, "r+b") as file:
        file.truncate(size)


def _tracks(house: Household) -> dict[str, int]:
    """The name on the disk of each file that Lidarr lists, and its size."""
    return {Path(file.path).name: file.size for file in _lidarr(house).files(ALBUM)}


@pytest.mark.parametrize("heard", [True, False])
def test_renumbered_tracks_hand_on_their_names(albums: Pair, clock: Clock, heard: bool) -> None:
    alice, bob = albums
    names = sorted(_tracks(alice))
    files = sorted(_lidarr(alice).files(ALBUM), key=lambda file: file.path)
    folder = Path(files[0].path).parent.name
    handed_on = dict(zip(files, [*names[1:], names[2].replace("03", "04")], strict=True))
    alice.down = not heard
    for file, name in reversed(handed_on.items()):
        _lidarr(alice).rename_files(ALBUM, {file.id: f"{folder}/{name}"})
    alice.down = False
    if not heard:
        _lidarr(alice).library.tables.history.clear()
        settle(clock, alice, bob, seconds=60, steps=6)
        alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR_S)
    assert _tracks(alice) == _tracks(bob) == {name: file.size for file, name in handed_on.items()}
    assert [house.events().count("file.imported") for house in albums] == [1, 0]
    state = bob.state.items.state("music", f"mbid:{ARTIST.id}")
    assert state.owner_of(ALBUM) == alice.node
    assert len(state.copies) == 3
    assert alice.waits() == bob.waits() == {}
    assert bob.plex.scans


def test_who_only_scanned_renumbered_tracks_owns_nothing(albums: Pair, clock: Clock) -> None:
    alice, bob = albums
    names = sorted(_tracks(alice))
    files = sorted(_lidarr(alice).files(ALBUM), key=lambda file: file.path)
    folder = Path(files[0].path).parent.name
    handed_on = dict(zip(files, [*names[1:], names[2].replace("03", "04")], strict=True))
    alice.down = True
    for file, name in reversed(handed_on.items()):
        _lidarr(alice).rename_files(ALBUM, {file.id: f"{folder}/{name}"})
    alice.down = False
    _lidarr(bob).daily_rescan()
    settle(clock, bob, seconds=60, steps=6)
    bob.engine.nightly.step(clock())
    settle(clock, bob, seconds=3 * HOUR_S)
    bob.engine.nightly.step(clock())
    settle(clock, bob, seconds=3 * HOUR_S)
    settle(clock, alice, bob, seconds=60, steps=6)
    for house in (alice, bob, alice, bob):
        house.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=2 * HOUR_S)
    assert bob.events().count("file.imported") == 0
    state = bob.state.items.state("music", f"mbid:{ARTIST.id}")
    known = {Path(each.copy.path).name: each.copy.size for each in state.copies.values()}
    assert known == _tracks(alice) == {name: file.size for file, name in handed_on.items()}
    assert {each.brought_by for each in state.copies.values()} == {alice.node}
    assert state.owner_of(ALBUM) == alice.node


# -- films


@pytest.mark.parametrize("who", [0, 1])
def test_a_film_that_a_program_overwrote_is_published_and_changes_no_owner(
    alice_and_bob: Pair, clock: Clock, who: int
) -> None:
    """A transcoder writes under the same name, and nothing but a scan of an app shows it."""
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    for house in alice_and_bob:
        house.plex.scans.clear()
    file = alice.radarr.file(7)
    assert file
    _resize(f"{alice.library}/Film 7 (2007)/{file.relative_path}", 1234)
    alice_and_bob[who].radarr.daily_refresh()
    for _ in range(3):
        alice_and_bob[who].engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=HOUR_S)
    sizes = {(found := house.radarr.file(7)) and found.size for house in alice_and_bob}
    assert sizes == {1234}
    assert [house.events().count("file.imported") for house in alice_and_bob] == [1, 0]
    assert [house.events().count("file.renamed") for house in alice_and_bob] == [1 - who, who]
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert alice.waits() == bob.waits() == {}
    assert bob.plex.scans


# -- media servers


def test_a_file_that_never_comes_holds_back_no_scan_of_the_other_episodes(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    file = _sonarr(alice).download(SHOW, 2, 4, size=4444)
    alice.once()
    _resize(f"{_sonarr(alice).series(SHOW).path}/{file.relative_path}", 10)
    settle(clock, alice, bob, seconds=HOUR_S)
    bob.plex.scans.clear()
    _sonarr(alice).download(SHOW, 1, 1, size=1000)
    settle(clock, alice, bob)
    assert str(bob.library / "Show 1/Season 01") in {path.rstrip("/") for path in bob.plex.scans}
    asked = len(bob.plex.scans)
    settle(clock, alice, bob, seconds=HOUR_S)
    assert len(bob.plex.scans) == asked
