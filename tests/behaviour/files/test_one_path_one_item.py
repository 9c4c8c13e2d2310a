"""One path belongs to one item: a wrong match is mended, and the peers follow."""

import os
from pathlib import Path
from typing import Any

import pytest

from mesharr.node.limits import approve
from mesharr.node.missing_items import all_asked, leave, restore
from tests.properties.mesh.people.base import moved_by_page
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.keepers import DAY, FILMS, KEEPERS, MUSICIANS, Keeper, named, nights, share, two
from tests.support.library_setups import SHOWS, TV

MINUTE = 60.0
SHOW, OTHER = list(SHOWS)[:2]


def _pair(setup: LibrarySetup, root: Path, clock: Clock, **changes: Any) -> tuple[Household, Household]:
    """Return two households that trust each other; the config of the second one has these changes."""
    drive = root / "drive"
    make_drive(drive, (setup.library,))
    alice = Household("alice", root, drive, clock, (setup,))
    bob = Household("bob", root, drive, clock, (setup,), **changes)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    return alice, bob


def _mended(alice: Household, clock: Clock, *others: Household) -> None:
    """Have alice see that what is in the folder of film 7 is film 8."""
    alice.radarr.delete(7)
    settle(clock, alice, *others, seconds=MINUTE, steps=6)
    alice.radarr.add(8, path=str(alice.library / "Film 7 (2007)"))
    settle(clock, alice, *others, seconds=40 * MINUTE)


