"""How much memory the daemon takes with a long history: right after catching up with it, and idle.

It is the real program in a process of its own, over a directory store, without an arr, as an installation has
it: with bytecode, and without the packages that only tests need. Measured is what `/proc` calls resident, of
the daemon and of the child that reads the disk; and what both take together, where a page of a file that
both have (Python itself, the C library) counts once, as it does for a container.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from mesharr.disk.child import LocalDisk
from mesharr.log import keys, layout, mesh
from mesharr.log.keys import NodeKey
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.reports.catalogue import is_complete
from mesharr.state.db import Database
from mesharr.state.events.streams import Streams
from mesharr.state.peers import Peer, write_peers
from mesharr.state.state import State
from tests.bench import log
from tests.bench.cli import installed
from tests.support.loopback import ask
from tests.support.mounts import free_port

IDLE_MIB = 60
"""Of the daemon and its child, added up."""
POLL_S = 30
PROGRAM = """
import sys
sys.modules["trio"] = None  # the browser of the tests needs it, and httpx imports it where it is
from mesharr.__main__ import main
sys.exit(main())
"""
SETTLED_S = 5.0
WATCHED_S = 2.0 * POLL_S
"""Two polls fall into it, wherever it begins."""
PATIENCE_S = 600.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--events", type=int, default=3_000)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Have a daemon catch up and look at it; start it anew over what it kept and look again."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        stream = _history(place, options.events)
        port = _configure(place, stream)
        with daemon(place, port) as process:
            _until_applied(place, stream, options.events)
            caught_up = _settled(process.pid)
        with daemon(place, port) as process:
            # it goes on where the first run was ended
            _wait(lambda: _has_catalogue(place), "the catalogue is complete")
            idle = _settled(process.pid)
            wake_ups = _wake_ups(process.pid)
            children = sum(map(_resident, _children(process.pid)))
            together = _together([process.pid, *_children(process.pid)])
        applied = _applied(place, stream)
        size = (place / "bob" / "mesharr.db").stat().st_size >> 20
    return {
        "bench": "idle",
        "events": applied,
        "database_mib": size,
        "after_catching_up_mib": _mib(caught_up),
        "idle_mib": _mib(idle),
        "idle_children_mib": _mib(children),
        "idle_added_up_mib": _mib(idle + children),
        "idle_together_mib": _mib(together),
        "wake_ups_a_minute": wake_ups,
        "ok": applied == options.events and _mib(idle + children) <= IDLE_MIB,
    }


def _history(place: Path, events: int) -> str:
    key = NodeKey(hashlib.sha256(b"bench").digest())
    store = DirectoryStore(str(place / ".mesharr"), LocalDisk())
    store.create(mesh.encode(mesh.Mesh(name="bench", id=log.MESH, made="2026-11-22T18:00:00Z")))
    stream = f"{layout.node_id('alice', key.public)}.00000001"
    log.write_history(store, stream, key, events)
    return stream


def _configure(place: Path, stream: str) -> int:
    """Make bob's config, who trusts alice; return the port he listens on."""
    config_dir = place / "bob"
    config_dir.mkdir()
    keys.generate(str(config_dir / "node.key"))
    key = NodeKey(hashlib.sha256(b"bench").digest())
    alice = Peer(
        node=stream.rpartition(".")[0], name="alice", key=keys.key_text(key.public), since="2026-11-22"
    )
    write_peers(str(config_dir), (alice,))
    port = free_port()
    content = {
        "node": "bob",
        "store": {"path": str(place / ".mesharr"), "poll": f"{POLL_S}s"},
        "server": {"listen": f"127.0.0.1:{port}", "api_key": "hook"},
    }
    (config_dir / "mesharr.yml").write_text(yaml.safe_dump(content))
    return port


@contextmanager
def daemon(place: Path, port: int, program: str = PROGRAM) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon until the block ends; it answers when the block begins."""
    command = [sys.executable, "-c", program, "--config-dir", str(place / "bob"), "run"]
    with (place / "stderr.log").open("ab") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, env=installed(place))
        try:
            _wait(lambda: answers(port) or _ended(process, place), "the daemon answers")
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def answers(port: int) -> bool:
    try:
        return ask("GET", f"http://127.0.0.1:{port}/ping", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _ended(process: subprocess.Popen[bytes], place: Path) -> bool:
    if process.poll() is not None:
        raise SystemExit((place / "stderr.log").read_text()[-2000:])
    return False


def _until_applied(place: Path, stream: str, events: int) -> None:
    _wait(lambda: _applied(place, stream) >= events, f"{events} events are applied")


def _applied(place: Path, stream: str) -> int:
    db = Database(str(place / "bob" / "mesharr.db"))
    try:
        return Streams(db).cursor(stream)[0]
    finally:
        db.close()


def _has_catalogue(place: Path) -> bool:
    state = State(Database(str(place / "bob" / "mesharr.db")))
    try:
        return is_complete(state)
    finally:
        state.db.close()


def _wait(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain: {what}")
        time.sleep(0.5)


def _settled(pid: int) -> int:
    """Return the resident KiB of a process once they have not changed by a MiB for a while."""
    last, since = _resident(pid), time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        time.sleep(0.25)
        if abs(_resident(pid) - last) >= 1024:
            last, since = _resident(pid), time.monotonic()
    return _resident(pid)


def _resident(pid: int) -> int:
    """Return the resident KiB of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _mib(kib: int) -> float:
    return round(kib / 1024, 1)


def _together(pids: Iterable[int]) -> int:
    """Return the resident KiB of some processes together: what several have of one file counts once."""
    own = 0
    of_file = Counter[str]()
    for pid in pids:
        here = Counter[str]()
        for path, resident, anonymous in _mappings(pid):
            own += anonymous
            here[path] += resident - anonymous
        of_file |= here  # the most that one of them has of each
    return own + of_file.total()


def _mappings(pid: int) -> Iterator[tuple[str, int, int]]:
    """Yield of each mapping of a process its file, and how many KiB are resident, and of no file."""
    path, resident = "", 0
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, *values = line.split()
        if not name.endswith(":"):
            path = values[4] if len(values) > 4 else ""
        elif name == "Rss:":
            resident = int(values[0])
        elif name == "Anonymous:":
            yield path, resident, int(values[0])


def _wake_ups(pid: int) -> dict[str, int]:
    """Return how often in a minute each of the threads that woke at all did, by its name."""
    before = _switches(pid)
    time.sleep(WATCHED_S)
    after = _switches(pid)
    counts = Counter[str]()
    for thread, (name, number) in after.items():
        counts[name] += number - before.get(thread, (name, number))[1]
    return {name: round(number * 60 / WATCHED_S) for name, number in counts.most_common() if number}


def _switches(pid: int) -> dict[str, tuple[str, int]]:
    """Return the name of each thread, and how often it gave its processor away to wait."""
    found: dict[str, tuple[str, int]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line)
        found[task.name] = lines["Name"].strip(), int(lines["voluntary_ctxt_switches"])
    return found


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
