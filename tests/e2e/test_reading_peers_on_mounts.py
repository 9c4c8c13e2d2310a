"""How soon a peer is heard over a real mount that caches listings: counted in polls, not in seconds."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mesharr.bootstrap.store import why_peers_are_late
from mesharr.core.errors import Refused
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from tests.e2e.house_on_mount import House, make_store
from tests.support.household import MESH
from tests.support.mounts import Served, mount, need_mounts, serve

pytestmark = pytest.mark.mount

FIVE_MINUTES = ("--dir-cache-time", "5m")
LATE = (
    "caches directory listings for 5 min, and webdav reports no changes: "
    "peers' events are received up to that late"
)
NEVER = (
    "caches directory listings for 60 min, and webdav reports no changes: peers' events would not be received"
)


def house(stack: ExitStack, folder: Path, cloud: Served, name: str, *flags: str, rc: bool) -> House:
    return House(stack, folder, stack.enter_context(mount(cloud, folder / name, rc=rc, flags=flags)))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    need_mounts()
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def cloud(stack: ExitStack, tmp_path: Path) -> Served:
    served = stack.enter_context(serve("webdav", tmp_path / "cloud"))
    make_store(served)
    return served


@pytest.fixture
def alice(stack: ExitStack, cloud: Served, tmp_path: Path) -> House:
    return house(stack, tmp_path, cloud, "alice", *FIVE_MINUTES, rc=True)


def _meet(alice: House, bob: House) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        one.trust(other.node, other.key.public)
        one.start()
    for each in (alice, bob):
        each.engine.exchange()
        each.clock.forward(2)
        each.engine.exchange()


def test_with_remote_control_an_event_is_at_the_peer_after_one_poll(
    stack: ExitStack, alice: House, cloud: Served, tmp_path: Path
) -> None:
    bob = house(stack, tmp_path, cloud, "bob", *FIVE_MINUTES, rc=True)
    _meet(alice, bob)
    for _ in range(4):
        alice.say()
        bob.engine.exchange()
        assert bob.heard(alice) == alice.said() >= 2
    assert why_peers_are_late(bob.config, bob.disk) == ""
    assert _shown(bob) == ""


def test_without_remote_control_status_says_why_a_peer_is_read_late(
    stack: ExitStack, alice: House, cloud: Served, tmp_path: Path
) -> None:
    bob = house(stack, tmp_path, cloud, "bob", *FIVE_MINUTES, rc=False)
    _meet(alice, bob)
    before = bob.heard(alice)
    alice.say()
    for _ in range(5):
        bob.engine.exchange()
    assert bob.heard(alice) == before < alice.said()
    assert LATE in _shown(bob)
    assert "set store.rc" in _shown(bob)
    assert why_peers_are_late(bob.config, bob.disk) == _shown(bob)


def test_a_mount_that_would_never_show_a_peer_anything_is_refused_at_the_start(
    stack: ExitStack, cloud: Served, tmp_path: Path
) -> None:
    bob = house(stack, tmp_path, cloud, "bob", "--dir-cache-time", "1h", rc=False)
    command = [sys.executable, "-m", "mesharr", "--config-dir", str(bob.dir), "run"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert NEVER in done.stderr
    assert "set store.rc" in done.stderr
    with pytest.raises(Refused, match=NEVER):
        why_peers_are_late(bob.config, bob.disk)


def _shown(bob: House) -> str:
    """Return what `status` says of a store that answers."""
    me = Me(bob.node, "bob", MESH)
    return report(bob.state, me, [], MountCheck(Availability(available=True))).store.why