def test_a_film_in_the_folder_of_a_wrong_one_takes_its_place_at_the_peer(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    _mended(alice, clock, bob)
    assert sorted(alice.events()[-3:]) == ["file.imported", "item.added", "item.removed"]
    assert bob.movie(7) is None
    assert bob.shows(8) == (False, True)
    assert bob.tags(8) == ["mesharr-alice"]
    assert bob.radarr.deleted_media == []
    assert alice.waits() == bob.waits() == {}
    assert bob.events() == []


def test_a_households_own_film_stays_and_the_fix_says_what_to_do(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    alice.radarr.add(7)
    bob.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    _mended(alice, clock, bob)
    assert bob.movie(7) is not None
    refused = [text for _, *rest in bob.state.refusals.all() for text in map(str, rest)]
    assert any("Film 7 (2007)" in text and "leave-item movies tmdb:7" in text for text in refused)
    bob.radarr.delete(7)
    settle(clock, alice, bob, seconds=26 * 60 * MINUTE)
    assert bob.shows(8) == (False, True)
    assert bob.radarr.deleted_media == []


def test_what_waits_for_the_approval_of_what_leaves_its_folder_costs_little_and_follows_soon(
    tmp_path: Path, clock: Clock
) -> None:
    wrong, right, half_hours = range(1, 5), range(11, 15), 48
    alice, bob = _pair(MOVIES, tmp_path, clock, policy={"holds": {"removals": 3}})
    share(FILMS, clock, alice, bob, numbers=wrong)
    for before, after in zip(wrong, right, strict=True):
        folder = alice.radarr.movie(before).path
        alice.radarr.delete(before)
        alice.radarr.add(after, path=folder)
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=60)
    [hold] = bob.state.holds.all()
    requests = []
    for _ in range(2):
        bob.forget_requests()
        settle(clock, alice, bob, seconds=DAY, steps=30 * half_hours)
        requests.append(len(bob.requests()))
    assert requests[0] < 4 * len(wrong) * 6 * half_hours
    assert requests[1] <= 4 * len(wrong)
    approve(bob.state, hold.n, clock())
    settle(clock, alice, bob, seconds=MINUTE, steps=12)
    assert [film for film in (*wrong, *right) if bob.movie(film)] == list(right)
    settle(clock, alice, bob)
    assert alice.waits() == bob.waits() == {}
    assert all_asked(alice.state) == all_asked(bob.state) == ()


def test_a_series_with_another_id_takes_the_place_of_the_old_one(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(TV, tmp_path, clock)
    sonarr: Any = alice.arrs["sonarr"]
    sonarr.add(SHOW)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    sonarr.download(SHOW, 2, 1)
    settle(clock, alice, bob)
    folder = sonarr.series(SHOW).path
    sonarr.delete(SHOW)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    sonarr.add(OTHER, path=folder)
    settle(clock, alice, bob, seconds=40 * MINUTE)
    followed: Any = bob.arrs["sonarr"]
    assert [series.tvdb_id for series in followed.library.all_series()] == [OTHER]
    assert followed.file(OTHER, 2, 1)
    assert alice.waits() == bob.waits() == {}


def test_the_drive_shows_the_old_file_of_an_upgrade_for_a_while(tmp_path: Path, clock: Clock) -> None:
    """Of an upgrade under one name the drive may show the file before: that is not published over it."""
    alice, bob = _pair(MOVIES, tmp_path, clock)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob)
    alice.radarr.download(7, size=9000)
    path = next(iter((alice.library / "Film 7 (2007)").glob("*.mkv")))
    content = path.read_bytes()
    path.write_bytes(content[:4096])
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    assert alice.events().count("file.imported") == 1
    path.write_bytes(content)
    settle(clock, alice, bob, seconds=30 * MINUTE)
    assert alice.events().count("file.imported") == 2
    file = bob.radarr.file(7)
    assert file
    assert file.size == 9000


def _replaced(keeper: Keeper, house: Household) -> None:
    """Have a user mend a wrong match: item 1 goes without its files, item 2 is added at its folder."""
    folder = f"{house.folders[keeper.library]}/{keeper.shown(house)[keeper.item(1)].item.folder}"
    keeper.delete(house, 1, files=False)
    keeper.add(house, 2, path=folder)


@pytest.mark.parametrize("keeper", KEEPERS, ids=named)
def test_the_row_of_a_peer_goes_at_once_when_another_item_is_in_its_folder(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    keeper.add(alice, 1)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    _replaced(keeper, alice)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    assert list(keeper.shown(bob)) == list(keeper.shown(alice)) == [keeper.item(2)]
    assert keeper.shown(bob)[keeper.item(2)].tags == ("mesharr-alice",)
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=6)
    assert alice.waits() == bob.waits() == {}
    assert bob.events() == []


@pytest.mark.parametrize("keeper", [FILMS, MUSICIANS], ids=named)
@pytest.mark.parametrize("wanted", [True, False])
def test_the_row_of_the_household_stays_and_its_answer_decides(
    keeper: Keeper, wanted: bool, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    keeper.add(alice, 1)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    _replaced(keeper, bob)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    one, two_ = keeper.item(1), keeper.item(2)
    assert list(keeper.shown(alice)) == [one]
    [asked] = all_asked(alice.state)
    assert asked.item == one
    assert "is in its folder" in asked.why
    (restore if wanted else leave)(alice.state, keeper.library, [one], clock())
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=12)
    assert list(keeper.shown(alice)) == ([one] if wanted else [two_])
    assert all_asked(alice.state) == ()
    assert list(keeper.shown(bob)) == [two_]
    assert all_asked(bob.state) == ()  # it was bob who deleted the first


def test_a_move_into_the_folder_of_another_artist_says_which_one_is_there(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, MUSICIANS)
    share(MUSICIANS, clock, alice, bob, numbers=(1,))
    MUSICIANS.add(bob, 2, path=f"{bob.folders['music']}/Shelf")
    artist = MUSICIANS.arr(alice).creator(MUSICIANS.item(1).partition(":")[2])
    moved_by_page(MUSICIANS.arr(alice), f"artist/{artist.id}", "Shelf")  # the other is not known here
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    assert all("Artist 1" in str(each) for each in alice.state.refusals.all()), alice.state.refusals.all()
    nights(clock, alice, bob)
    said = [f"{what}: {fix}" for _, what, fix, *_ in bob.state.refusals.all()]
    assert said, (bob.state.dirty.all(), MUSICIANS.shown(bob), alice.events(), bob.events())
    assert [text for text in said if "Artist 2" in text and "leave-item music" in text] == said
    assert [each.item for each in all_asked(bob.state)] == [MUSICIANS.item(2)]
    leave(bob.state, "music", [MUSICIANS.item(2)], clock())
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=12)
    assert [shown.item.folder for shown in MUSICIANS.shown(bob).values()] == ["Shelf"]
    assert MUSICIANS.files(bob) == MUSICIANS.files(alice)


