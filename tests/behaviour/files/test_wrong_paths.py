"""A wrong `remote` or `local` publishes nothing, is named, and is mended by correcting it."""

from pathlib import Path
from typing import Any

import pytest

from mesharr.log import mesh
from tests.support.crashing import Mortal, Uploading
from tests.support.household import MESH, Clock, make_drive, settle

FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"
Houses = tuple[Uploading, Mortal]


def two(root: Path, clock: Clock, late: float = 0, **library: Any) -> Houses:
    """Return Alice, who uploads with these settings of her library, and Bob."""
    make_drive(root / "drive")
    alice = Uploading("alice", root, clock, late=late)
    set_library(alice, **library)
    bob = Mortal("bob", root, clock, late=0)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=300, steps=30)
    return alice, bob


def set_library(house: Uploading, **library: Any) -> None:
    """Correct mesharr.yml and start mesharr again."""
    house.changes["libraries"]["movies"] |= library
    house.restart()


def import_film(houses: Houses, clock: Clock, seconds: float = 1200) -> None:
    houses[0].radarr.add(7)
    settle(clock, *houses, seconds=60, steps=6)
    houses[0].radarr.download(7, size=4096)
    settle(clock, *houses, seconds=seconds)


def refusal(house: Uploading) -> str:
    (found,) = [
        f"{what} -> {fix}" for subject, what, fix, *_ in house.state.refusals.all() if "upload:" in subject
    ]
    return found


def check_shared(houses: Houses) -> None:
    alice, bob = houses
    assert (alice.drive / "movies" / FILE).stat().st_size == 4096
    assert not (alice.local / "movies" / FILE).exists()
    assert alice.events().count("file.imported") == 1
    assert bob.shows(7) == (False, True)
    assert [each.waits() for each in houses] == [{}, {}]
    assert [subject for subject, *_ in alice.state.refusals.all()] == []


@pytest.mark.parametrize("anchor", [None, mesh.anchor(MESH, "tv"), b"something else"])
def test_a_remote_without_the_librarys_anchor_gets_no_upload(
    tmp_path: Path, clock: Clock, anchor: bytes | None
) -> None:
    houses = two(tmp_path, clock, remote="remote:films")
    alice = houses[0]
    (alice.drive / "films").mkdir()
    if anchor is not None:
        (alice.drive / "films" / ".mesharr-anchor").write_bytes(anchor)
    import_film(houses, clock)
    assert not (alice.drive / "films" / FILE).exists()
    assert "file.imported" not in alice.events()
    assert "remote:films is not the folder of library movies" in refusal(alice)
    assert "set remote of library movies" in refusal(alice)
    set_library(alice, remote="remote:movies")
    settle(clock, *houses)
    check_shared(houses)


def test_what_was_sent_to_a_folder_that_the_mount_does_not_show_waits_and_is_sent_again(
    tmp_path: Path, clock: Clock
) -> None:
    houses = two(tmp_path, clock, remote="remote:copy")
    alice = houses[0]
    (alice.drive / "copy").mkdir()
    (alice.drive / "copy" / ".mesharr-anchor").write_bytes(mesh.anchor(MESH, "movies"))
    import_film(houses, clock)
    assert (alice.drive / "copy" / FILE).exists()
    assert "file.imported" not in alice.events()
    assert (alice.local / "movies" / FILE).exists()
    set_library(alice, remote="remote:movies")
    settle(clock, *houses)
    check_shared(houses)


@pytest.mark.parametrize("mode", ["move", "copy"])
def test_nothing_is_published_before_the_own_mount_shows_it(tmp_path: Path, clock: Clock, mode: str) -> None:
    houses = two(tmp_path, clock, late=600)
    alice = houses[0]
    alice.changes["uploads"] = {"mode": mode}
    alice.restart()
    import_film(houses, clock, seconds=300)
    assert (alice.drive / "movies" / FILE).exists()
    assert "file.imported" not in alice.events()
    settle(clock, *houses, seconds=1800)
    assert alice.events().count("file.imported") == 1
    assert (alice.local / "movies" / FILE).exists() is (mode == "copy")
    assert [each.waits() for each in houses] == [{}, {}]


def test_a_path_that_is_no_union_gets_no_upload(tmp_path: Path, clock: Clock) -> None:
    """The app would lose each film with the end of its upload."""
    local, merged = (str(tmp_path / "alice" / name / "movies") for name in ("local", "merged"))
    houses = two(tmp_path, clock, path=local)
    alice = houses[0]
    import_film(houses, clock)
    assert not (alice.drive / "movies" / FILE).exists()
    assert (alice.local / "movies" / FILE).exists()
    assert "path of library movies does not show what is on its drive" in refusal(alice)
    assert "set it to the union of local and cloud" in refusal(alice)
    set_library(alice, path=merged)
    settle(clock, *houses)
    check_shared(houses)


def test_a_local_branch_that_is_another_folder_is_named(tmp_path: Path, clock: Clock) -> None:
    typo = tmp_path / "lokal"
    typo.mkdir()
    houses = two(tmp_path, clock, local=str(typo))
    alice = houses[0]
    import_film(houses, clock)
    assert "file.imported" not in alice.events()
    assert f"neither on the drive nor in local ({typo})" in refusal(alice)
    assert "set local of library movies" in refusal(alice)
    set_library(alice, local=str(alice.local / "movies"))
    settle(clock, *houses)
    check_shared(houses)
