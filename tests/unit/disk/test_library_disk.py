"""A library on plain folders, with the mounts as text."""

import os
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import LocalDisk
from mesharr.disk.library import ANCHOR, LibraryDisk, LibraryPaths, MountMemory
from tests.unit.disk.library_house import ANCHOR_CONTENT, ROOT_ONLY, House, Rc, check_anchor


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_library_with_its_anchor_is_available(house: House) -> None:
    house.disk().check_available()
    assert os.listdir(house.cloud) == [ANCHOR]


def test_without_a_remote_control_no_listing_is_made_of_the_whole_library(house: House) -> None:
    assert (house.disk().refresh_most(2), house.disk(rc=Rc()).refresh_most(2)) == (False, True)


def test_a_library_without_its_anchor_is_unavailable_and_nothing_is_created(house: House) -> None:
    (house.cloud / ANCHOR).unlink()
    with pytest.raises(Unavailable, match=r"library movies is unavailable: .*mesharr init --anchor movies"):
        house.disk().check_available()
    assert os.listdir(house.cloud) == []


@pytest.mark.parametrize("content", [b"", b"other", b"x" * 5000])
def test_a_library_with_another_anchor_is_unavailable(house: House, content: bytes) -> None:
    (house.cloud / ANCHOR).write_bytes(content)
    with pytest.raises(Unavailable, match="anchor"):
        house.disk().check_available()


def test_an_anchor_made_a_moment_ago_is_found_by_a_refresh(house: House) -> None:
    (house.cloud / ANCHOR).unlink()
    rc = Rc()
    rc.appears[""] = house.cloud / ANCHOR
    house.disk(rc=rc).check_available()
    assert rc.refreshed == [""]


def test_a_mount_that_is_gone_is_unavailable_though_the_anchor_reads(house: House) -> None:
    disk = house.disk()
    house.mountinfo = house.mounted()
    disk.check_available()
    house.mountinfo = ROOT_ONLY
    with pytest.raises(Unavailable, match="nothing is mounted"):
        disk.check_available()
    house.mountinfo = house.mounted()
    disk.check_available()


def test_a_new_process_misses_the_mount_that_the_last_one_had(house: House) -> None:
    noted: list[str] = []
    places = LibraryPaths(str(house.merged), str(house.cloud))

    def process(known: str) -> LibraryDisk:
        memory = MountMemory(known, noted.append)
        return LibraryDisk("movies", places, LocalDisk(), check_anchor, lambda: house.mountinfo, None, memory)

    house.mountinfo = house.mounted()
    process("").check_available()
    process(noted[0]).check_available()
    assert noted == [f"fuse.rclone {os.path.realpath(house.cloud)}"]
    house.mountinfo = ROOT_ONLY
    (house.cloud / ANCHOR).unlink()
    with pytest.raises(Unavailable) as missed:
        process(noted[0]).check_available()
    assert (
        f"nothing is mounted at {os.path.realpath(house.cloud)}, where fuse.rclone was" in missed.value.what
    )
    assert "init --anchor" not in str(missed.value)
    with pytest.raises(Unavailable, match="nothing is mounted at"):
        process(noted[0]).init_anchor(ANCHOR_CONTENT)
    house.mountinfo = house.mounted_above()
    with pytest.raises(Unavailable, match="nothing is mounted at"):
        process(noted[0]).init_anchor(ANCHOR_CONTENT)
    assert not (house.cloud / ANCHOR).exists()
    house.mountinfo = house.mounted("fuse.mergerfs")
    (house.cloud / ANCHOR).write_bytes(ANCHOR_CONTENT)
    process(noted[0]).check_available()
    assert noted[1:] == [f"fuse.mergerfs {os.path.realpath(house.cloud)}"]


def test_a_plain_folder_without_an_anchor_may_be_a_missing_mount(house: House) -> None:
    (house.cloud / ANCHOR).unlink()
    with pytest.raises(Unavailable, match=r"and nothing is mounted there: start its mount, or correct"):
        house.disk().check_available()
    house.mountinfo = house.mounted()
    with pytest.raises(Unavailable) as mounted:
        house.disk().check_available()
    assert "nothing is mounted" not in str(mounted.value)


