"""A store whose mount comes late, goes, is another, or was never there: nothing is made in its place."""

import os
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import LocalDisk
from mesharr.disk.mounts import Mount
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from mesharr.log import layout, mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.detect import PathMounts, StoreMemory
from mesharr.log.store.guarded import GuardedStore
from tests.contract.store.fake_rc import FakeRc
from tests.unit.log.samples import MESH, OTHER_MESH, CountingDisk, chain_of, content_of, name_of

HOME = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))
OTHER = mesh.encode(Mesh(name="other", id=OTHER_MESH, made="2026-11-22T18:19:24Z"))
EVENTS = chain_of(4)
TAIL = layout.tail_path(name_of(EVENTS))
CONTENT = content_of(EVENTS)
DISK = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"


class Host:
    """A machine on which a mount comes and goes: its list of mounts, and what is seen at its point."""

    def __init__(self, folder: Path) -> None:
        self.point = folder / "remote"
        self.quarantine = folder / "aside"
        self.point.mkdir()
        self.mounts = DISK
        self.storage = ""
        self.reports: list[str] = []
        self.disk = CountingDisk()

    def mount(self, options: str = "rw", number: int = 97, content: bytes = HOME) -> None:
        self.mounts = (
            f"{DISK}{number} 22 0:45 / {self.point} {options},nosuid - fuse.rclone cloud: {options}\n"
        )
        if self.quarantine.exists():
            self.point.rmdir()
            self.quarantine.rename(self.point)
        (self.point / ".mesharr" / "events").mkdir(parents=True, exist_ok=True)
        (self.point / ".mesharr" / "mesh.json").write_bytes(content)

    def unmount(self) -> None:
        self.mounts = DISK
        self.point.rename(self.quarantine)
        self.point.mkdir()

    def store(self, control: RemoteControl | None = None) -> GuardedStore:
        def keep(text: str) -> None:
            self.storage = text

        memory = StoreMemory(lambda: self.storage, keep, self.reports.append)
        mounts_of_path = PathMounts(
            f"{self.point}/.mesharr", self.disk, memory, control, self.probe, lambda: self.mounts
        )
        return GuardedStore(mounts_of_path, lambda: MESH)

    def probe(self, mount: Mount) -> str:
        return f"{mount.source} keeps its lists for 20 minutes"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def writes(store: GuardedStore) -> str:
    """Return why a tail is not written, "" when it is."""
    try:
        store.write(TAIL, CONTENT)
    except (Unavailable, Refused) as error:
        return str(error)
    return ""


def test_a_mount_that_comes_after_the_start_is_written_as_a_mount(host: Host) -> None:
    store = host.store()
    assert writes(store).startswith("store unavailable: No such file")
    assert os.listdir(host.point) == []
    host.mount()
    host.disk.calls.clear()
    assert store.write(TAIL, CONTENT) is False
    assert "create" in host.disk.calls
    assert "publish" not in host.disk.calls
    assert store.kind == "mount"


def test_a_mount_that_went_away_is_named_and_nothing_is_made_in_its_folder(host: Host) -> None:
    host.mount()
    host.store().check_available()
    host.unmount()
    for store in (host.store(), host.store()):
        why = writes(store)
        assert f"store unavailable: nothing is mounted at {host.point}, where fuse.rclone was" in why
        assert "start that mount" in why
        with pytest.raises(Unavailable, match="nothing is mounted"):
            store.create(HOME)
    assert os.listdir(host.point) == []


def test_a_mount_that_goes_while_in_use_is_noticed_before_the_next_write_and_used_again_once_back(
    host: Host,
) -> None:
    host.mount()
    store = host.store()
    assert store.tails() == []
    host.unmount()
    (host.point / ".mesharr" / "events").mkdir(parents=True)
    (host.point / ".mesharr" / "mesh.json").write_bytes(HOME)  # what a copy of the store would look like
    assert "nothing is mounted" in writes(store)
    assert os.listdir(host.point / ".mesharr" / "events") == []
    host.point.rename(host.point.parent / "copy")
    host.point.mkdir()
    host.mount()
    assert writes(store) == ""


def test_the_remote_of_another_mesh_is_refused_before_anything_is_written(host: Host) -> None:
    host.mount()
    store = host.store()
    store.tails()
    host.mount(number=98, content=OTHER)
    why = writes(store)
    assert "store unavailable: it belongs to the mesh other" in why
    assert "mount the right remote" in why
    assert os.listdir(host.point / ".mesharr" / "events") == []
    host.mount(number=99)
    assert writes(store) == ""


