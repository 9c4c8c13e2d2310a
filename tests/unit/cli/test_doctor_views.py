"""`mesharr doctor` proves that all folders of a library are one, with its anchor and a file of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.household import Household
from tests.support.mounts import rclone_binary
from tests.unit.cli.house import Commands

Pair = tuple[Household, Household]


class Folders:
    """The folders of Bob's library: a union, its local branch, and the drive, which rclone calls `drive:`."""

    def __init__(self, bob: Household) -> None:
        self.cloud = bob.library
        self.merged = bob.dir / "merged"
        self.merged.mkdir()
        (self.merged / ".mesharr-anchor").write_bytes((self.cloud / ".mesharr-anchor").read_bytes())
        self.local = bob.dir / "local"
        self.local.symlink_to(self.merged)  # what is put there shows in the union
        self.rclone = bob.dir / "rclone.conf"
        self.rclone.write_text(f"[drive]\ntype = alias\nremote = {bob.drive}\n")
        bob.radarr.common.roots = {1: str(self.merged)}

    def settings(self, **changes: Any) -> dict[str, Any]:
        movies = {
            "app": "radarr",
            "root": str(self.merged),
            "path": str(self.merged),
            "cloud": str(self.cloud),
            "local": str(self.local),
            "remote": "drive:movies",
            "quality_profile": "Any",
        }
        uploads = {"rclone": {"config": str(self.rclone), "binary": rclone_binary() or "rclone"}}
        return {"libraries": {"movies": movies | changes}, "uploads": uploads}


@pytest.fixture
def folders(houses: Pair) -> Folders:
    if not rclone_binary():
        pytest.skip("rclone is not installed")
    return Folders(houses[1])


@contextmanager
def found(bobs: Commands, folders: Folders, **changes: Any) -> Iterator[dict[str, list[str]]]:
    """Yield what doctor says of the library, by level."""
    with bobs.served(**folders.settings(**changes)):
        said = [each for each in bobs.json("doctor")["found"] if each["subject"] == "library movies"]
    by_level: dict[str, list[str]] = {"good": [], "note": [], "wrong": []}
    for each in said:
        by_level[each["level"]].append(f"{each['what']} -> {each['mend']}")
    yield by_level


def test_folders_that_are_one_are_proven_and_nothing_is_left(bobs: Commands, folders: Folders) -> None:
    with found(bobs, folders) as said:
        assert said["wrong"] == []
        for proof in (
            "drive:movies has its anchor",
            f"a file in {folders.local} shows in {folders.merged}",
            f"{folders.merged} in Radarr shows what {folders.merged} shows here",
        ):
            assert any(proof in line for line in said["good"])
    assert os.listdir(folders.merged) == [".mesharr-anchor"]


@pytest.mark.parametrize(
    ("remote", "what"),
    [("drive:films", "it has no anchor"), ("drive:tv", "anchor of another library (tv)")],
)
def test_a_remote_that_is_another_folder_is_wrong(
    bobs: Commands, folders: Folders, remote: str, what: str
) -> None:
    other = folders.cloud.parent / "tv"
    other.mkdir()
    anchor = (folders.cloud / ".mesharr-anchor").read_bytes()
    (other / ".mesharr-anchor").write_bytes(anchor.replace(b'"movies"', b'"tv"'))
    with found(bobs, folders, remote=remote) as said:
        [line] = said["wrong"]
    assert f"{remote} is not the folder of library movies: {what} -> set remote of library movies" in line


def test_a_local_branch_that_is_not_there_is_wrong(bobs: Commands, folders: Folders) -> None:
    with found(bobs, folders, local=f"{folders.local}l") as said:
        assert said["wrong"] == [
            f"local {folders.local}l does not exist -> correct local, or make that folder"
        ]


def test_a_local_branch_that_path_does_not_show_is_wrong(
    bobs: Commands, folders: Folders, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    with found(bobs, folders, local=str(other)) as said:
        [line] = said["wrong"]
    assert f"local {other} is not below path {folders.merged}: a file in it does not show there" in line
    assert os.listdir(other) == []


def test_a_local_branch_that_is_the_drive_is_wrong(bobs: Commands, folders: Folders) -> None:
    link = folders.local.with_name("link")
    link.symlink_to(folders.cloud)
    with found(bobs, folders, local=str(link)) as said:
        [line] = said["wrong"]
    assert f"local {link} and cloud {folders.cloud} are one folder" in line


def test_a_path_without_the_drive_is_wrong(bobs: Commands, folders: Folders) -> None:
    (folders.merged / ".mesharr-anchor").unlink()
    with found(bobs, folders) as said:
        [line] = said["wrong"]
    assert f"{folders.merged} does not show what is in {folders.cloud}" in line


def test_a_root_that_is_another_folder_is_wrong_though_the_app_lists_nothing(
    bobs: Commands, folders: Folders, houses: Pair, tmp_path: Path
) -> None:
    root = tmp_path / "movies"
    root.mkdir()
    houses[1].radarr.common.roots = {1: str(root)}
    with found(bobs, folders, root=str(root)) as said:
        [line] = said["wrong"]
    assert f"Radarr does not see {root}/.mesharr-" in line
    assert "have to be one folder, also inside Radarr's container" in line
