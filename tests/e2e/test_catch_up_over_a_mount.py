"""A node that was away catches up over a real mount of a drive on which each request takes its time."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from mesharr.disk.child import AT_ONCE
from mesharr.log import layout
from tests.e2e.house_on_mount import House, make_store
from tests.support.mounts import Served, behind, mount, need_mounts, serve
from tests.unit.log.samples import ALICE, ALICE_NODE, INC, chain_of, content_of, name_of

pytestmark = pytest.mark.mount

SEGMENTS = 20
EACH = 30


def _write(cloud: Served) -> int:
    """Put alice's segments and her tail, which begins at the last of them, into the cloud."""
    events = chain_of(SEGMENTS * EACH)
    store = cloud.folder / ".mesharr"
    (store / layout.segment_folder(f"{ALICE_NODE}.{INC}")).mkdir()
    for first in range(0, len(events), EACH):
        part = events[first : first + EACH]
        (store / layout.segment_path(name_of(part))).write_bytes(content_of(part))
    (store / layout.tail_path(name_of(events[-EACH:]))).write_bytes(content_of(events[-EACH:]))
    return len(events)


def test_eight_segments_are_on_their_way_at_a_time_over_a_mount(tmp_path: Path) -> None:
    need_mounts()
    with ExitStack() as stack:
        cloud = stack.enter_context(serve("webdav", tmp_path / "cloud"))
        make_store(cloud)
        count = _write(cloud)
        proxy, seen = stack.enter_context(behind(cloud, "bob"))
        bob = House(stack, tmp_path, stack.enter_context(mount(seen, tmp_path / "bob")))
        bob.trust(ALICE_NODE, ALICE.public)
        bob.start()
        proxy.slow("GET", 0.3)
        bob.engine.follower.step(bob.clock())
        assert bob.state.streams.cursor(f"{ALICE_NODE}.{INC}")[0] == count
        assert proxy.most == AT_ONCE
