"""One contract, over every store and over both disks. A new store is one more row of `STORES`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import ChildDisk, Disk, LocalDisk, Missing
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from mesharr.log import layout, mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import DirectoryStore, MountStore, Occupied, Store
from mesharr.log.store.rc import RcStore
from tests.contract.store.fake_rc import FakeRc
from tests.unit.log.samples import ALICE_NODE, INC, MESH, CountingDisk, chain_of, content_of, name_of

HOME = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))
EVENTS = chain_of(4)
TAIL = layout.tail_path(name_of(EVENTS))
SEGMENT = layout.segment_path(name_of(EVENTS))
CONTENT = content_of(EVENTS)
STREAM = f"{ALICE_NODE}.{INC}"


def off_mount(root: str, disk: Disk) -> Store:
    """Make a store on a mount that caches no writes."""
    return MountStore(root, disk, off_mode=True)


def rc_mount(root: str, disk: Disk) -> Store:
    """Make a store on a mount with remote control."""
    control = RemoteControl(rc_client("http://rclone:5572", FakeRc(root).transport()))
    return RcStore(root, disk, control)


STORES: dict[str, tuple[Callable[[str, Disk], Store], bool]] = {
    "directory": (DirectoryStore, True),
    "mount": (MountStore, False),
    "mount-off": (off_mount, True),
    "mount-rc": (rc_mount, True),
}


@pytest.fixture(params=["local", "child"])
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    """Both disks, one after the other."""
    made: Disk = LocalDisk() if request.param == "local" else ChildDisk(deadline=30)
    yield made
    made.close()


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store, one after the other."""
    name: str = request.param
    return name


@pytest.fixture
def store(kind: str, disk: Disk, tmp_path: Path) -> Store:
    """A store that has just been made."""
    made = STORES[kind][0](str(tmp_path / ".mesharr"), disk)
    made.create(HOME)
    return made


def test_a_new_store_holds_mesh_json_and_two_empty_folders(store: Store, tmp_path: Path) -> None:
    assert sorted(os.listdir(tmp_path / ".mesharr")) == ["archive", "events", "mesh.json"]
    assert store.mesh() == HOME
    assert (store.tails(), store.streams(), store.segments(STREAM)) == ([], [], [])
    store.check_available()


def test_create_returns_whether_it_is_confirmed(kind: str, disk: Disk, tmp_path: Path) -> None:
    assert STORES[kind][0](str(tmp_path / "new"), disk).create(HOME) is STORES[kind][1]


def test_init_fills_a_folder_that_is_there_and_refuses_a_mesh_that_is_there(
    kind: str, disk: Disk, tmp_path: Path
) -> None:
    (tmp_path / "events").mkdir()
    made = STORES[kind][0](str(tmp_path), disk)
    made.create(HOME)
    other = mesh.encode(Mesh(name="other", id="0" * 16, made=""))
    with pytest.raises(Refused, match=r"mesh\.json exists"):
        made.create(other)
    assert made.mesh() == HOME


def test_init_never_writes_what_is_no_mesh(kind: str, disk: Disk, tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        STORES[kind][0](str(tmp_path), disk).create(b"{}")
    assert os.listdir(tmp_path) == []


def test_what_is_written_is_listed_and_read_back(store: Store, kind: str) -> None:
    confirmed = STORES[kind][1]
    assert store.write(TAIL, CONTENT) is confirmed
    assert store.write(SEGMENT, CONTENT) is confirmed
    assert store.tails() == [TAIL.removeprefix("events/")]
    assert store.streams() == [STREAM]
    assert store.segments(STREAM) == [SEGMENT.rpartition("/")[2]]
    assert store.read(TAIL) == store.read(SEGMENT) == CONTENT


def test_only_finished_files_are_left_behind(store: Store, tmp_path: Path) -> None:
    store.write(TAIL, CONTENT)
    assert os.listdir(tmp_path / ".mesharr" / "events") == [TAIL.removeprefix("events/")]


def test_writing_the_same_bytes_again_is_the_same_success(store: Store, kind: str) -> None:
    store.write(TAIL, CONTENT)
    assert store.write(TAIL, CONTENT) is STORES[kind][1]
    assert store.read(TAIL) == CONTENT


def test_other_bytes_under_the_name_are_never_replaced(store: Store, tmp_path: Path) -> None:
    torn = tmp_path / ".mesharr" / TAIL
    torn.write_bytes(CONTENT[:100])
    with pytest.raises(Occupied, match="there is other content at events/"):
        store.write(TAIL, CONTENT)
    assert torn.read_bytes() == CONTENT[:100]
    torn.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(Occupied):
        store.write(TAIL, CONTENT)


def test_delete_removes_a_file_and_one_that_is_gone_is_fine(store: Store) -> None:
    store.write(TAIL, CONTENT)
    store.delete(TAIL)
    store.delete(TAIL)
    assert store.tails() == []
    with pytest.raises(Missing):
        store.read(TAIL)


def test_a_file_of_4_mib_is_read_and_a_larger_one_rejected(store: Store, tmp_path: Path) -> None:
    path = tmp_path / ".mesharr" / TAIL
    path.write_bytes(b"x" * 4 * 1024 * 1024)
    assert len(store.read(TAIL)) == 4 * 1024 * 1024
    path.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(Rejected, match="larger than"):
        store.read(TAIL)


@pytest.mark.parametrize(
    "where",
    ["mesh.json", "events/../../secret", "events/x.jsonl", "/etc/passwd", "events", f"archive/{STREAM}"],
)
def test_no_path_but_a_tails_or_a_segments_is_touched(store: Store, where: str) -> None:
    for touch in (store.read, store.delete, lambda path: store.write(path, b"x")):
        with pytest.raises(Rejected, match="not the path of a tail or segment"):
            touch(where)


@pytest.mark.parametrize("stream", ["..", "", "alice", f"{STREAM}/..", f"{STREAM}\0"])
def test_no_folder_but_a_streams_is_listed(store: Store, stream: str) -> None:
    with pytest.raises(Rejected, match="not a stream"):
        store.segments(stream)


def test_strange_names_are_listed_and_left_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".mesharr" / "events" / "desktop.ini").write_text("x")
    assert store.tails() == ["desktop.ini"]


