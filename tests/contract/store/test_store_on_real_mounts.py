"""A store on real rclone mounts: one household writes, another one reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.disk.child import ChildDisk, Missing
from mesharr.log import chain, layout, mesh
from mesharr.log.chain import START
from mesharr.log.keys import verifier
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import MountStore
from mesharr.log.store.fsck import verify_store
from tests.support.mounts import Mounted, Served, mount, need_mounts, serve, until
from tests.unit.log.samples import ALICE, ALICE_NODE, INC, MESH, chain_of, content_of, name_of

pytestmark = pytest.mark.mount

HOME = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))
EVENTS = chain_of(300)
TAIL = layout.tail_path(name_of(EVENTS))
SEGMENT = layout.segment_path(name_of(EVENTS[:256]))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Served]:
    """A cloud with folders. (`rclone serve s3` locks up now and then when it caches no listings.)"""
    need_mounts()
    with serve("webdav", tmp_path / "cloud") as served:
        yield served


@pytest.fixture(params=["off", "writes"])
def alices(
    request: pytest.FixtureRequest, cloud: Served, tmp_path: Path
) -> Iterator[tuple[MountStore, bool]]:
    """Alice's store, on a mount that caches no writes and on one that does."""
    flags = ["--vfs-cache-mode", request.param, "--vfs-write-back", "1s"]
    disk = ChildDisk(deadline=60)
    with mount(cloud, tmp_path / "alice", flags=flags) as mounted:
        off = request.param == "off"
        yield MountStore(str(mounted.point / ".mesharr"), disk, off_mode=off), off
        disk.close()


@pytest.fixture
def bobs(cloud: Served, tmp_path: Path) -> Iterator[tuple[MountStore, Mounted]]:
    """Bob's store, on a mount that polls each second."""
    disk = ChildDisk(deadline=60)
    flags = ["--dir-cache-time", "1s", "--attr-timeout", "1s"]
    with mount(cloud, tmp_path / "bob", flags=flags) as mounted:
        yield MountStore(str(mounted.point / ".mesharr"), disk), mounted
        disk.close()


def test_what_one_household_publishes_another_reads_and_verifies(
    alices: tuple[MountStore, bool], bobs: tuple[MountStore, Mounted], cloud: Served
) -> None:
    (alice, off), (bob, _) = alices, bobs
    assert alice.create(HOME) is off
    until((cloud.folder / ".mesharr" / "mesh.json").exists, "mesh.json in the cloud")
    assert alice.write(SEGMENT, content_of(EVENTS[:256])) is off
    assert alice.write(TAIL, content_of(EVENTS)) is off
    assert alice.write(TAIL, content_of(EVENTS)) is off
    if off:
        assert (cloud.folder / ".mesharr" / TAIL).exists()
    until(lambda: bob_lists(bob), "the tail and the segment in bob's listing")
    bob.check_available()
    read = chain.read_file(bob.read(TAIL), name_of(EVENTS), MESH, verifier(ALICE.public), START)
    assert list(read) == EVENTS
    assert [finding.kind for finding in verify_store(bob, {ALICE_NODE: ALICE.public})] == ["whole"]


def bob_lists(bob: MountStore) -> bool:
    """Return whether both files have reached bob, whole."""
    try:
        found = bob.tails() and bob.segments(f"{ALICE_NODE}.{INC}")
        return bool(found) and bob.read(TAIL) == content_of(EVENTS) and bool(bob.read(SEGMENT))
    except Unavailable:
        return False


def test_a_mount_that_died_is_not_a_store(bobs: tuple[MountStore, Mounted], cloud: Served) -> None:
    bob, mounted = bobs
    (cloud.folder / ".mesharr" / "events").mkdir(parents=True)
    (cloud.folder / ".mesharr" / "mesh.json").write_bytes(HOME)
    until(lambda: bob_is_available(bob), "bob's store available")
    mounted.die()
    with pytest.raises(Unavailable, match="store unavailable") as caught:
        bob.check_available()
    assert not isinstance(caught.value, Missing)


def bob_is_available(bob: MountStore) -> bool:
    """Return whether the store answers."""
    try:
        bob.check_available()
    except Unavailable:
        return False
    return True
