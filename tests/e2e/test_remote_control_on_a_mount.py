"""The remote control of a real mount, with user and password: gone, back, and honest about what waits."""

import re
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from tests.e2e.house_on_mount import House, make_store
from tests.support.household import MESH
from tests.support.mounts import Mounted, free_port, mount, need_mounts, serve, until
from tests.support.proxy import proxy

pytestmark = pytest.mark.mount

WHO = ("me", "hidden")


def shown(house: House) -> Report:
    """Return what `status` says while the store answers."""
    return report(house.state, Me(house.node, "alice", MESH), [], MountCheck(Availability(available=True)))


def hurry(mounted: Mounted) -> None:
    """Have the mount upload now what waits."""
    with httpx.Client(base_url=mounted.rc, auth=WHO) as client:
        waiting = client.post("vfs/queue").json()["queue"]
        for each in waiting:
            client.post("vfs/queue-set-expiry", json={"id": each["id"], "expiry": -1.0}).raise_for_status()
        until(lambda: not client.post("vfs/queue").json().get("queue"), "the queue is empty")


def test_a_remote_control_that_goes_and_comes_back_and_what_waits_meanwhile(tmp_path: Path) -> None:
    need_mounts()
    with ExitStack() as stack:
        cloud = stack.enter_context(serve("webdav", tmp_path / "cloud"))
        make_store(cloud)
        port = free_port()
        between = stack.enter_context(proxy(port))
        flags = ["--vfs-cache-mode", "full", "--vfs-write-back", "1h"]
        flags += ["--rc", "--rc-user", WHO[0], "--rc-pass", WHO[1], "--rc-addr", f"127.0.0.1:{port}"]
        plain = stack.enter_context(mount(cloud, tmp_path / "alice", rc=False, flags=flags))
        url = f"http://{WHO[0]}:{WHO[1]}@127.0.0.1:{between.port}"
        mounted = Mounted(plain.point, f"http://127.0.0.1:{port}", plain.process)
        alice = House(stack, tmp_path, Mounted(plain.point, url, plain.process))
        alice.start()
        alice.say()
        count = alice.said()
        assert (shown(alice).events.confirmed, shown(alice).events.queued) == (count, 0)

        between.down()
        alice.say()
        assert shown(alice).store.available
        assert "store.rc: the mount's remote control cannot be reached" in shown(alice).store.why
        assert shown(alice).events.queued == 1
        assert shown(alice).events.uploading == ""

        between.up()
        alice.clock.forward(90)
        alice.engine.exchange()
        assert shown(alice).store.why == ""
        assert shown(alice).events.queued == 1
        queue = r"waiting in the mount's upload queue \(1 file, oldest (\d+) s\)"
        oldest = re.fullmatch(queue, shown(alice).events.uploading)
        assert oldest
        assert int(oldest[1]) >= 90  # rclone's own clock goes on, too
        assert "hidden" not in str(shown(alice))

        hurry(mounted)
        alice.engine.exchange()
        assert shown(alice).events.uploading == ""
        assert (shown(alice).events.confirmed, shown(alice).events.queued) == (count + 1, 0)
