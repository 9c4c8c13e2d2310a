"""The store over real rclone mounts with remote control: fresh, confirmed, and honest about being dead."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mesharr.bootstrap.rclone_process import backend_of, mount_process_at, why_peers_are_late
from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import ChildDisk, LocalDisk
from mesharr.disk.mounts import Mount
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from mesharr.log import layout, mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.detect import PathMounts, StoreMemory
from mesharr.log.store.folder import Occupied
from mesharr.log.store.guarded import GuardedStore
from tests.support.mounts import Served, mount, need_mounts, serve, unmount, until
from tests.unit.log.samples import MESH, chain_of, content_of, name_of

pytestmark = pytest.mark.mount

HOME = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))
EVENTS = chain_of(300)
TAIL = layout.tail_path(name_of(EVENTS))
SEGMENT = layout.segment_path(name_of(EVENTS[:256]))


class House:
    """One household's store on its own mount, and what it stores and reports of it."""

    def __init__(self, folder: Path, url: str, deadline: float = 20.0) -> None:
        self.stored = ""
        self.reports: list[str] = []
        self.disk = ChildDisk(deadline)
        memory = StoreMemory(lambda: self.stored, self._keep, self.reports.append)
        control = RemoteControl(rc_client(url)) if url else None
        mounts_of_path = PathMounts(str(folder / ".mesharr"), self.disk, memory, control, self._probe)
        self.store = GuardedStore(mounts_of_path, lambda: MESH)

    def _keep(self, text: str) -> None:
        self.stored = text

    @staticmethod
    def _probe(found: Mount) -> str:
        process = mount_process_at(found.point)
        assert process is not None
        return why_peers_are_late(process, backend_of(process.remote, process.config))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    need_mounts()
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def cloud(stack: ExitStack, tmp_path: Path) -> Served:
    return stack.enter_context(serve("webdav", tmp_path / "cloud"))


def house(stack: ExitStack, folder: Path, url: str, deadline: float = 20.0) -> House:
    made = House(folder, url, deadline)
    stack.callback(made.disk.close)
    return made


def test_what_one_publishes_another_lists_next_whatever_the_mounts_keep(
    stack: ExitStack, cloud: Served, tmp_path: Path
) -> None:
    flags = ["--dir-cache-time", "5m", "--vfs-cache-mode", "writes", "--vfs-write-back", "1s"]
    socket = f"unix://me:hidden@{tmp_path}/bob.sock"
    by_socket = [*flags, "--rc", "--rc-user", "me", "--rc-pass", "hidden", "--rc-addr"]
    at_alice = stack.enter_context(mount(cloud, tmp_path / "alice", flags=flags))
    bobs = [*by_socket, f"unix://{tmp_path}/bob.sock"]
    at_bob = stack.enter_context(mount(cloud, tmp_path / "bob", rc=False, flags=bobs))
    alice, bob = house(stack, at_alice.point, at_alice.rc), house(stack, at_bob.point, socket)
    assert "store unavailable: No such file" in _why(bob.store.check_available)
    alice.store.create(HOME)
    until(lambda: alice.store.is_confirmed(layout.MESH, len(HOME)), "the drive shows mesh.json")
    alice.store.check_available()
    bob.store.check_available()
    assert bob.store.tails() == []
    assert alice.store.write(SEGMENT, content_of(EVENTS[:256])) is True
    assert alice.store.write(TAIL, content_of(EVENTS)) is True
    assert (cloud.folder / ".mesharr" / TAIL).read_bytes() == content_of(EVENTS)
    assert bob.store.tails() == alice.store.tails() == [TAIL.removeprefix("events/")]
    stream = layout.parse_path(TAIL)
    assert stream is not None
    assert bob.store.segments(stream.stream) == [SEGMENT.rpartition("/")[2]]
    assert bob.store.read(TAIL) == content_of(EVENTS)
    assert alice.store.write(TAIL, content_of(EVENTS)) is True
    with pytest.raises(Occupied):
        alice.store.write(TAIL, b"other\n")
    alice.store.delete(TAIL)
    assert not (cloud.folder / ".mesharr" / TAIL).exists()
    assert bob.store.tails() == []
    assert (alice.reports[-1], bob.reports[-1]) == ("", "")


def _made(cloud: Served) -> None:
    (cloud.folder / ".mesharr/events").mkdir(parents=True)
    (cloud.folder / ".mesharr/mesh.json").write_bytes(HOME)


def _why(touch: Callable[[], object]) -> str:
    with pytest.raises(Unavailable) as caught:
        touch()
    return str(caught.value)


def test_a_dead_a_missing_and_a_hanging_mount_are_reported_and_used_again_once_back(
    stack: ExitStack, cloud: Served, tmp_path: Path
) -> None:
    _made(cloud)
    point = tmp_path / "alice"
    with mount(cloud, point) as mounted:
        alice = house(stack, point, mounted.rc, deadline=1.0)
        assert alice.store.tails() == []
        mounted.process.send_signal(signal.SIGSTOP)
        plain = GuardedStore(PathMounts(f"{point}/.mesharr", alice.disk, StoreMemory(lambda: alice.stored)))
        assert _why(plain.tails).startswith("store unavailable: ")
        assert "the mount hangs" in _why(plain.tails)
        mounted.process.send_signal(signal.SIGCONT)
        assert alice.store.tails() == []
        mounted.die()
        assert "store unavailable: Transport endpoint is not connected: the mount died" in _why(
            alice.store.tails
        )
        unmount(point)
        assert f"store unavailable: nothing is mounted at {point}" in _why(
            lambda: alice.store.write(TAIL, content_of(EVENTS))
        )
        assert LocalDisk().listdir(str(point)) == []
    with mount(cloud, point):
        assert alice.store.write(TAIL, content_of(EVENTS)) is False
        assert "store.rc" in alice.reports[-1]  # the mount has another remote control now
        assert alice.store.read(TAIL) == content_of(EVENTS)


def test_a_mount_that_would_never_show_a_peer_is_refused(
    stack: ExitStack, cloud: Served, tmp_path: Path
) -> None:
    _made(cloud)
    slow = stack.enter_context(mount(cloud, tmp_path / "slow", rc=False))
    with pytest.raises(Refused, match="caches directory listings for 60 min, and webdav reports no changes"):
        house(stack, slow.point, "").store.check_available()
    quick = stack.enter_context(
        mount(cloud, tmp_path / "quick", rc=False, flags=["--dir-cache-time=5s", "--read-only"])
    )
    assert house(stack, quick.point, "").store.tails() == []
    assert "its mount is read-only" in _why(house(stack, quick.point, "").store.check_available)