def test_a_folder_that_is_not_the_store_is_unavailable_and_nothing_is_made_there(
    kind: str, disk: Disk, tmp_path: Path
) -> None:
    bare = STORES[kind][0](str(tmp_path), disk)
    for touch in (bare.check_available, bare.tails, bare.streams, lambda: bare.segments(STREAM)):
        with pytest.raises(
            Unavailable, match=r"store unavailable: .*No such file.*: mesharr init --new-mesh"
        ):
            touch()
    for where in (TAIL, SEGMENT):
        with pytest.raises(Unavailable, match="store unavailable"):
            bare.write(where, CONTENT)
    assert os.listdir(tmp_path) == []


def test_a_store_with_a_damaged_mesh_json_is_unavailable(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".mesharr" / "mesh.json").write_bytes(HOME[:20])
    with pytest.raises(Unavailable, match=r"store unavailable: mesh\.json is damaged"):
        store.check_available()


def test_folders_a_bucket_forgot_are_made_again_in_a_living_store(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".mesharr" / "events").rmdir()
    (tmp_path / ".mesharr" / "archive").rmdir()
    assert (store.tails(), store.streams()) == ([], [])
    store.write(TAIL, CONTENT)
    store.write(SEGMENT, CONTENT)
    assert store.read(TAIL) == store.read(SEGMENT)


def test_the_root_may_be_a_link(kind: str, disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    made = STORES[kind][0](f"{tmp_path}/link/", disk)
    made.create(HOME)
    made.write(SEGMENT, CONTENT)
    assert (tmp_path / "real" / SEGMENT).read_bytes() == CONTENT


@pytest.mark.parametrize("linked", ["events", "archive", f"archive/{STREAM}"])
def test_a_link_below_the_root_leads_nowhere(store: Store, tmp_path: Path, linked: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / ".mesharr" / linked
    if link.exists():
        link.rmdir()
    link.symlink_to(outside)
    where = TAIL if linked == "events" else SEGMENT
    with pytest.raises(Refused, match="is a link"):
        store.write(where, CONTENT)
    with pytest.raises(Refused, match="is a link"):
        _ = store.tails() if linked == "events" else store.segments(STREAM)
    (outside / where.rpartition("/")[2]).write_bytes(CONTENT)
    for touch in (store.read, store.delete):
        with pytest.raises(Refused, match="is a link"):
            touch(where)
    assert os.listdir(outside) == [where.rpartition("/")[2]]


def test_a_file_that_is_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / ".mesharr" / TAIL).symlink_to(tmp_path / "secret")
    with pytest.raises(Unavailable):
        store.read(TAIL)
    with pytest.raises(Unavailable):
        store.write(TAIL, CONTENT)
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_a_link_put_in_later_is_found_by_the_next_check_whether_the_store_is_available(
    store: Store, tmp_path: Path
) -> None:
    assert store.tails() == []
    (tmp_path / "outside").mkdir()
    (tmp_path / ".mesharr" / "events").rmdir()
    (tmp_path / ".mesharr" / "events").symlink_to(tmp_path / "outside")
    with pytest.raises(Refused, match="events in the store is a link"):
        store.check_available()


@pytest.mark.parametrize("made", [DirectoryStore, MountStore])
def test_the_guard_raises_before_anything_is_made(made: Any, tmp_path: Path) -> None:
    def guard() -> None:
        raise Refused("a bare mount point", "mount the drive")

    guarded = made(str(tmp_path / ".mesharr"), LocalDisk(), guard)
    for touch in (
        guarded.check_available,
        lambda: guarded.create(HOME),
        lambda: guarded.write(TAIL, CONTENT),
    ):
        with pytest.raises(Refused, match="a bare mount point"):
            touch()
    assert os.listdir(tmp_path) == []


def counted(kind: str, root: Path) -> tuple[Store, list[str]]:
    """Return a store that has been in use, and the calls its disk will be asked from now on."""
    disk = CountingDisk()
    store = STORES[kind][0](str(root), disk)
    store.create(HOME)
    store.write(TAIL, CONTENT)
    store.write(SEGMENT, CONTENT)
    disk.calls.clear()
    return store, disk.calls


def test_an_idle_poll_is_one_listing(kind: str, tmp_path: Path) -> None:
    store, calls = counted(kind, tmp_path)
    store.tails()
    assert calls == ["listdir"]


def test_each_other_read_is_one_request(kind: str, tmp_path: Path) -> None:
    store, calls = counted(kind, tmp_path)
    store.read(TAIL)
    store.read(SEGMENT)
    store.segments(STREAM)
    assert calls == ["read", "read", "listdir"]


def test_a_publish_is_one_write_under_the_final_name(kind: str, tmp_path: Path) -> None:
    store, calls = counted(kind, tmp_path)
    store.write(layout.tail_path(name_of(EVENTS, k=1)), CONTENT)
    store.write(layout.segment_path(name_of(EVENTS, k=1)), CONTENT)
    # past the mount, with remote control: see test_store_with_remote_control.py
    written = {"directory": ["create_atomic"], "mount-rc": []}.get(kind, ["create"])
    assert [call for call in calls if call != "stat"] == written * 2