def test_sizes_are_read_on_each_branch_after_a_refresh_of_the_folders(house: House) -> None:
    (house.merged / "A").mkdir()
    (house.merged / "A/a.mkv").write_bytes(b"123")
    (house.cloud / "A").mkdir()
    (house.cloud / "A/a.mkv").write_bytes(b"12")
    rc = Rc()
    disk = house.disk(rc=rc)
    assert disk.sizes(["A/a.mkv", "A/b.mkv", "c.mkv"]) == {"A/a.mkv": 3, "A/b.mkv": None, "c.mkv": None}
    assert rc.refreshed == ["", "A"]
    assert disk.cloud_sizes(["A/a.mkv"]) == {"A/a.mkv": 2}
    assert disk.cloud_sizes(["A/a.mkv"], fresh=False) == {"A/a.mkv": 2}
    assert rc.refreshed == ["", "A", "A"]


def test_a_file_that_only_the_mount_shows_is_not_on_the_drive(house: House) -> None:
    (house.cloud / "a.mkv").write_bytes(b"12")
    rc = Rc()
    disk = house.disk(rc=rc)
    assert disk.sizes_on_drive(["a.mkv", "b.mkv"]) == {"a.mkv": 2, "b.mkv": None}
    rc.drive = {}
    assert (disk.sizes_on_drive(["a.mkv"]), disk.cloud_sizes(["a.mkv"])) == ({"a.mkv": None}, {"a.mkv": 2})
    rc.drive = {"a.mkv": 3}
    assert disk.sizes_on_drive(["a.mkv"]) == {"a.mkv": None}
    assert house.disk().sizes_on_drive(["a.mkv"]) == {"a.mkv": 2}


