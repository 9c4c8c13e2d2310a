"""What mountinfo says, read from lines as the kernel writes them."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk import mounts
from mesharr.disk.mounts import (
    check_mount,
    check_store_path,
    in_mount,
    kind_of,
    mount_of,
    mount_text,
    parse,
    propagates_mounts,
    read_mountinfo,
    remote_at,
)

SALTBOX = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
25 22 0:23 / /proc rw,nosuid shared:13 - proc proc rw
97 22 0:45 / /mnt/remote/gdrive rw,nosuid,nodev,relatime shared:51 - fuse.rclone gdrive: rw,allow_other
98 22 0:46 / /mnt/unionfs rw,relatime shared:52 - fuse.mergerfs local:remote rw,user_id=0,allow_other
99 22 0:47 / /mnt/My\040Drive rw,relatime shared:53 master:7 - fuse.rclone My\040Drive: rw
100 22 0:48 / /srv/nas rw - nfs4 nas:/export rw
"""


def test_the_longest_mount_point_wins() -> None:
    assert mount_of("/mnt/remote/gdrive/Movies", SALTBOX).source == "gdrive:"
    assert mount_of("/mnt/remote/gdrive", SALTBOX).fstype == "fuse.rclone"
    assert mount_of("/mnt/remote/gdrive2/Movies", SALTBOX).point == "/"
    assert mount_of("/mnt/remote/gdrive/../x", SALTBOX).point == "/"


def test_the_newest_of_two_mounts_on_one_point_wins() -> None:
    covered = SALTBOX + "101 97 0:49 / /mnt/remote/gdrive rw - ext4 /dev/sdb1 rw\n"
    assert mount_of("/mnt/remote/gdrive/Movies", covered).fstype == "ext4"


def test_a_mount_that_vanishes_and_returns_is_found_by_the_text_of_that_moment() -> None:
    without = SALTBOX.replace(SALTBOX.splitlines(keepends=True)[2], "")
    points = [mount_of("/mnt/remote/gdrive/Movies", text).point for text in (SALTBOX, without, SALTBOX)]
    assert points == ["/mnt/remote/gdrive", "/", "/mnt/remote/gdrive"]


def test_an_unchanged_list_of_mounts_is_parsed_once() -> None:
    assert parse(SALTBOX) is parse("".join(SALTBOX.splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("source", "path", "remote"),
    [
        ("gdrive:", "/m", "gdrive:"),
        ("gdrive:", "/m/Movies", "gdrive:Movies"),
        ("gdrive{Ab1}:Media", "/m/Movies", "gdrive:Media/Movies"),
        (":sftp,pass=hunter2:", "/m/Movies", ""),
        ("/mnt/other", "/m/Movies", ""),
    ],
)
def test_a_folder_of_a_mount_is_named_as_rclone_names_it(source: str, path: str, remote: str) -> None:
    line = f"97 22 0:45 / /m rw - fuse.rclone {source} rw\n"
    assert remote_at(path, mount_of(path, line)) == remote
    assert remote_at("/mnt/unionfs/Movies", mount_of("/mnt/unionfs/Movies", SALTBOX)) == ""


def test_octal_escapes_are_read() -> None:
    mount = mount_of("/mnt/My Drive/Movies", SALTBOX)
    assert (mount.point, mount.source) == ("/mnt/My Drive", "My Drive:")


def test_options_of_mount_and_file_system_are_kept() -> None:
    options = mount_of("/mnt/remote/gdrive", SALTBOX).options
    assert {"nosuid", "allow_other"} <= set(options)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/mnt/remote/gdrive/x", "rclone"), ("/mnt/unionfs/Movies", "mergerfs"), ("/home", "other")],
)
def test_the_program_behind_a_mount_is_known(path: str, kind: str) -> None:
    assert kind_of(mount_of(path, SALTBOX)) == kind


def test_lines_of_another_form_are_left_out() -> None:
    assert parse("garbage\n\n1 2 3 4 5 6 7 8 9 10\n1 2 3:4 / /x rw shared:1 extra more -\n") == ()


def test_a_path_is_named_relative_to_its_mount() -> None:
    assert in_mount("/mnt/remote/gdrive/Media/Movies/", SALTBOX) == "Media/Movies"
    assert in_mount("/mnt/remote/gdrive", SALTBOX) == ""


