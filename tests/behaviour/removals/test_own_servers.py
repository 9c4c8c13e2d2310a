"""A household's own media servers hear of what it deletes itself: each folder once, when it is gone."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.household import Clock, Household, import_on, settle
from tests.support.keepers import (
    FILMS,
    HOUR,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    every_keeper,
    named,
    share,
    two,
)

Pair = tuple[Household, Household]
FOLDER = "Film 7 (2007)"


def _folders(keeper: Keeper, house: Household, number: int) -> set[str]:
    """Return the folders of an item's files, as the media server sees them."""
    paths = keeper.files(house)[keeper.item(number)]
    return {str((house.folders[keeper.library] / path).parent) for path in paths}


def _shared(keeper: Keeper, tmp_path: Path, clock: Clock) -> Pair:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob)
    for house in (alice, bob):
        house.plex.scans.clear()
    return alice, bob


@pytest.fixture
def film(alice_and_bob: Pair, clock: Clock) -> Pair:
    """Film 7, imported by alice, followed by bob; their media servers have heard of it."""
    import_on(clock, *alice_and_bob)
    for house in alice_and_bob:
        house.plex.scans.clear()
    return alice_and_bob


@every_keeper(SHOWS, WRITERS)
def test_what_a_household_deletes_with_its_files_its_own_server_scans_once(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _shared(keeper, tmp_path, clock)
    folders = _folders(keeper, alice, 1)
    keeper.delete(alice, 1, files=True)
    alice.run_commands()
    settle(clock, alice, seconds=60, steps=12)
    assert Counter(alice.plex.scans) == Counter(folders), "long before the proof and the event"
    settle(clock, alice, bob, seconds=26 * HOUR, steps=300)
    assert Counter(alice.plex.scans) == Counter(folders)
    assert Counter(bob.plex.scans) == Counter(folders)


@pytest.mark.parametrize("keeper", [FILMS, SHOWS, MUSICIANS], ids=named)
def test_of_a_deleted_file_alone_its_folder_is_scanned_once(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _shared(keeper, tmp_path, clock)
    folders, work = _folders(keeper, alice, 2), keeper.work(2)
    keeper.arr(alice).delete_file(*(work if isinstance(work, tuple) else (work,)))
    alice.run_commands()
    alice.engine.nightly.step(clock())  # Lidarr reports no deleted file
    settle(clock, alice, bob, seconds=26 * HOUR, steps=300)
    assert Counter(alice.plex.scans) == Counter(folders)
    assert Counter(bob.plex.scans) == Counter(folders)


@pytest.mark.parametrize("keeper", [MUSICIANS, WRITERS], ids=named)
def test_of_a_deleted_album_or_book_its_folder_is_scanned_once(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _shared(keeper, tmp_path, clock)
    folders = _folders(keeper, alice, 2)
    keeper.arr(alice).delete(keeper.work(2), delete_files=True)
    alice.run_commands()
    alice.engine.nightly.step(clock())  # Readarr reports no deleted book
    settle(clock, alice, bob, seconds=26 * HOUR, steps=300)
    assert Counter(alice.plex.scans) == Counter(folders)
    assert Counter(bob.plex.scans) == Counter(folders)


@pytest.mark.campaign
@every_keeper(FILMS, MUSICIANS)
def test_a_deletion_that_keeps_the_files_is_no_news_for_a_media_server(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _shared(keeper, tmp_path, clock)
    keeper.delete(alice, 1, files=False)
    alice.run_commands()
    settle(clock, alice, bob, seconds=50 * HOUR, steps=300)
    assert alice.plex.scans == bob.plex.scans == []
    assert alice.state.dropped_files.next_due() is None


def test_the_server_hears_of_it_only_when_the_mount_shows_it_gone(film: Pair, clock: Clock) -> None:
    alice, _ = film
    kept = alice.library.with_name("kept")
    shutil.copytree(alice.library / FOLDER, kept)
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    shutil.copytree(kept, alice.library / FOLDER)  # the mount has cached its listing
    settle(clock, alice, seconds=60, steps=12)
    assert alice.plex.scans == []
    shutil.rmtree(alice.library / FOLDER)
    settle(clock, alice, seconds=HOUR, steps=60)
    assert alice.plex.scans == [str(alice.library / FOLDER)]


def test_nothing_is_scanned_while_the_library_is_away(film: Pair, clock: Clock) -> None:
    alice, _ = film
    away = alice.drive / "away"
    alice.library.rename(away)
    alice.library.mkdir()
    alice.radarr.delete(7)
    settle(clock, alice, seconds=HOUR, steps=60)
    assert alice.plex.scans == []
    alice.library.rmdir()
    away.rename(alice.library)
    settle(clock, alice, seconds=HOUR, steps=60)
    assert alice.plex.scans == [], "the film is still there"


def test_a_film_deleted_while_the_node_was_off_is_scanned_at_its_next_comparison(
    film: Pair, clock: Clock
) -> None:
    alice, bob = film
    alice.deaf = True
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    alice.deaf = False
    for _ in range(3):  # the nights in which its user does not answer
        alice.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=24 * HOUR, steps=48)
    assert alice.plex.scans == [str(alice.library / FOLDER)]


def test_a_film_deleted_before_its_event_was_out_is_scanned_too(alice_and_bob: Pair, clock: Clock) -> None:
    alice, _ = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    alice.engine.intake.step(clock())
    [stage] = alice.engine.scanners
    stage.step(clock())
    alice.plex.scans.clear()
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    settle(clock, alice, seconds=HOUR, steps=60)
    assert alice.plex.scans == [str(alice.library / FOLDER)]


def test_a_file_that_comes_back_before_its_removal_is_out_is_scanned_again(film: Pair, clock: Clock) -> None:
    alice, _ = film
    file = next((alice.library / FOLDER).glob("*.mkv"))
    content = file.read_bytes()
    alice.radarr.delete_file(7)
    settle(clock, alice, seconds=120, steps=12)
    assert alice.plex.scans == [str(alice.library / FOLDER)]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)  # from the drive's trash
    alice.radarr.daily_refresh()
    alice.run_commands()
    alice.engine.nightly.step(clock())
    settle(clock, alice, seconds=26 * HOUR, steps=200)
    assert alice.shows(7)[0]
    assert alice.plex.scans == [str(alice.library / FOLDER)] * 2


def test_an_upgrade_is_one_change(film: Pair, clock: Clock) -> None:
    alice, _ = film
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, seconds=26 * HOUR, steps=200)
    assert alice.plex.scans == [str(alice.library / FOLDER)]


def test_what_was_dropped_survives_a_crash_of_the_node(film: Pair, clock: Clock) -> None:
    alice, _ = film
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    alice.engine.intake.step(clock())
    alice.restart()
    settle(clock, alice, seconds=60, steps=12)
    assert alice.plex.scans == [str(alice.library / FOLDER)]


def _deleted_by_alice_and_still_listed_by_bobs_mount(film: Pair, clock: Clock) -> Path:
    """Return the file that bob's mount shows after alice's event is out."""
    alice, bob = film
    file = next((alice.library / FOLDER).glob("*.mkv"))
    content = file.read_bytes()
    alice.radarr.delete(7, delete_files=True)
    alice.run_commands()
    settle(clock, alice, seconds=HOUR, steps=120)
    assert "item.removed" in alice.events()
    file.parent.mkdir()
    file.write_bytes(content)
    settle(clock, bob, seconds=120, steps=12)
    assert bob.plex.scans == []
    return file


def test_of_a_peers_deletion_a_server_hears_when_its_mount_shows_it_gone(film: Pair, clock: Clock) -> None:
    _, bob = film
    shutil.rmtree(_deleted_by_alice_and_still_listed_by_bobs_mount(film, clock).parent)
    settle(clock, bob, seconds=HOUR, steps=120)
    assert bob.plex.scans == [str(bob.library / FOLDER)]


def test_of_a_peers_deletion_a_server_hears_at_last_whatever_the_own_mount_shows(
    film: Pair, clock: Clock
) -> None:
    _, bob = film
    _deleted_by_alice_and_still_listed_by_bobs_mount(film, clock)
    settle(clock, bob, seconds=HOUR, steps=120)
    assert bob.plex.scans == [str(bob.library / FOLDER)]
