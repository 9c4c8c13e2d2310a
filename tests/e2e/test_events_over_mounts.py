"""Every event arrives exactly once, over real mounts that are killed, with a drive that fails for a while.

One scenario a mount: steps share its mounts and daemons. Every pair of a drive, a cache mode and a way to
read of peers is met in a campaign.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.mesh_on_mounts import PATIENCE, MeshOnMounts, Node
from tests.support.mounts import need_mounts, until

pytestmark = [pytest.mark.mount, pytest.mark.campaign]

HEARING = {
    "rc": ("--dir-cache-time", "5m"),
    "looks": ("--dir-cache-time", "5s"),
}
PAIRS = (
    ("webdav", "off", "rc"),
    ("webdav", "full", "looks"),
    ("s3", "off", "looks"),
    ("s3", "full", "rc"),
    ("sftp", "off", "rc"),
    ("sftp", "full", "looks"),
)


class Scenario:
    """A mesh whose mounts are all of one kind. Only mounts that cache writes and are not written past,
    by their remote control, have anything pending. Three daemons run where two would show less.
    """

    def __init__(self, stack: ExitStack, folder: Path, kind: str, cache: str, hears: str) -> None:
        self.pends = (cache, hears) == ("full", "looks")
        self.flags = ("--vfs-cache-mode", cache, *HEARING[hears])
        names = ("alice", "bob", "carol") if self.pends and kind == "webdav" else ("alice", "bob")
        self.is_http = kind != "sftp"
        self.mesh = MeshOnMounts(stack, kind, folder, names, rc=hears == "rc")
        for node in self.mesh.nodes:
            self.mount(node, write_back="1s")

    def mount(self, node: Node, write_back: str) -> None:
        node.mount((*self.flags, "--vfs-write-back", write_back))

    def keep_back(self, node: Node) -> None:
        """Have nothing that the node writes from now on reach the drive."""
        if self.pends:
            node.kill_mount()
            self.mount(node, write_back="1h")
        elif self.is_http:
            node.proxy.hold("PUT")

    def waits_for(self, node: Node) -> None:
        """Return once the node has signed what was added, and its file is on the way and not on the drive."""
        until(lambda: self._is_kept_back(node), f"an event of {node.name} is on its way", PATIENCE, every=0.1)

    def _is_kept_back(self, node: Node) -> bool:
        if not node.has_signed(node.events()):
            return False
        if self.pends:
            return node.has_written()
        return node.proxy.held > 0 or not self.is_http

    def arrives(self, what: str) -> None:
        until(self.mesh.arrived, f"every event is everywhere: {what}", PATIENCE, every=0.2)
        self.mesh.check()


@pytest.fixture(params=PAIRS, ids="-".join)
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scenario]:
    need_mounts()
    with ExitStack() as stack:
        made = Scenario(stack, tmp_path, *request.param)
        try:
            made.mesh.join()
            yield made
        finally:
            print(made.mesh.logs())
            print(made.mesh.names())


def test_every_event_arrives_exactly_once_whatever_fails_and_is_killed(scenario: Scenario) -> None:
    # no node publishes a fourth tail: under load there is one in 15 seconds
    alice, bob, last = scenario.mesh.nodes[0], scenario.mesh.nodes[1], scenario.mesh.nodes[-1]
    alice.add(1, 2)
    alice.house.kill()
    alice.house.start()
    scenario.arrives("a daemon was killed at any point after the webhook")

    _fails_for_a_while(scenario, bob)
    bob.add(3)
    scenario.arrives("the drive failed for a while")
    assert not bob.proxy.faults_left

    scenario.keep_back(alice)
    alice.add(4)
    scenario.waits_for(alice)
    alice.kill_mount()
    alice.proxy.release(deliver=True)
    scenario.mount(alice, write_back="1s")
    scenario.arrives("a mount was killed with a write pending")

    scenario.keep_back(last)
    last.add(5)
    scenario.waits_for(last)
    last.house.kill()
    last.kill_mount()
    last.proxy.release(deliver=False)
    scenario.mount(last, write_back="1s")
    last.house.start()
    scenario.arrives("a daemon and its mount were killed with a write pending")
    assert [node.house.stop() for node in scenario.mesh.nodes] == [0] * len(scenario.mesh.nodes)


def _fails_for_a_while(scenario: Scenario, node: Node) -> None:
    """Have the drive answer errors to one mount, those that clouds are known for; or cut what is no HTTP."""
    if scenario.is_http:
        for status in (500, 429, 403):
            node.proxy.fail(status, 2)
    else:
        node.proxy.down()
        until(lambda: node.proxy.failed >= 2, "the mount asked a drive that is away", PATIENCE)
        node.proxy.up()
