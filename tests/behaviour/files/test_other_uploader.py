"""Another program uploads: its work is noticed at once, and so is what an upgrade took off the drive."""

from pathlib import Path
from typing import Any, cast

import pytest

from mesharr.core.events.schema import FileRemoved
from mesharr.node.outward.uploading.others.taken_files import LOOK_MS
from tests.support.cloudplow import StandIn
from tests.support.crashing import Mortal, Uploading
from tests.support.household import Clock, Household, import_on, make_drive, settle

FILM = "Film 7 (2007)"
OLD, NEW = f"{FILM}/{FILM} Bluray-1080p.mkv", f"{FILM}/{FILM} Remux-1080p.mkv"
Houses = tuple[Uploading, Mortal]


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Houses:
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0, mode="none")
    bob = Mortal("bob", tmp_path, clock, late=0)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=300, steps=30)
    return alice, bob


def upgraded(alice: Uploading, clock: Clock, *houses: Mortal, name: str = NEW) -> None:
    """Upgrade the film as its app does in a union: the old file goes from the cloud, the new one is local."""
    (alice.drive / "movies" / OLD).unlink()
    alice.radarr.download(7, name=Path(name).name, quality="Remux-1080p", size=9000)
    settle(clock, alice, *houses, seconds=120, steps=24)


def test_a_file_that_left_the_local_branch_is_looked_for_at_once(houses: Houses, clock: Clock) -> None:
    alice, bob = houses
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=6 * 3600, steps=100)
    (upload,) = alice.state.uploads.all()
    assert upload.why == "not on the drive yet"
    assert upload.tries > 5  # the drive is asked every 5 minutes by now
    alice.other_moves()
    due = alice.engine.transfer.next_due()
    assert due is not None
    assert due - clock() <= LOOK_MS
    clock.forward(LOOK_MS / 1000)
    alice.engine.transfer.step(clock())
    alice.engine.transfer.step(clock())
    assert alice.state.uploads.all() == []
    settle(clock, alice, bob, seconds=300)
    assert bob.shows(7) == (False, True)
    assert alice.state.refusals.all() == []  # it is this program's work


@pytest.mark.parametrize("name", [NEW, OLD], ids=["another name", "the same name"])
def test_that_an_upgrade_took_the_old_file_is_told_at_once(houses: Houses, clock: Clock, name: str) -> None:
    alice, bob = houses
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=60, steps=12)
    alice.other_moves()
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    upgraded(alice, clock, bob, name=name)
    assert alice.events() == ["item.added", "file.imported", "file.removed"]
    assert bob.state.items.state("movies", "tmdb:7").copies == {}
    assert bob.shows(7) == (False, False)  # not monitored: alice brings the new one
    assert alice.shows(7) == (True, True)
    assert bob.radarr.searches == []
    settle(clock, alice, bob, seconds=3 * 24 * 3600, steps=100)
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "file.removed"]
    alice.other_moves()
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "file.removed", "file.imported"]
    assert bob.shows(7) == (False, True)
    for house in houses:
        house.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=3600)
    assert [house.waits() for house in houses] == [{}, {}]
    assert [house.shows(7) for house in houses] == [(True, True), (False, True)]
    assert [house.radarr.deleted_media for house in houses] == [[], []]


def test_who_took_a_file_away_for_an_upgrade_owns_the_unit_until_it_comes(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=60, steps=12)
    alice.other_moves()
    settle(clock, alice, bob)
    upgraded(alice, clock, bob)
    assert alice.events()[-1] == "file.removed"
    state = bob.state.items.state("movies", "tmdb:7")
    assert state.copies == {}
    assert state.owner_of("movie") == alice.node
    settle(clock, alice, bob, seconds=3600, steps=20)
    bob.radarr.set_monitored(7, False)
    bob.state.dirty.mark([("movies", "tmdb:7")], clock())
    settle(clock, alice, bob, seconds=1800, steps=20)
    assert alice.shows(7) == (True, True)
    assert bob.shows(7) == (False, False)
    alice.radarr.delete_file(7)  # the better file goes, too, before it was there
    settle(clock, alice, bob, seconds=3600, steps=40)
    alice.other_moves()
    settle(clock, alice, bob, seconds=3600)
    assert bob.shows(7) == (False, False)


def test_an_upgrade_whose_old_file_is_still_there_is_not_told_before_the_new_one(
    houses: Houses, clock: Clock
) -> None:
    alice, bob = houses
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=60, steps=12)
    alice.other_moves()
    settle(clock, alice, bob)
    content = (alice.drive / "movies" / OLD).read_bytes()
    upgraded_too_early = alice.drive / "movies" / OLD
    alice.radarr.download(7, name=Path(NEW).name, quality="Remux-1080p", size=9000)
    upgraded_too_early.write_bytes(content)
    settle(clock, alice, bob, seconds=600)
    assert alice.events() == ["item.added", "file.imported"]


