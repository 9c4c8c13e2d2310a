"""A store on a mount with remote control: what it asks, and what becomes of it when nobody answers."""

from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from mesharr.log import layout, mesh
from mesharr.log.layout import MESH as MESH_JSON
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import Occupied
from mesharr.log.store.rc import RcStore
from tests.contract.store.fake_rc import FakeRc
from tests.unit.log.samples import MESH, CountingDisk, chain_of, content_of, name_of

HOME = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))
EVENTS = chain_of(4)
TAIL = layout.tail_path(name_of(EVENTS))
CONTENT = content_of(EVENTS)


class Mounted:
    """A mount that shows the drive's folder `Media`, and the store in it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "Media" / ".mesharr"
        self.root.parent.mkdir()
        self.control = FakeRc(folder)
        self.disk = CountingDisk()
        self.reports: list[str] = []
        client = rc_client("http://rclone:5572", self.control.transport())
        self.store = RcStore(
            str(self.root),
            self.disk,
            RemoteControl(client),
            "Media/.mesharr",
            source="cloud:",
            report=self.reports.append,
        )
        self.store.create(HOME)
        self.store.tails()
        self.forget()

    def forget(self) -> None:
        self.control.asked.clear()
        self.disk.calls.clear()
        self.reports.clear()


@pytest.fixture
def mounted(tmp_path: Path) -> Mounted:
    """A store that has just been made and listed."""
    return Mounted(tmp_path)


def test_an_idle_poll_is_one_refresh_and_one_listing_of_the_mount(mounted: Mounted) -> None:
    for _ in range(3):
        assert mounted.store.tails() == []
    assert mounted.control.asked == ["vfs/refresh"] * 3
    assert mounted.disk.calls == ["listdir"] * 3
    assert mounted.reports == []


def test_a_write_checks_that_the_name_is_free_uploads_and_refreshes(mounted: Mounted) -> None:
    assert mounted.store.write(TAIL, CONTENT) is True
    assert mounted.control.asked == ["operations/stat", "operations/uploadfile", "vfs/refresh"]
    assert (mounted.root / TAIL).read_bytes() == CONTENT


def test_a_folder_the_mount_does_not_know_is_reached_from_above(mounted: Mounted) -> None:
    (mounted.root / "events").rmdir()
    assert mounted.store.tails() == []
    assert mounted.control.asked == ["vfs/refresh"] * 3  # events, .mesharr, events


def test_other_bytes_on_the_drive_are_never_replaced(mounted: Mounted) -> None:
    (mounted.root / TAIL).write_bytes(CONTENT[:100])
    with pytest.raises(Occupied):
        mounted.store.write(TAIL, CONTENT)
    assert "operations/uploadfile" not in mounted.control.asked


def test_a_remote_control_that_is_gone_is_reported_once_and_the_plain_mount_used(mounted: Mounted) -> None:
    mounted.control.down = True
    assert mounted.store.tails() == []
    assert mounted.store.write(TAIL, CONTENT) is False
    assert mounted.store.tails() == [TAIL.removeprefix("events/")]
    assert mounted.disk.calls.count("create") == 1
    assert len(mounted.reports) == 1
    assert "store.rc: the mount's remote control cannot be reached" in mounted.reports[0]
    assert "events of peers arrive later, once the mount's --dir-cache-time is over" in mounted.reports[0]


def test_a_remote_control_that_comes_back_is_used_again_and_witnesses_what_was_written(
    mounted: Mounted,
) -> None:
    mounted.control.down = True
    mounted.store.write(TAIL, CONTENT)
    assert not mounted.store.is_confirmed(TAIL, len(CONTENT))
    mounted.control.down = False
    assert mounted.store.is_confirmed(TAIL, len(CONTENT))
    assert not mounted.store.is_confirmed(TAIL, len(CONTENT) + 1)
    assert not mounted.store.is_confirmed(layout.tail_path(name_of(EVENTS, k=7)), len(CONTENT))
    assert mounted.reports[1:] == [""]
    assert mounted.store.write(layout.tail_path(name_of(EVENTS, k=1)), CONTENT) is True


def test_the_remote_control_of_another_drive_confirms_nothing(tmp_path: Path) -> None:
    mounted = Mounted(tmp_path)
    other = FakeRc(tmp_path / "other")
    reports: list[str] = []
    store = RcStore(
        str(mounted.root),
        mounted.disk,
        RemoteControl(rc_client("http://rclone:5572", other.transport())),
        "Media/.mesharr",
        report=reports.append,
    )
    assert store.write(TAIL, CONTENT) is False
    assert not store.is_confirmed(MESH_JSON, len(HOME))
    assert not (tmp_path / "other").exists()
    assert ["mesh.json of this store in cloud:" in why for why in reports] == [True]


def test_one_of_several_mounts_is_known_by_its_source(mounted: Mounted) -> None:
    mounted.control.down = True
    mounted.store.tails()
    mounted.control.down = False
    mounted.control.vfs = ["other:", "cloud:"]
    mounted.store.tails()
    assert mounted.reports[-1] == ""
    mounted.control.vfs = ["other:", "third:"]
    mounted.store.tails()  # refused by name: the next use asks again which mounts there are
    mounted.store.tails()
    assert "has the mounts other:, third:, and not cloud:" in mounted.reports[-1]


def test_a_drive_that_fails_is_no_missing_remote_control(mounted: Mounted) -> None:
    mounted.control.broken = "Propfind http://me:hidden@dav: 503 Service Unavailable"
    for touch in (mounted.store.tails, lambda: mounted.store.write(TAIL, CONTENT)):
        with pytest.raises(Unavailable, match="503") as caught:
            touch()
        assert "hidden" not in str(caught.value)
    assert mounted.reports == []
    assert "create" not in mounted.disk.calls


def test_what_waits_in_the_mounts_upload_queue_is_listed_by_paths_of_the_store(mounted: Mounted) -> None:
    assert mounted.store.queued_uploads() == frozenset()
    mounted.control.queue = [f"Media/.mesharr/{TAIL}", "Media/Films/a.mkv", "Media/.mesharrx/b"]
    mounted.forget()
    assert mounted.store.queued_uploads() == {TAIL}
    assert mounted.control.asked == ["vfs/queue"]
    mounted.control.broken = "what the queue says is no reason to do without the store"
    assert mounted.store.queued_uploads() == frozenset()
    mounted.control.down = True
    assert mounted.store.queued_uploads() == frozenset()
    assert "store.rc" in mounted.reports[-1]
