"""A peer deletes a folder in which a file has just arrived that it knows nothing of: nobody waits long."""

import shutil
from pathlib import Path

import pytest

from mesharr.node.missing_items import all_asked, all_missing
from tests.support.household import Clock, Household, import_on, settle
from tests.support.keepers import (
    FILMS,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    every_keeper,
    named,
    nights,
    share,
    two,
)

Pair = tuple[Household, Household]
FOLDER = "Film 7 (2007)"
BETTER = f"{FOLDER}/Better.mkv"
HOUR = 3600.0


def _quiet(house: Household) -> None:
    """A careful person has the arr scan nothing by itself."""
    house.radarr.common.config["mediamanagement"]["rescanAfterRefresh"] = "never"


@pytest.fixture
def shared(alice_and_bob: Pair, clock: Clock) -> Pair:
    """Film 7, imported by alice, followed by bob."""
    import_on(clock, *alice_and_bob)
    for house in alice_and_bob:
        _quiet(house)
    return alice_and_bob


def _deleted_while_alice_imports(shared: Pair, clock: Clock) -> None:
    """Alice imports a better file and tells of it; bob, who has not read that, deletes film and files."""
    alice, bob = shared
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, seconds=60, steps=6)
    assert alice.events()[-1] == "file.imported"
    bob.radarr.delete(7, delete_files=True)
    bob.run_commands()
    bob.engine.intake.step(clock())  # before it has read of alice's file
    assert not (alice.library / FOLDER).exists()