def test_a_removal_for_an_upgrade_says_what_follows() -> None:
    gone = FileRemoved(library="movies", id="tmdb:7", paths=(OLD,), reason="upgrade", seen={})
    assert gone.note == "a better file is on its way to the drive"
    assert FileRemoved(library="movies", id="tmdb:7", paths=(OLD,), reason="deleted", seen={}).note == ""


def test_a_normal_upload_of_an_upgrade_tells_it_once(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Uploading("alice", tmp_path, clock, late=0)
    settle(clock, alice, seconds=300, steps=30)
    import_on(clock, alice)
    upgraded(alice, clock)
    assert alice.events() == ["item.added", "file.imported", "file.imported"]


@pytest.mark.parametrize("local", [True, False], ids=["on a local branch", "of one folder"])
def test_a_film_that_is_a_link_out_of_the_library_is_named_and_not_withdrawn(
    tmp_path: Path, clock: Clock, *, local: bool
) -> None:
    make_drive(tmp_path / "drive")
    house: Household
    if local:
        house = Uploading("alice", tmp_path, clock, late=0, mode="none")
    else:
        house = Household("alice", tmp_path, tmp_path / "drive", clock)
    settle(clock, house, seconds=300, steps=30)
    house.radarr.add(7)
    house.radarr.download(7, size=4096)
    here, there = house.library / OLD, tmp_path / "debrid.mkv"
    here.rename(there)
    here.symlink_to(there)
    settle(clock, house, seconds=3600)
    ((subject, what, fix, _),) = house.state.refusals.all()
    assert subject == f"upload:movies:{OLD}"
    assert str(there) in what
    assert "link" in fix
    assert [upload.path for upload in house.state.uploads.all()] == [OLD]
    here.unlink()
    there.rename(here)
    if isinstance(house, Uploading):
        house.other_moves()
    settle(clock, house, seconds=7 * 3600, steps=100)
    assert house.events().count("file.imported") == 1
    assert house.state.refusals.all() == []


def test_many_files_of_a_folder_cost_one_look_at_the_drive(houses: Houses, clock: Clock) -> None:
    alice, _ = houses
    names = [f"Show/Season 01/{number}.mkv" for number in range(100)]
    for number, name in enumerate(names):  # one after the other, as a season is imported
        alice.state.uploads.put(1, "movies", [(name, 4)], replaces=False, since=clock() + number)
    looks: list[int] = []
    disk = alice.engine.transfer._libraries["movies"].storage
    sizes = disk.sizes_on_drive
    disk.sizes_on_drive = lambda paths: looks.append(len(paths)) or sizes(paths)  # type: ignore[method-assign,func-returns-value]  # it is counted
    alice.engine.transfer.step(clock())
    assert looks == [100]
    clock.forward(5)
    alice.state.uploads.retry(clock())
    first = alice.state.uploads.all()[0]
    for upload in alice.state.uploads.all()[1:]:  # they are due at different times
        alice.state.uploads.later(upload, clock() + upload.n * 1000, "not on the drive yet")
    alice.engine.transfer.step(clock())
    assert looks == [100, 100]
    assert first.n in {each.n for each in alice.state.uploads.all()}


def test_cloudplow_is_started_for_a_better_file_and_waited_for_otherwise(
    houses: Houses, clock: Clock, tmp_path: Path
) -> None:
    alice, bob = houses
    plow = StandIn(tmp_path / "cloudplow", alice.local, alice.drive)
    alice.changes["uploads"] = {
        "mode": "cloudplow",
        "cloudplow": {"binary": str(plow.binary), "config": str(plow.config)},
    }
    alice.changes["libraries"]["movies"]["remote"] = "gdrive:movies"
    alice.restart()
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=1800, steps=20)
    assert plow.starts == 0  # its own schedule uploads what is new
    alice.other_moves()
    settle(clock, alice, bob, seconds=60, steps=12)
    assert bob.shows(7) == (False, True)
    (alice.drive / "movies" / OLD).unlink()
    alice.radarr.download(7, name=Path(NEW).name, quality="Remux-1080p", size=9000)
    settle(clock, alice, seconds=30, steps=6)
    stage = alice.engine.transfer._folder_uploads
    if (upload := cast(Any, stage)._program._child) is not None:  # not ended, as far as mesharr saw
        upload.wait(30)
    assert plow.starts == 1
    settle(clock, alice, bob, seconds=120, steps=24)
    assert (alice.drive / "movies" / NEW).stat().st_size == 9000
    assert alice.state.uploads.all() == []
    assert bob.shows(7) == (False, True)
    assert alice.state.refusals.all() == []
