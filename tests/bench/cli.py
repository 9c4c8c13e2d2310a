"""What each command that only reads costs, beside the import of the libraries that any such program needs.

The commands run as a user runs them, each in a process of its own, over a database with a long history, and
with the bytecode that an installation has. Measured is processor time, the least of some runs: neighbours on
the machine disturb it least.
"""

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import yaml

from mesharr.bootstrap.identity import open_state
from mesharr.disk.child import LocalDisk
from mesharr.log import keys, layout, mesh
from mesharr.log.keys import NodeKey
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.peers import Peer, write_peers
from tests.bench import log

FLOOR: Final = ("-c", "import typer, rich, msgspec")
COMMANDS: Final = {
    "help": ("--help",),
    "status_help": ("status", "--help"),
    "sync_help": ("sync", "--help"),
    "token": ("token",),
    "peers": ("peers",),
    "uploads": ("uploads",),
    "approve": ("approve",),
    "status": ("status",),
    "status_json": ("status", "--json"),
}
BOUND: Final = 2.5
"""At most so many times the floor each of them may take."""
SERVED: Final = (0, 3, 4)
"""The exit codes of a command that answered: nothing to do, something to do, something is down."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run each command some times; a ratio of 1 is the floor."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        applied = _history(place, options.events, options.items)
        command = ("-m", "mesharr", "--config-dir", str(place / "bob"))
        environ = installed(place)
        codes: dict[str, int] = {}
        least: dict[str, float] = {}
        for _ in range(options.runs):
            for name, words in {"floor": FLOOR, **{n: (*command, *w) for n, w in COMMANDS.items()}}.items():
                codes[name], spent = _spent(words, environ)
                least[name] = min(least.get(name, spent), spent)
    floor = least["floor"]
    ratios = {name: round(least[name] / floor, 1) for name in COMMANDS}
    return {
        "bench": "cli",
        "events": applied,
        "items": options.items,
        "floor_ms": round(floor * 1000),
        **ratios,
        "bound": BOUND,
        "ok": applied == options.events
        and all(code in SERVED for code in codes.values())
        and all(ratio <= BOUND for ratio in ratios.values()),
    }


def _history(place: Path, events: int, items: int) -> int:
    """Have bob, who trusts alice, know her history and wait for nothing; return how much of it he applied."""
    alice = NodeKey(hashlib.sha256(b"bench").digest())
    store = DirectoryStore(str(place / ".mesharr"), LocalDisk())
    store.create(mesh.encode(mesh.Mesh(name="bench", id=log.MESH, made="2026-11-22T18:00:00Z")))
    stream = f"{layout.node_id('alice', alice.public)}.00000001"
    log.write_history(store, stream, alice, events, items)
    config_dir = place / "bob"
    config_dir.mkdir()
    bob = keys.generate(str(config_dir / "node.key"))
    node = stream.rpartition(".")[0]
    write_peers(
        str(config_dir), (Peer(node=node, name="alice", key=keys.key_text(alice.public), since="2026-11-22"),)
    )
    library = place / "movies"
    library.mkdir()
    (library / ".mesharr-anchor").write_bytes(mesh.anchor(log.MESH, "movies"))
    content = {
        "node": "bob",
        "store": {"path": str(place / ".mesharr")},
        "apps": {"radarr": {"url": "http://127.0.0.1:9", "api_key": "none"}},
        "libraries": {"movies": {"app": "radarr", "root": "/movies", "path": str(library)}},
        "server": {"api_key": "hook"},
    }
    (config_dir / "mesharr.yml").write_text(yaml.safe_dump(content))
    state = open_state(str(config_dir))
    with closing(state.db):
        me = Me(layout.node_id("bob", bob.public), "bob", log.MESH)
        state.node.join(log.MESH)
        peer = Trusted(node, "alice", alice.public, keys.verifier(alice.public))
        own = Trusted(me.node, "bob", bob.public, keys.verifier(bob.public))
        follower = Follower(me, own, store, lambda: {node: peer}, state, lambda: f"{me.node}.00000001")
        while follower.step(log.NOW):
            pass
        state.db.write("DELETE FROM dirty")  # the app has them all
        return state.streams.cursor(stream)[0]


def installed(place: Path) -> dict[str, str]:
    """Return the environment in which a module is compiled once, as pip does, and not in each process."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environ, "PYTHONPYCACHEPREFIX": str(place / "bytecode")}


def _spent(words: Sequence[str], environ: Mapping[str, str]) -> tuple[int, float]:
    """Return the exit code of a Python process, and the processor time (s) that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = subprocess.run(
        [sys.executable, *words],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
