"""Several real daemons, each over its own real mount of one loopback cloud, behind a proxy of its own.

Each has a library of its own, with its own simulated Radarr, so that an event is one film added there and
the others only keep it: what is looked at is the log, from the webhook to the peers' databases.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

from mesharr.log import keys, layout, mesh
from mesharr.state.db import Database
from mesharr.state.peers import Peer, trusted, write_peers
from mesharr.state.state import State
from tests.e2e.household import Household
from tests.support.mounts import Mounted, Served, behind, free_port, mount, serve, unmount, until
from tests.support.proxy import Proxy

PATIENCE = 120.0


class Event(NamedTuple):
    """An event as a node has it."""

    stream: str
    seq: int
    id: str
    type: str
    line: bytes


class Node:
    """A household's daemon over its own mount. `added` are the films that were added there."""

    def __init__(self, stack: ExitStack, name: str, folder: Path, cloud: Served, *, rc: bool) -> None:
        self.name = name
        self.point = folder / f"mnt-{name}"
        self.rc_port = free_port() if rc else 0
        self.proxy: Proxy
        self.proxy, self._cloud = stack.enter_context(behind(cloud, name))
        self._mount = ExitStack()
        stack.callback(self._mount.close)
        self._mounted: Mounted | None = None
        self.added: list[int] = []
        movies = folder / f"Movies-{name}"
        movies.mkdir()
        store = {"path": f"{self.point}/.mesharr", "poll": "1s"}
        config = {
            "store": store | ({"rc": f"http://127.0.0.1:{self.rc_port}"} if rc else {}),
            "libraries": {name: {"app": "radarr", "root": str(movies), "path": str(movies)}},
            "scanners": [],
            "uploads": {"mode": "none"},
            # a killed mount may have lost what it had taken: that is the audit's to fix
            "schedule": {"audit": "3s"},
        }
        self.house = Household(name, folder / "config", movies, {}, config)
        stack.callback(self.house.close)
        self.key = keys.generate(str(self.house.config_dir / "node.key"))
        self.node = layout.node_id(name, self.key.public)

    def mount(self, flags: Sequence[str]) -> None:
        """Mount the cloud, the first time or again, with the same cache and remote control."""
        made = mount(
            self._cloud, self.point, rc=bool(self.rc_port), rc_port=self.rc_port or free_port(), flags=flags
        )
        self._mounted = self._mount.enter_context(made)

    def kill_mount(self) -> None:
        """Kill the mount's program; its dead mount point is let go of, as who starts it again does."""
        assert self._mounted is not None
        self._mounted.die()
        unmount(self.point)
        self._mount.close()

    def anchor(self, mesh_id: str) -> None:
        """Make the library's anchor."""
        (self.house.movies / ".mesharr-anchor").write_bytes(mesh.anchor(mesh_id, self.name))

    def trust(self, peers: Sequence["Node"]) -> None:
        known: tuple[Peer, ...] = ()
        for peer in peers:
            key = keys.key_text(peer.key.public)
            known = trusted(known, Peer(node=peer.node, name=peer.name, key=key, since="2026-11-22"))
        write_peers(str(self.house.config_dir), known)

    def add(self, *films: int) -> None:
        """Have the household add films; return when the daemon has taken the webhooks."""
        for film in films:
            self.house.radarr.add(film)
            self.added.append(film)

    def has_looked(self) -> bool:
        """Return whether it took as known what its arr held before."""
        return "here already; nothing of them changes" in self.house.log()

    def has_signed(self, events: Sequence[Event]) -> bool:
        """Return whether everything it published is among the events."""
        own = [event.type for event in events if event.stream.startswith(f"{self.node}.")]
        return own.count("item.added") == len(self.added)

    def has_written(self) -> bool:
        """Return whether every event of its own is in a file, as its mount said."""
        own = [event.seq for event in self.events() if event.stream.startswith(f"{self.node}.")]
        return bool(own) and self._rows("SELECT max(last) FROM files WHERE NOT lost") == [(max(own),)]

    def heads(self) -> list[tuple[str, int, str]]:
        """Return (stream, seq, id) of the last event of each stream that it has applied."""
        return self._rows("SELECT stream, seq, id FROM streams WHERE seq>0 ORDER BY stream")

    def _rows(self, query: str) -> list[Any]:
        path = self.house.config_dir / "mesharr.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query).fetchall()

    def events(self) -> list[Event]:
        """Return every event this node has applied, its own among them, in order."""
        state = State(Database(str(self.house.config_dir / "mesharr.db")))
        try:
            rows = [row for each in state.streams.all() for row in state.streams.since(each.stream, 1)]
            return [Event(row.stream, row.seq, row.id, row.type, row.line) for row in rows]
        finally:
            state.db.close()

    def titles(self, of: "Node") -> list[str]:
        """Return the films of a peer's library as this node's registry holds them."""
        state = State(Database(str(self.house.config_dir / "mesharr.db")))
        try:
            items = [state.items.state(of.name, f"tmdb:{film}").item for film in of.added]
            return [item.title for item in items if item]
        finally:
            state.db.close()