def test_a_read_only_mount_is_unavailable_and_is_still_read(host: Host) -> None:
    host.mount("ro")
    store = host.store()
    assert store.tails() == []
    with pytest.raises(Unavailable, match=r"store unavailable: its mount is read-only: mount it without"):
        store.check_available()


def test_a_store_that_stays_available_is_not_proven_again(host: Host) -> None:
    host.mount()
    store = host.store()
    store.tails()
    host.disk.calls.clear()
    for _ in range(3):
        store.tails()
    assert host.disk.calls == ["listdir"] * 3


def test_a_store_of_another_path_has_no_memory_of_the_old_one(host: Host, tmp_path: Path) -> None:
    host.storage = f"{tmp_path}/elsewhere/.mesharr\nfuse.rclone {host.point}"
    (host.point / ".mesharr" / "events").mkdir(parents=True)
    (host.point / ".mesharr" / "mesh.json").write_bytes(HOME)
    store = host.store()
    assert store.write(TAIL, CONTENT) is True
    assert store.kind == "directory"


def test_a_remote_control_is_one_of_a_mount(host: Host) -> None:
    control = RemoteControl(rc_client("http://rclone:5572", FakeRc(host.point).transport()))
    why = writes(host.store(control))
    assert "store unavailable: nothing is mounted at" in why
    assert "leave store.rc out" in why
    assert os.listdir(host.point) == []
    host.mount()
    assert host.store(control).write(TAIL, CONTENT) is True
    assert host.reports[-1] == ""


def test_what_a_mount_without_remote_control_lacks_is_reported(host: Host) -> None:
    host.mount()
    host.store().tails()
    assert host.reports == ["cloud: keeps its lists for 20 minutes"]


def test_a_part_of_a_mount_bound_into_a_container_is_called_by_its_whole_path(host: Host) -> None:
    fake = FakeRc(host.point.parent)
    host.mount()
    host.mounts = f"{DISK}97 22 0:45 /remote {host.point} rw - fuse.rclone cloud: rw\n"
    store = host.store(RemoteControl(rc_client("http://rclone:5572", fake.transport())))
    assert store.write(TAIL, CONTENT) is True


def test_a_missing_file_of_a_living_store_is_only_missing(host: Host) -> None:
    host.mount()
    store = host.store()
    with pytest.raises(Unavailable) as caught:
        store.read(TAIL)
    assert "store unavailable" not in str(caught.value)
    host.disk.calls.clear()
    store.tails()
    assert host.disk.calls == ["listdir"]


def test_a_local_disk_is_a_directory(tmp_path: Path) -> None:
    mounts_of_path = PathMounts(str(tmp_path), LocalDisk(), StoreMemory(), mounts=lambda: DISK)
    store = GuardedStore(mounts_of_path)
    assert store.create(HOME) is True
    store.check_available()
    assert store.kind == "directory"


UNION = DISK + "98 22 0:46 / /mnt/unionfs rw - fuse.mergerfs local:remote rw\n"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/mnt/unionfs/.mesharr", "on the mergerfs union /mnt/unionfs"),
        ("/mnt/remote/gdrive/.mesharr", "should be on a mount"),
    ],
)
def test_a_union_and_a_bare_mount_point_are_refused_where_no_store_was_ever_seen(path: str, why: str) -> None:
    mounts_of_path = PathMounts(path, LocalDisk(), StoreMemory(), mounts=lambda: UNION)
    with pytest.raises(Refused, match=why) as caught:
        mounts_of_path.now()
    assert caught.value.fix
    with pytest.raises(Refused, match=f"store unavailable: .*{why}"):
        GuardedStore(mounts_of_path).check_available()


def test_a_bare_mount_point_where_the_store_was_is_waited_for() -> None:
    memory = StoreMemory(lambda: "/mnt/remote/gdrive/.mesharr\nfuse.rclone /mnt/remote/gdrive")
    mounts_of_path = PathMounts("/mnt/remote/gdrive/.mesharr", LocalDisk(), memory, mounts=lambda: UNION)
    with pytest.raises(
        Unavailable, match=r"nothing is mounted at /mnt/remote/gdrive, where fuse\.rclone was"
    ):
        mounts_of_path.now()