def test_who_published_a_copy_publishes_that_it_went_with_the_folder_a_peer_deleted(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    _deleted_while_alice_imports(shared, clock)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert "file.removed" in alice.events()
    assert bob.events() == ["item.left", "item.removed"]
    for house in shared:
        assert house.state.items.state("movies", "tmdb:7").copies == {}
        assert house.waits() == {}
    assert alice.shows(7) == (False, False)  # bob deleted it with its files: she is asked
    assert [each.item for each in all_asked(alice.state)] == ["tmdb:7"]


def test_a_copy_a_peer_did_not_know_of_is_kept_when_it_is_still_there(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    bob.radarr.delete(7, delete_files=True)
    bob.run_commands()
    bob.engine.intake.step(clock())
    alice.radarr.download(7, size=4096)  # the same name again, before bob's word is out
    settle(clock, alice, bob, seconds=26 * HOUR, steps=300)
    assert "file.removed" not in alice.events()
    assert alice.shows(7) == (True, True)
    assert alice.waits() == {}


def test_no_copy_is_doubted_while_the_library_is_away(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _deleted_while_alice_imports(shared, clock)
    (alice.library / FOLDER).mkdir()
    (alice.drive / "movies" / BETTER).write_bytes(b"x" * 9000)  # it was in the drive's trash, and is back
    settle(clock, bob, seconds=HOUR)
    away = alice.drive / "away"
    alice.library.rename(away)
    alice.library.mkdir()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert "file.removed" not in alice.events()
    alice.library.rmdir()
    away.rename(alice.library)
    settle(clock, alice, bob, seconds=26 * HOUR, steps=300)
    assert "file.removed" not in alice.events()
    assert alice.shows(7) == (True, True)


def test_a_file_that_went_before_it_was_published_is_not_waited_for(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    _quiet(alice)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    alice.radarr.download(7)
    alice.engine.intake.step(clock())
    shutil.rmtree(alice.library / FOLDER)  # e.g. by a peer, with the folder
    settle(clock, alice, bob, seconds=5 * 60, steps=20)
    assert alice.shows(7) == (True, True)
    [upload] = alice.state.uploads.all()
    assert upload.why == "neither here nor on the drive; to be confirmed by a second check"
    settle(clock, alice, bob, seconds=HOUR)
    assert alice.shows(7) == (True, False)
    assert alice.events() == ["item.added"]
    assert alice.waits() == {}
    assert all_missing(alice.state) == ()


def test_a_file_is_waited_for_while_the_library_is_away(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    _quiet(alice)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    alice.radarr.download(7)
    alice.engine.intake.step(clock())
    away = alice.drive / "away"
    alice.library.rename(away)
    alice.library.mkdir()
    alice.forget_requests()
    settle(clock, alice, bob, seconds=6 * HOUR, steps=120)
    assert alice.writes() == []
    alice.library.rmdir()
    away.rename(alice.library)
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.shows(7) == (False, True)


@every_keeper(FILMS, MUSICIANS)
def test_a_file_that_went_is_not_published_though_its_arr_goes_on_listing_it(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    """Lidarr and Readarr let go of no file when its folder is there and empty."""
    alice, bob = two(tmp_path, clock, keeper)
    keeper.add(alice, 1)
    settle(clock, alice, bob)
    keeper.bring(alice, 1)
    alice.engine.intake.step(clock())
    [paths] = keeper.files(alice).values()
    for path in paths:
        (alice.folders[keeper.library] / path).unlink()
    settle(clock, alice, bob, seconds=3 * HOUR, steps=90)
    assert alice.events() == ["item.added"]
    assert alice.state.outbox.all() == []
    settle(clock, alice, bob, seconds=26 * HOUR, steps=60)
    assert (alice.waits(), bob.waits()) == ({}, {})


@every_keeper(SHOWS, WRITERS)
def test_a_file_that_went_unpublished_is_published_when_it_is_imported_again_as_it_was(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    keeper.add(alice, 1)
    settle(clock, alice, bob)
    keeper.bring(alice, 1)
    alice.engine.intake.step(clock())
    [paths] = keeper.files(alice).values()
    for path in paths:
        (alice.folders[keeper.library] / path).unlink()
    settle(clock, alice, bob, seconds=3 * HOUR, steps=90)
    assert alice.events() == ["item.added"]
    keeper.bring(alice, 1)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert keeper.files(alice) == keeper.files(bob) == {keeper.item(1): paths}
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.events() == []
    assert (alice.waits(), bob.waits()) == ({}, {})


@pytest.mark.parametrize("keeper", [MUSICIANS, WRITERS], ids=named)
def test_what_an_arr_shows_in_an_empty_folder_goes_with_its_own_daily_scan(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1, 2))
    for path in keeper.files(alice)[keeper.item(1)]:
        (alice.folders[keeper.library] / path).unlink()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(alice)[keeper.item(1)]
    keeper.arr(alice).daily_rescan()
    settle(clock, alice, bob, seconds=60, steps=6)
    alice.engine.history.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(alice)[keeper.item(1)] == []
    assert alice.events()[-1] == "file.removed"
    assert keeper.files(bob)[keeper.item(1)]  # in the empty folder, until its own daily scan
    keeper.arr(bob).daily_rescan()
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(bob) == keeper.files(alice)
    nights(clock, alice, bob, days=1)
    assert (alice.waits(), bob.waits()) == ({}, {})


# -- what its own node finds missing


def _replaced_unheard(house: Household, *, with_files: bool) -> None:
    """Its film is deleted and added again while no webhook of the arr arrives."""
    house.deaf = True
    house.radarr.delete(7, delete_files=with_files)
    house.radarr.add(7)
    house.run_commands()
    house.deaf = False


def test_a_copy_of_mine_that_is_nowhere_is_published_as_gone_though_nobody_said_so(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    _replaced_unheard(alice, with_files=True)
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert alice.events()[-1] == "file.removed"
    for house in shared:
        assert house.state.items.state("movies", "tmdb:7").copies == {}
        assert house.waits() == {}


def test_a_copy_of_mine_that_is_there_is_checked_and_stays(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    told = alice.events()
    _replaced_unheard(alice, with_files=False)
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert alice.events() == told
    assert alice.shows(7)[1]


def test_no_copy_of_mine_is_looked_for_while_the_library_is_unavailable(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _replaced_unheard(alice, with_files=True)
    away = alice.drive / "away"
    alice.library.rename(away)
    alice.library.mkdir()
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=26 * HOUR, steps=200)
    assert "file.removed" not in alice.events()
