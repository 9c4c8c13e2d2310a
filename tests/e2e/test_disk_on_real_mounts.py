"""Disks and libraries on real mounts: rclone over a served cloud, mergerfs above it."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import ChildDisk, Exists
from mesharr.disk.library import ANCHOR, LibraryDisk, LibraryPaths
from mesharr.disk.mount_rc import MountRc
from mesharr.disk.mounts import check_store_path, read_mountinfo
from mesharr.disk.rclone_rc import VfsRefresh, rc_client
from mesharr.uploads.rclone import Rclone, RcloneSettings
from tests.support.mounts import (
    Mounted,
    Served,
    mount,
    need_mounts,
    rclone_binary,
    serve,
    union,
    unmount,
    until,
)

pytestmark = pytest.mark.mount

ANCHOR_CONTENT = b'{"mesh":"0011223344556677","library":"movies"}\n'
FILM = "Film (2021)/Film (2021).mkv"


@dataclass
class Household:
    """A cloud, its mount at `remote`, and a union of that with `local`, as one household has them."""

    cloud: Served
    remote: Mounted
    merged: Mounted
    local: Path
    disk: ChildDisk
    library: LibraryDisk


def checked(content: bytes) -> None:
    if content != ANCHOR_CONTENT:
        raise Unavailable("another anchor")


@pytest.fixture(params=["webdav", "s3"])
def household(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Household]:
    need_mounts()
    with ExitStack() as stack:
        cloud = stack.enter_context(serve(request.param, tmp_path / "store"))
        (cloud.folder / "Movies/Old (1999)").mkdir(parents=True)
        (cloud.folder / "Movies/Old (1999)/old.mkv").write_bytes(b"old")
        (cloud.folder / "Movies" / ANCHOR).write_bytes(ANCHOR_CONTENT)
        remote = stack.enter_context(mount(cloud, tmp_path / "remote"))
        local = tmp_path / "local"
        merged = stack.enter_context(union(tmp_path / "union", local, remote.point))
        (local / "Movies").mkdir()
        disk = ChildDisk(deadline=20)
        stack.callback(disk.close)
        client = stack.enter_context(rc_client(remote.rc))
        places = LibraryPaths(f"{merged.point}/Movies", f"{remote.point}/Movies", f"{local}/Movies")
        control = MountRc(client, places.cloud, disk)
        library = LibraryDisk("movies", places, disk, checked, read_mountinfo, control)
        yield Household(cloud, remote, merged, local, disk, library)


@pytest.mark.campaign
def test_most_of_a_library_is_seen_by_one_request_for_all_of_it(household: Household) -> None:
    library, films = household.library, [f"Film {n} (2001)/Film {n}.mkv" for n in range(30)]
    for path in films:  # behind the mount, which has listed nothing yet
        (household.cloud.folder / "Movies" / path).parent.mkdir()
        (household.cloud.folder / "Movies" / path).write_bytes(b"film")
    assert library.refresh_most(len(films))
    assert library.sizes(films, fresh=False) == dict.fromkeys(films, 4)


def test_a_library_dies_with_its_cloud_branch_although_the_union_lists(household: Household) -> None:
    household.library.check_available()
    household.remote.die()
    household.disk.listdir(f"{household.merged.point}/Movies")
    with pytest.raises(Unavailable, match="unavailable"):
        household.library.check_available()
    with pytest.raises(Unavailable, match="unavailable"):
        household.library.still_on_drive({FILM: None})
    unmount(household.remote.point)
    assert household.disk.listdir(str(household.remote.point)) == []
    with pytest.raises(Unavailable, match="nothing is mounted"):
        household.library.check_available()
    assert os.listdir(household.remote.point) == []


def test_a_moved_file_is_never_missing_on_the_way(household: Household) -> None:
    library, merged = household.library, household.merged.point / "Movies"
    assert library.sizes([FILM, "Old (1999)/old.mkv"]) == {FILM: None, "Old (1999)/old.mkv": 3}
    (merged / "Film (2021)").mkdir()
    (merged / FILM).write_bytes(os.urandom(500_000))
    (merged / "Film (2021)/Film (2021).en.srt").write_bytes(b"1")
    assert library.cloud_sizes([FILM]) == {FILM: None}
    was = library.local_stat(FILM)
    assert was is not None
    assert library.sidecars(FILM) == ["Film (2021)/Film (2021).en.srt"]

    slash = "" if household.cloud.remote.endswith(":") else "/"
    uploader = Rclone(RcloneSettings(rclone_binary(), str(household.cloud.config)))
    target = f"{household.cloud.remote}{slash}Movies/{FILM}"
    uploader.upload(f"{household.local}/Movies/{FILM}", target, lambda _: None)
    assert library.cloud_sizes([FILM], fresh=False) == {FILM: None}
    assert library.cloud_sizes([FILM]) == {FILM: 500_000}
    assert library.unlink_local(FILM, was, even_open=False)
    assert library.sizes([FILM], fresh=False) == {FILM: 500_000}
    assert not (household.local / "Movies" / FILM).exists()


def test_a_peers_file_and_its_removal_show_after_a_refresh(household: Household) -> None:
    assert household.library.cloud_sizes(["Old (1999)/old.mkv"]) == {"Old (1999)/old.mkv": 3}
    path = "New (2022)/Extras/new.mkv"
    household.cloud.put(f"Movies/{path}", b"12345")
    assert household.library.cloud_sizes([path], fresh=False) == {path: None}
    assert household.library.cloud_sizes([path]) == {path: 5}
    assert household.library.still_on_drive({path: 5})
    household.cloud.drop("Movies/New (2022)")
    assert not household.library.still_on_drive({path: 5})
    assert household.library.still_on_drive({path: 5, "Old (1999)/old.mkv": 3})


def test_the_root_of_a_mount_is_refreshed_too(household: Household) -> None:
    household.library.check_available()  # so the mount has listed its root
    household.cloud.put("TV/Show/one.mkv", b"1")
    with rc_client(household.remote.rc) as client:
        assert household.disk.stat(f"{household.remote.point}/TV") is None
        assert VfsRefresh(client, "").refresh("")
        assert household.disk.stat(f"{household.remote.point}/TV") is not None
        assert VfsRefresh(client, "TV").refresh("Show")
        assert not VfsRefresh(client, "TV").refresh("None")
    assert household.disk.sizes([f"{household.remote.point}/TV/Show/one.mkv"]) == [1]


def test_an_anchor_reaches_the_cloud(household: Household) -> None:
    (household.cloud.folder / "Movies" / ANCHOR).unlink()
    household.library.init_anchor(ANCHOR_CONTENT)
    household.library.check_available()
    stored = household.cloud.folder / "Movies" / ANCHOR
    until(lambda: stored.exists() and stored.read_bytes() == ANCHOR_CONTENT, "the anchor is stored")
    assert not list(household.local.rglob(ANCHOR))
    with pytest.raises(Refused, match="another mesh"):
        household.library.init_anchor(b"another\n")


def test_a_dead_mount_is_named_by_every_operation(household: Household) -> None:
    point = str(household.remote.point)
    household.remote.die()
    for call in (
        lambda: household.disk.listdir(point),
        lambda: household.disk.read(f"{point}/Movies/{ANCHOR}", 100),
        lambda: household.disk.create(f"{point}/Movies/x", b""),
    ):
        with pytest.raises(Unavailable, match="Transport endpoint is not connected: the mount died"):
            call()


def test_a_mount_whose_backend_hangs_is_given_up(household: Household) -> None:
    impatient = ChildDisk(deadline=1.0)
    household.cloud.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="did not answer within 1 s: the mount hangs"):
            impatient.listdir(f"{household.remote.point}/Movies")
        assert impatient.listdir(str(household.local)) == ["Movies"]
    finally:
        household.cloud.process.send_signal(signal.SIGCONT)
        impatient.close()


def test_a_file_created_on_a_mount_is_stored_once_closed(household: Household) -> None:
    path = f"{household.remote.point}/Movies/one.jsonl"
    household.disk.create(path, b"{}\n")
    assert (household.cloud.folder / "Movies/one.jsonl").read_bytes() == b"{}\n"
    with pytest.raises(Exists):
        household.disk.create(path, b"again")
    household.disk.unlink(path)
    assert not (household.cloud.folder / "Movies/one.jsonl").exists()


def test_stores_are_distinguished_on_real_mounts(household: Household, tmp_path: Path) -> None:
    mountinfo = read_mountinfo()
    real = os.path.realpath
    assert check_store_path(real(f"{household.remote.point}/.mesharr"), mountinfo) == "mount"
    assert check_store_path(real(f"{tmp_path}/shared"), mountinfo) == "directory"
    with pytest.raises(Refused, match="mergerfs union"):
        check_store_path(real(f"{household.merged.point}/.mesharr"), mountinfo)