def test_a_store_on_an_rclone_mount_is_a_mount_and_on_a_disk_a_directory() -> None:
    assert check_store_path("/mnt/remote/gdrive/.mesharr", SALTBOX) == "mount"
    assert check_store_path("/srv/shared/.mesharr", SALTBOX) == "directory"
    assert check_store_path("/srv/nas/.mesharr", SALTBOX) == "directory"


def test_a_store_on_a_union_is_refused_with_the_way_out() -> None:
    with pytest.raises(Refused, match="cloud branch itself"):
        check_store_path("/mnt/unionfs/.mesharr", SALTBOX)


def test_a_store_on_a_bare_mount_point_is_refused() -> None:
    with pytest.raises(Refused, match=r"should be on a mount.*start the rclone mount.*rslave"):
        check_store_path("/mnt/remote/dropbox/.mesharr", SALTBOX)


def test_the_kernels_own_list_is_read_and_a_system_without_one_has_no_mounts(tmp_path: Path) -> None:
    assert parse(read_mountinfo())
    assert read_mountinfo(f"{tmp_path}/none") == ""
    assert mount_of("/x", "").point == "/"


def test_the_list_is_read_again_when_the_kernel_says_so_and_after_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, said = [100.0], [False]
    monkeypatch.setattr("mesharr.disk.mounts.time.monotonic", lambda: now[0])
    file = tmp_path / "mountinfo"
    file.write_text("one")
    table = mounts.MountTable(str(file))
    assert table.read() == "one"
    monkeypatch.setattr(table, "_changed", SimpleNamespace(poll=lambda _: said[0]))
    file.write_text("two")
    assert table.read() == "one"
    said[0] = True
    assert table.read() == "two"
    said[0] = False
    file.write_text("three")
    now[0] += mounts.MOUNTINFO_S
    assert table.read() == "three"


def test_a_list_that_could_not_be_opened_is_opened_later(tmp_path: Path) -> None:
    table = mounts.MountTable(f"{tmp_path}/mountinfo")
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            table.read()
    (tmp_path / "mountinfo").write_text("one")
    assert table.read() == "one"


def test_a_bound_part_of_a_mount_is_called_by_its_path_in_the_whole() -> None:
    bound = SALTBOX + "200 22 0:45 /Media/Films /films rw - fuse.rclone gdrive: rw\n"
    assert in_mount("/films/A (2001)", bound) == "Media/Films/A (2001)"
    assert in_mount("/films", bound) == "Media/Films"
    folder = SALTBOX + "200 22 8:1 /home/films /films rw - ext4 /dev/sda1 rw\n"
    assert in_mount("/films/A (2001)", folder) == "A (2001)"


def test_a_mount_is_remembered_and_missed_and_a_disk_is_not() -> None:
    there = mount_of("/mnt/remote/gdrive/.mesharr", SALTBOX)
    assert mount_text(there) == "fuse.rclone /mnt/remote/gdrive"
    assert mount_text(mount_of("/home", SALTBOX)) == ""
    check_mount("/mnt/remote/gdrive/.mesharr", there, mount_text(there))
    bare = mount_of("/mnt/remote/gdrive/.mesharr", SALTBOX.splitlines()[0])
    with pytest.raises(
        Unavailable, match=r"nothing is mounted at /mnt/remote/gdrive, where fuse\.rclone was"
    ):
        check_mount("/mnt/remote/gdrive/.mesharr", bare, mount_text(there))
    check_mount("/home/.mesharr", bare, mount_text(there))
    check_mount("/home/.mesharr", bare, "")


def test_whether_a_container_gets_later_mounts_depends_on_the_folder_above() -> None:
    root = "1 0 0:20 / / rw - overlay overlay rw"
    bound = "2 1 8:1 /mnt /mnt rw {}- ext4 /dev/sda1 rw"
    drive = "3 2 0:40 / /mnt/remote/drive rw - fuse.rclone gdrive: rw"
    rslave = "\n".join((root, bound.format("master:1 "), drive))
    private = "\n".join((root, bound.format(""), drive))
    assert propagates_mounts("/mnt/remote/drive/Movies", rslave)
    assert not propagates_mounts("/mnt/remote/drive/Movies", private)
    assert not propagates_mounts("/mnt/remote/drive", "\n".join((root, drive)))