class MeshOnMounts:
    """The nodes of one mesh."""

    def __init__(self, stack: ExitStack, kind: str, folder: Path, names: Sequence[str], *, rc: bool) -> None:
        self.cloud = stack.enter_context(serve(kind, folder / "cloud"))
        self.nodes = [Node(stack, name, folder, self.cloud, rc=rc) for name in names]
        self.shown: list[list[Event]] = []

    def join(self) -> None:
        """Make the mesh at the first node, trust each other, and start every daemon. All is mounted."""
        first = self.nodes[0]
        first.house.cli("init", "--new-mesh", "home")
        stored = self.cloud.folder / ".mesharr" / "mesh.json"
        until(lambda: stored.exists() and stored.stat().st_size > 0, "mesh.json is in the cloud", PATIENCE)
        made = mesh.decode(stored.read_bytes())
        for node in self.nodes:
            node.trust([peer for peer in self.nodes if peer is not node])
            if node is not first:
                node.anchor(made.id)
            node.house.start()
            node.house.connect()
        for node in self.nodes:
            # what is added before that was there before mesharr
            until(node.has_looked, f"the first look of {node.name}", PATIENCE, every=0.1)

    def arrived(self) -> bool:
        """Return whether each node has signed what was added, and every other has applied it all."""
        heads = [node.heads() for node in self.nodes]
        if any(each != heads[0] for each in heads):
            return False  # asked first: to read every event takes its time
        self.shown = [node.events() for node in self.nodes]
        signed = all(node.has_signed(events) for node, events in zip(self.nodes, self.shown, strict=True))
        return signed and all(events == self.shown[0] for events in self.shown)

    def check(self) -> None:
        """Assert of what has arrived: every event exactly once, with the same bytes, and no other."""
        for node in self.nodes:
            own = [event for event in self.shown[0] if event.stream.startswith(f"{node.node}.")]
            assert len({event.stream for event in own}) == 1, "one incarnation"
            assert [event.seq for event in own] == list(range(1, len(own) + 1))
            assert len({event.id for event in own}) == len(own)
            said = Counter(event.type for event in own)
            assert said["item.added"] == len(node.added)
            assert set(said) <= {"item.added", "node.hello"}
            for peer in self.nodes:
                assert peer.titles(node) == [f"Film {film}" for film in node.added]
        assert len({event.stream for event in self.shown[0]}) == len(self.nodes)

    def logs(self) -> str:
        return "".join(f"\n--- {node.name}\n{node.house.log()}" for node in self.nodes)

    def names(self) -> list[str]:
        """Return the names of all files of the store, as the cloud holds them."""
        store = self.cloud.folder / ".mesharr"
        return sorted(name for _, _, files in os.walk(store) for name in files)
