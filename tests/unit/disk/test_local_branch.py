"""The local branch: what is on it, who reads it, and the empty folders that an upload leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.disk.child import ChildDisk, Exists
from mesharr.disk.local_branch import LocalBranch, sidecar_names


@pytest.fixture
def disk() -> Iterator[ChildDisk]:
    disk = ChildDisk()
    yield disk
    disk.close()


def test_empty_folders_go_up_to_the_root(tmp_path: Path, disk: ChildDisk) -> None:
    root = tmp_path / "local"
    (root / "Show" / "Season 1").mkdir(parents=True)
    branch = LocalBranch(str(root), disk)
    (root / "Show" / "a.nfo").write_bytes(b"x")
    branch.drop_empty_folders("Show/Season 1/a.mkv")
    assert [path.name for path in (root / "Show").iterdir()] == ["a.nfo"]
    (root / "Show" / "a.nfo").unlink()
    branch.drop_empty_folders("Show/Season 1/a.mkv")  # again, after a crash
    assert list(root.iterdir()) == []
    branch.drop_empty_folders("a.mkv")
    assert root.exists()


def test_files_are_listed_with_links_and_without_hidden_ones(tmp_path: Path, disk: ChildDisk) -> None:
    (tmp_path / "A" / ".hidden").mkdir(parents=True)
    (tmp_path / "A" / "a.mkv").write_bytes(b"film")
    (tmp_path / "A" / ".a").write_bytes(b"x")
    (tmp_path / "A" / ".hidden" / "b").write_bytes(b"x")
    (tmp_path / "A" / "a.srt").symlink_to("/nowhere")
    branch = LocalBranch(str(tmp_path), disk)
    assert [(path, size) for path, size, _ in branch.files()] == [("A/a.mkv", 4), ("A/a.srt", 8)]
    assert branch.link_target("A/a.srt") == "/nowhere"
    assert branch.link_target("A/a.mkv") == ""
    assert branch.missing(["A/a.mkv", "A/b.mkv"]) == ["A/b.mkv"]
    nothing = LocalBranch("", disk)
    assert (nothing.files(), nothing.missing(["a"]), nothing.link_target("a")) == ([], ["a"], "")


def test_a_file_that_another_program_has_open_is_known(tmp_path: Path, disk: ChildDisk) -> None:
    (tmp_path / "a.mkv").write_bytes(b"film")
    branch = LocalBranch(str(tmp_path), disk)
    assert not branch.is_open_elsewhere("a.mkv")
    with (tmp_path / "a.mkv").open("rb"):
        assert branch.is_open_elsewhere("a.mkv")
    assert not branch.is_open_elsewhere("a.mkv")
    assert not branch.is_open_elsewhere("nothing.mkv")


def test_on_a_share_of_a_nas_no_file_counts_as_open(tmp_path: Path, disk: ChildDisk) -> None:
    """NFS and SMB refuse a lease with the error of a file that is open (EAGAIN), whether it is or not."""
    film = tmp_path / "a.mkv"
    film.write_bytes(b"film")
    was = disk.stat(str(film))
    assert was is not None
    mounts = f"36 1 0:32 / {tmp_path} rw shared:1 - nfs4 nas:/media rw\n"
    share = LocalBranch(str(tmp_path), disk, lambda: mounts)
    with film.open("rb"):
        assert not share.is_open_elsewhere("a.mkv")
        assert share.unlink("a.mkv", was, even_open=False)
    assert not film.exists()


def test_a_sidecar_belongs_to_the_film_with_the_longest_stem() -> None:
    names = ["F.mkv", "F.en.srt", "F.nfo", "F.Extra.mkv", "F.Extra.nfo", "F.en.srt.partial", "G.nfo"]
    assert sidecar_names("F.mkv", names) == ["F.en.srt", "F.nfo"]
    assert sidecar_names("F.Extra.mkv", names) == ["F.Extra.nfo"]


def test_a_file_is_moved_into_folders_that_are_made_and_over_nothing(tmp_path: Path, disk: ChildDisk) -> None:
    branch = LocalBranch(str(tmp_path), disk)
    for name in ("a.mkv", "b.mkv"):
        (tmp_path / name).write_text(name)
    branch.move("a.mkv", "aside/Film/a.mkv")
    with pytest.raises(Exists):
        branch.move("b.mkv", "aside/Film/a.mkv")
    assert (tmp_path / "aside/Film/a.mkv").read_text() == "a.mkv"
    assert (tmp_path / "b.mkv").exists()