def test_a_households_own_film_is_asked_about_though_it_had_left_the_one_in_its_folder(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    bob.radarr.add(8)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    bob.radarr.delete(8)  # bob is not asked to add it again: no add has the two films meet in his app
    settle(clock, alice, bob, seconds=20 * MINUTE)
    alice.radarr.add(7)
    bob.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    _mended(alice, clock, bob)
    assert bob.waits() == {}
    [asked] = all_asked(bob.state)
    assert asked.why == "Film 8 (2008) is in its folder Film 7 (2007) at the peers"
    assert bob.radarr.file(7)
    leave(bob.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob, seconds=20 * MINUTE)
    assert bob.movie(7) is None
    assert alice.shows(8) == (True, True)
    assert alice.waits() == bob.waits() == {}


def test_a_households_own_film_is_asked_about_when_it_loses_its_folder_to_one_it_had_met(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    bob.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    bob.radarr.download(7)
    settle(clock, alice, bob)
    alice.radarr.delete(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.add(8, path=str(alice.library / "Film 7 (2007)"))
    alice.radarr.add(7, path=str(alice.library / "Film 7 again"))
    settle(clock, alice, bob, seconds=20, steps=4)
    [waiting] = bob.state.dirty.all()  # the other one, which has no file yet
    assert waiting.why == "its folder is that of Film 7 (2007) in the mesh"
    assert all_asked(bob.state) == ()
    settle(clock, alice, bob, seconds=40 * MINUTE)
    [asked] = all_asked(bob.state)
    assert asked.item == "tmdb:7"
    leave(bob.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob, seconds=20 * MINUTE)
    assert bob.shows(8) == (False, True)


def test_a_film_whose_files_are_in_another_ones_folder_is_stuck_until_they_are_moved(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    moved_by_page(alice.radarr, f"movie/{alice.radarr.movie(7).id}", "Shelf")
    settle(clock, alice, bob, seconds=90 * MINUTE)
    bob.radarr.download(7, name="Film 7 new.mkv", size=8000)
    settle(clock, alice, bob)
    alice.radarr.delete(7)
    alice.radarr.add(8, path=str(alice.library / "Shelf"))
    settle(clock, alice, bob)
    alice.radarr.download(8, name="Film 8.mkv", size=9000)
    settle(clock, alice, bob, seconds=90 * MINUTE, steps=12)
    leave(bob.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob)
    assert bob.shows(8) == (False, True)
    bob.radarr.add(7)
    settle(clock, alice, bob)
    [stuck] = bob.state.dirty.all()
    said = (
        "its folder Shelf is that of Film 8 (2008): move its files there to the folder that Radarr has it in"
    )
    assert (stuck.state, stuck.why) == ("stuck", said)
    os.renames(bob.library / "Shelf" / "Film 7 new.mkv", f"{bob.radarr.movie(7).path}/Film 7 new.mkv")
    bob.radarr.queue_refresh()
    settle(clock, alice, bob, seconds=36 * 60 * MINUTE, steps=12)
    assert bob.state.dirty.all() == []
    assert bob.shows(7) == (True, True)


def test_a_file_that_an_unpublished_import_replaced_before_its_film_went_is_published_as_gone(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(MOVIES, tmp_path, clock)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7, name="Film 7 old.mkv")
    settle(clock, alice, bob)
    alice.radarr.download(7, name="Film 7 new.mkv", size=9000)  # the old file goes
    alice.radarr.delete(7)
    alice.radarr.add(8, path=str(alice.library / "Film 7 (2007)"))
    settle(clock, alice, bob, seconds=40 * MINUTE)
    assert bob.state.items.state("movies", "tmdb:7").copies == {}
    assert bob.movie(7) is None
    assert bob.shows(8) == (False, True)
    assert alice.waits() == bob.waits() == {}


def test_a_file_of_two_items_is_that_of_the_one_in_its_folder(tmp_path: Path, clock: Clock) -> None:
    """Alice imports while bob mends a wrong match in that folder; then she gives her series another one."""
    alice, bob = _pair(TV, tmp_path, clock)
    hers: Any = alice.arrs["sonarr"]
    his: Any = bob.arrs["sonarr"]
    hers.add(SHOW)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    folder = hers.series(SHOW).path
    hers.download(SHOW, 2, 1)
    his.delete(SHOW, False)
    his.add(OTHER, path=str(bob.folders["tv"] / Path(folder).name))
    settle(clock, bob, seconds=5 * MINUTE)
    settle(clock, alice, bob, seconds=30 * MINUTE)
    assert len(_copies(bob, SHOW)) == len(_copies(bob, OTHER)) == 1
    hers.delete(SHOW, False)
    settle(clock, alice, bob)
    hers.add(SHOW, path=f"{folder} again")
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert hers.file(OTHER, 2, 1)
    assert his.file(OTHER, 2, 1)
    for house in (alice, bob):
        assert (len(_copies(house, SHOW)), len(_copies(house, OTHER))) == (0, 1)
        assert house.waits() == {}
    assert alice.events()[-1] == "file.removed"
    assert hers.deleted_media == his.deleted_media == []


def _with_an_episode_of_his(root: Path, clock: Clock) -> tuple[Household, Household]:
    """Return alice and bob, who has added a series and imported an episode of it; both list it."""
    alice, bob = _pair(TV, root, clock)
    his: Any = bob.arrs["sonarr"]
    his.add(SHOW)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    his.download(SHOW, 2, 1)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=12)
    return alice, bob


def _copies(house: Household, show: int) -> list[str]:
    return [each.copy.path for each in house.state.items.state("tv", f"tvdb:{show}").copies.values()]


def test_files_handed_to_a_wrong_match_are_the_items_again_that_keeps_the_folder(
    tmp_path: Path, clock: Clock
) -> None:
    """Alice takes bob's series for another one, and he brings one more episode of it."""
    alice, bob = _with_an_episode_of_his(tmp_path, clock)
    hers: Any = alice.arrs["sonarr"]
    his: Any = bob.arrs["sonarr"]
    folder = hers.series(SHOW).path
    hers.delete(SHOW, False)
    hers.add(OTHER, path=folder)
    settle(clock, alice, bob, seconds=90 * MINUTE, steps=12)
    assert (len(_copies(bob, SHOW)), len(_copies(bob, OTHER))) == (0, 1)
    his.download(SHOW, 2, 2)
    settle(clock, alice, bob, seconds=10 * MINUTE, steps=12)
    assert [each.item for each in all_asked(alice.state)] == [f"tvdb:{OTHER}"]
    leave(alice.state, "tv", [f"tvdb:{OTHER}"], clock())
    nights(clock, alice, bob)
    assert all_asked(alice.state) == all_asked(bob.state) == ()
    for house in (alice, bob):
        assert (len(_copies(house, SHOW)), len(_copies(house, OTHER))) == (2, 0)
    assert hers.deleted_media == his.deleted_media == []


def test_a_series_in_another_folder_than_the_meshs_meets_the_one_that_the_app_has_there(
    tmp_path: Path, clock: Clock
) -> None:
    """Alice's other series keeps the folder as long as bob brings no file there."""
    alice, bob = _with_an_episode_of_his(tmp_path, clock)
    hers: Any = alice.arrs["sonarr"]
    his: Any = bob.arrs["sonarr"]
    his.download(SHOW, 2, 2, name="Season 02/no number.mkv")
    settle(clock, alice, bob)
    moved_by_page(his, f"series/{his.series(SHOW).id}", "Shelf")
    settle(clock, alice, bob, seconds=90 * MINUTE)
    hers.delete(SHOW, False)
    hers.add(OTHER, path=str(alice.folders["tv"] / "Shelf"))
    settle(clock, alice, bob, seconds=90 * MINUTE, steps=12)
    hers.add(SHOW, path=str(alice.folders["tv"] / "Own"))
    settle(clock, alice, bob)
    hers.download(SHOW, 1, 1)
    settle(clock, alice, bob)
    said = (
        "its folder Shelf is that of Show 2 (2012): move its files there to the folder that Sonarr has it in"
    )
    assert [(each.state, each.why) for each in alice.state.dirty.all()] == [("stuck", said)]
    his.download(SHOW, 1, 2)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=12)
    assert [each.item for each in all_asked(alice.state)] == [f"tvdb:{OTHER}"]
    leave(alice.state, "tv", [f"tvdb:{OTHER}"], clock())
    nights(clock, alice, bob)
    [stuck] = alice.state.dirty.all()
    assert stuck.why.endswith(
        "Own and Shelf: set its path in Sonarr to the second, and let Sonarr move the files"
    )
    moved_by_page(hers, f"series/{hers.series(SHOW).id}", "Shelf")
    nights(clock, alice, bob)
    for house in (alice, bob):
        assert len(_copies(house, SHOW)) == 4
        assert house.waits() == {}
    assert hers.deleted_media == his.deleted_media == []
