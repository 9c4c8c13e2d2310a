"""A node without an arr, over a real mount, driven by hand: each `exchange` of its engine is one poll."""

from contextlib import ExitStack
from pathlib import Path

import yaml

from mesharr.bootstrap.engine import Runtime, build_engine
from mesharr.bootstrap.identity import open_state
from mesharr.config import Config, load_config
from mesharr.core.events.schema import NodeHello
from mesharr.disk.child import ChildDisk
from mesharr.log import keys, layout, mesh
from mesharr.state.peers import Peer, write_peers
from mesharr.state.state import State
from tests.support.household import MESH, Clock
from tests.support.mounts import Mounted, Served

HOME = mesh.encode(mesh.Mesh(name="home", id=MESH, made="2026-11-22T18:19:24Z"))


def make_store(cloud: Served) -> None:
    """Make the store of a mesh in a cloud."""
    for folder in ("events", "archive"):
        (cloud.folder / ".mesharr" / folder).mkdir(parents=True)
    (cloud.folder / ".mesharr" / "mesh.json").write_bytes(HOME)


class House:
    """One node; its mount's name is its own. Trust comes before `start`."""

    def __init__(self, stack: ExitStack, folder: Path, mounted: Mounted) -> None:
        self.clock = Clock()
        self.dir = folder / f"config-{mounted.point.name}"
        self.dir.mkdir()
        self.key = keys.generate(str(self.dir / "node.key"))
        self.node = layout.node_id(mounted.point.name, self.key.public)
        store = {"path": f"{mounted.point}/.mesharr"} | ({"rc": mounted.rc} if mounted.rc else {})
        content = {"node": mounted.point.name, "store": store, "libraries": {}}
        (self.dir / "mesharr.yml").write_text(yaml.safe_dump(content))
        self.config: Config = load_config(str(self.dir), {})
        self.state: State = open_state(str(self.dir))
        stack.callback(self.state.db.close)
        self.disk = ChildDisk()
        stack.callback(self.disk.close)

    def trust(self, node: str, public_key: bytes) -> None:
        """Trust a node, and nobody else."""
        key = keys.key_text(public_key)
        name = node.rpartition("-")[0]
        write_peers(str(self.dir), (Peer(node=node, name=name, key=key, since="2026-11-22"),))

    def start(self) -> None:
        """Build the stages."""
        runtime = Runtime(
            config_dir=str(self.dir),
            config=self.config,
            state=self.state,
            disk=self.disk,
            clock=self.clock,
        )
        self.engine, _ = build_engine(runtime, MESH, self.key)

    def say(self) -> None:
        """Tell one more event, and write it."""
        hello = NodeHello(name=self.node, version="1", key=keys.key_text(self.key.public))
        self.state.outbox.put("", hello, "", "", self.clock())
        self.clock.forward(60)
        self.engine.exchange()
        self.clock.forward(2)
        self.engine.exchange()

    def heard(self, of: "House") -> int:
        """Return how many events of a peer were applied."""
        return self.state.streams.cursor(of.engine.publisher.stream)[0]

    def said(self) -> int:
        """Return how many events of its own there are."""
        return self.heard(self)