def test_a_link_out_of_the_library_is_no_file(house: House, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.mkv").write_bytes(b"123")
    (house.merged / "Out").symlink_to(tmp_path / "elsewhere")
    (house.local / "Out").symlink_to(tmp_path / "elsewhere")
    disk = house.disk()
    assert disk.sizes(["Out/a.mkv"]) == {"Out/a.mkv": None}
    assert disk.local_stat("Out/a.mkv") is None
    assert disk.sidecars("Out/b.mkv") == []


def test_a_library_root_may_itself_be_a_link(house: House, tmp_path: Path) -> None:
    (house.merged / "a.mkv").write_bytes(b"123")
    (tmp_path / "link").symlink_to(house.merged)
    places = LibraryPaths(str(tmp_path / "link"), str(house.cloud))
    disk = LibraryDisk("movies", places, LocalDisk(), check_anchor, lambda: ROOT_ONLY)
    assert disk.sizes(["a.mkv"]) == {"a.mkv": 3}


def test_a_path_that_is_none_of_a_library_is_rejected(house: House) -> None:
    with pytest.raises(Rejected):
        house.disk().sizes(["../local/a.mkv"])


def left(disk: LibraryDisk, *paths: str, size: int | None = None) -> dict[str, dict[str, int | None]]:
    """Return what is left of files of one size, or of any."""
    return disk.still_on_drive(dict.fromkeys(paths, size))


def test_files_and_whole_folders_that_are_absent_are_gone(house: House) -> None:
    (house.cloud / "A").mkdir()
    (house.cloud / "A/kept.mkv").write_bytes(b"")
    disk = house.disk()
    assert not left(disk, "A/a.mkv", "B/Season 1/b.mkv")
    assert left(disk, "A/a.mkv", "A/kept.mkv") == {"A/kept.mkv": {"A/kept.mkv": 0}}


def test_a_file_spelled_otherwise_is_not_gone(house: House) -> None:
    (house.cloud / "A").mkdir()
    (house.cloud / "A/AMÉLIE.mkv").write_bytes(b"")
    assert left(house.disk(), "A/Ame\u0301lie.mkv")
    (house.cloud / "A").rename(house.cloud / "a")
    assert left(house.disk(), "A/Amélie.mkv")


def test_a_file_of_another_size_in_another_spelling_is_another_file(house: House) -> None:
    (house.cloud / "FILM").mkdir()
    (house.cloud / "FILM/a.mkv").write_bytes(b"1234567")
    disk, film = house.disk(), "Film/a.mkv"
    assert left(disk, film, size=7) == left(disk, film) == {film: {"FILM/a.mkv": 7}}
    assert not left(disk, film, size=100)
    assert disk.gone({film: 100}) == {film}
    assert left(disk, "FILM/a.mkv", size=100), "what has its path is in its place"


def test_a_file_that_is_on_its_way_to_the_drive_is_not_gone(house: House) -> None:
    (house.merged / "a.mkv").write_bytes(b"")
    assert house.disk().gone({"a.mkv": 7, "b.mkv": 7}) == {"b.mkv"}


def test_a_look_for_files_in_any_spelling_reads_each_folder_once(house: House) -> None:
    for folder in ("Film", "FILM"):
        (house.cloud / folder).mkdir()
    (house.cloud / "FILM/a.mkv").write_bytes(b"7")
    rc = Rc()
    assert left(house.disk(rc=rc), "Film/a.mkv", "Film/b.mkv", size=1) == {"Film/a.mkv": {"FILM/a.mkv": 1}}
    assert rc.refreshed == ["Film", "FILM"]


def test_a_folder_that_is_listed_and_cannot_be_read_proves_nothing(house: House) -> None:
    (house.cloud / "Film").symlink_to(house.cloud / "nowhere")
    assert left(house.disk(), "Film/a.mkv", size=7) == {"Film/a.mkv": {"Film/a.mkv": None}}


def test_a_file_that_a_folder_spelled_otherwise_lacks_is_gone(house: House) -> None:
    (house.cloud / "FILM/Extras").mkdir(parents=True)
    (house.cloud / "FILM/other.mkv").write_bytes(b"")
    (house.cloud / "FILM/Extras/Scene.mkv").write_bytes(b"")
    disk = house.disk()
    assert not left(disk, "Film/a.mkv", "Film/Extras/a.mkv")
    assert left(disk, "Film/a.mkv", "Film/extras/scene.mkv")


def test_a_file_in_a_folder_spelled_otherwise_is_not_gone_while_the_former_folder_is_there(
    house: House,
) -> None:
    for folder in ("Film", "FILM", "Show/Season 1", "SHOW"):
        (house.cloud / folder).mkdir(parents=True)
    for path in ("FILM/a.mkv", "Show/Season 1/a.mkv"):
        (house.cloud / path).write_bytes(b"")
    disk, asked = house.disk(), ("Film/a.mkv", "SHOW/Season 1/a.mkv")
    assert left(disk, *asked) == {asked[0]: {"FILM/a.mkv": 0}, asked[1]: {"Show/Season 1/a.mkv": 0}}
    assert not left(disk, "Film/b.mkv", "SHOW/Season 1/b.mkv")


def test_all_spellings_of_a_path_are_found(house: House) -> None:
    for path in ("FILM/Extras/Scene.mkv", "FILM/twice.mkv", "FILM/TWICE.mkv", "FILM/as it is.mkv"):
        (house.cloud / path).parent.mkdir(parents=True, exist_ok=True)
        (house.cloud / path).write_bytes(b"")
    asked = ("Film/extras/scene.mkv", "Film/Twice.mkv", "FILM/as it is.mkv", "Film/gone.mkv")
    assert {path: sorted(there) for path, there in left(house.disk(), *asked).items()} == {
        "Film/extras/scene.mkv": ["FILM/Extras/Scene.mkv"],
        "Film/Twice.mkv": ["FILM/TWICE.mkv", "FILM/twice.mkv"],
        "FILM/as it is.mkv": ["FILM/as it is.mkv"],
    }


@pytest.mark.parametrize("paths", [("A/a.mkv",), ()])
def test_absence_in_an_unavailable_library_proves_nothing(house: House, paths: tuple[str, ...]) -> None:
    (house.cloud / ANCHOR).unlink()
    with pytest.raises(Unavailable, match="unavailable"):
        left(house.disk(), *paths)


def test_absence_proves_nothing_when_the_library_fails_meanwhile(house: House) -> None:
    class Dies(Rc):
        def refresh(self, folder: str) -> bool:
            (house.cloud / ANCHOR).unlink(missing_ok=True)
            return super().refresh(folder)

    with pytest.raises(Unavailable, match="unavailable"):
        left(house.disk(rc=Dies()), "A/a.mkv")


def test_a_local_file_is_removed_only_while_it_is_what_was_uploaded(house: House) -> None:
    (house.local / "A").mkdir()
    (house.local / "A/a.mkv").write_bytes(b"123")
    disk = house.disk()
    was = disk.local_stat("A/a.mkv")
    assert was is not None
    assert was.size == 3
    (house.local / "A/a.mkv").write_bytes(b"1234")
    assert not disk.unlink_local("A/a.mkv", was, even_open=False)
    now = disk.local_stat("A/a.mkv")
    assert now is not None
    assert disk.unlink_local("A/a.mkv", now, even_open=False)
    assert disk.local_stat("A/a.mkv") is None
    assert not disk.unlink_local("A/a.mkv", now, even_open=False)


def test_a_library_without_a_local_branch_has_no_local_files(house: House) -> None:
    disk = house.disk(local=False)
    assert disk.local_stat("A/a.mkv") is None
    assert disk.sidecars("A/a.mkv") == []


def test_sidecars_share_folder_and_stem_and_are_no_media(house: House) -> None:
    folder = house.local / "Film (2021)"
    folder.mkdir()
    (folder / "Film (2021).trickplay").mkdir()
    for name in (
        *("Film (2021).mkv", "Film (2021).en.srt", "Film (2021).nfo", "Film (2021).mp4"),
        *("Film (2021).Extra.mkv", "Film (2021).Extra.nfo", "Film (2021)b.nfo", "poster.jpg"),
        "Film (2021).en.srt.partial",
    ):
        (folder / name).write_bytes(b"")
    disk = house.disk()
    assert disk.sidecars("Film (2021)/Film (2021).mkv") == [
        "Film (2021)/Film (2021).en.srt",
        "Film (2021)/Film (2021).nfo",
    ]
    assert disk.sidecars("Film (2021)/Film (2021).Extra.mkv") == ["Film (2021)/Film (2021).Extra.nfo"]
    assert disk.sidecars("None/None.mkv") == []


def test_an_anchor_is_made_once_and_the_same_one_again_is_fine(house: House) -> None:
    (house.cloud / ANCHOR).unlink()
    disk = house.disk()
    disk.init_anchor(ANCHOR_CONTENT)
    disk.init_anchor(ANCHOR_CONTENT)
    disk.check_available()
    with pytest.raises(Refused, match="belongs to another mesh"):
        disk.init_anchor(b"another")
    assert os.listdir(house.cloud) == [ANCHOR]


def test_an_anchor_makes_no_folder(house: House) -> None:
    (house.cloud / ANCHOR).unlink()
    house.cloud.rmdir()
    with pytest.raises(Refused, match="there is no folder"):
        house.disk().init_anchor(ANCHOR_CONTENT)
    assert not house.cloud.exists()


def test_a_link_to_a_file_outside_counts_with_copy_links_and_one_of_a_folder_never(
    house: House, tmp_path: Path
) -> None:
    outside = tmp_path / "debrid"
    outside.mkdir()
    (outside / "a.mkv").write_bytes(b"abc")
    (house.local / "Film").mkdir()
    (house.local / "Film" / "a.mkv").symlink_to(outside / "a.mkv")
    (house.local / "Linked").symlink_to(outside)
    sizes = {"Film/a.mkv": 3, "Linked/a.mkv": 3}
    for copy_links, here in ((False, []), (True, ["Film/a.mkv"])):
        places = LibraryPaths(str(house.merged), str(house.cloud), str(house.local), copy_links=copy_links)
        disk = LibraryDisk("movies", places, LocalDisk(), check_anchor, lambda: house.mountinfo)
        assert [path for path in sizes if disk.local_stat(path)] == here
        assert [path for path in sizes if not disk.linked_to(path)] == here
        assert disk.only_local(sizes) == here
    stat = disk.local_stat("Film/a.mkv")
    assert stat is not None
    assert disk.unlink_local("Film/a.mkv", stat, even_open=False)
    assert not (house.local / "Film" / "a.mkv").is_symlink()
    assert (outside / "a.mkv").exists()
