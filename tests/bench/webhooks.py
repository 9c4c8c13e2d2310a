"""How many webhooks the daemon answers when many come at once, each on the disk before its answer.

It is the real program with one app, which is down: so every webhook stays in the inbox and is counted there.
The apps have some connections, and each sends its next webhook once the one before is answered; `/ping` is
asked beside them. The floor is what the same bodies cost when one thread commits them to such a database.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import yaml

from mesharr.bootstrap.identity import open_state
from mesharr.disk.child import LocalDisk
from mesharr.log import keys, mesh
from mesharr.log.store.folder import DirectoryStore
from tests.bench import idle, log
from tests.support.mounts import free_port
from tests.unit.inbound.test_http import body_of

KEY: Final = "hook"
PING_S: Final = 0.05
POOL: Final = """
import concurrent.futures
class Pool(concurrent.futures.ThreadPoolExecutor):
    def __init__(self, max_workers=None, *rest, **named):
        super().__init__(max_workers or {threads}, *rest, **named)
concurrent.futures.ThreadPoolExecutor = Pool
"""
"""Gives the threads that asyncio makes by itself another number."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--webhooks", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument(
        "--threads", type=int, default=0, help="that take webhooks, 0: as the daemon has them"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Send the webhooks; return how they were answered, and how many are kept."""
    bodies = [body_of(downloadId=f"webhook {number}") for number in range(options.webhooks)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        port = _configure(place)
        program = POOL.format(threads=options.threads) + idle.PROGRAM if options.threads else idle.PROGRAM
        floor_s = _floor(place / "floor", bodies)
        with idle.daemon(place, port, program) as process:
            begun = time.monotonic()
            answers, waits, pings = asyncio.run(_send(port, bodies, options.connections))
            took_s = time.monotonic() - begun
            threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
        kept = _kept(place)
        floor_s = min(floor_s, _floor(place / "floor again", bodies))
    lost = [number for number in range(len(bodies)) if kept[f"webhook {number}"] != 1]
    return {
        "bench": "webhooks",
        "webhooks": len(bodies),
        "connections": options.connections,
        "answers": dict(answers),
        "lost_or_doubled": len(lost),
        "a_second": round(len(bodies) / took_s),
        "times_the_floor": round(took_s / floor_s, 1),
        "median_ms": _ms(statistics.median(waits)),
        "worst_ms": _ms(max(waits)),
        "pings": len(pings),
        "ping_median_ms": _ms(statistics.median(pings)),
        "ping_worst_ms": _ms(max(pings)),
        "threads": threads,
        "ok": answers == {200: len(bodies)} and not lost,
    }


def _configure(place: Path) -> int:
    config_dir, movies = place / "bob", place / "Movies"
    movies.mkdir()
    config_dir.mkdir()
    store = DirectoryStore(str(place / ".mesharr"), LocalDisk())
    store.create(mesh.encode(mesh.Mesh(name="bench", id=log.MESH, made="2026-11-22T18:00:00Z")))
    keys.generate(str(config_dir / "node.key"))
    port = free_port()
    content = {
        "node": "bob",
        "store": {"path": str(place / ".mesharr"), "poll": "30s"},
        "server": {"listen": f"127.0.0.1:{port}", "api_key": KEY},
        "apps": {"radarr": {"url": f"http://127.0.0.1:{free_port()}", "api_key": "none"}},
        "libraries": {"movies": {"path": str(movies), "app": "radarr", "root": str(movies)}},
        "uploads": {"mode": "none"},
    }
    (config_dir / "mesharr.yml").write_text(yaml.safe_dump(content))
    return port


def _floor(config_dir: Path, bodies: list[bytes]) -> float:
    """Return how long (s) one thread takes to put the webhooks into an inbox, a commit each."""
    config_dir.mkdir()
    state = open_state(str(config_dir), locked=True)
    try:
        begun = time.monotonic()
        for body in bodies:
            state.inbox.put("radarr", "webhook", body, 1)
        return time.monotonic() - begun
    finally:
        state.db.close()


async def _send(
    port: int, bodies: list[bytes], connections: int
) -> tuple[Counter[int], list[float], list[float]]:
    """Return the answers, how long each took, and how long each `/ping` took meanwhile."""
    answers, waits, pings = Counter[int](), list[float](), list[float]()
    left = iter(bodies)

    async def app() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in left:
            head = f"POST /hook/radarr HTTP/1.1\r\nHost: a\r\nX-Api-Key: {KEY}\r\n"
            begun = time.monotonic()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answers[await _status(reader)] += 1
            waits.append(time.monotonic() - begun)
        writer.close()

    async def health() -> None:
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            begun = time.monotonic()
            writer.write(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await _status(reader) == 200
            pings.append(time.monotonic() - begun)
            writer.close()
            await asyncio.sleep(PING_S)

    asking = asyncio.create_task(health())
    await asyncio.gather(*(app() for _ in range(connections)))
    asking.cancel()
    return answers, waits, pings


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
    return int(head.split()[1])


def _kept(place: Path) -> Counter[str]:
    """Return how often each webhook is in the inbox."""
    connection = sqlite3.connect(place / "bob" / "mesharr.db")
    try:
        rows = connection.execute("SELECT body FROM inbox").fetchall()
    finally:
        connection.close()
    return Counter(json.loads(body)["downloadId"] for (body,) in rows)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
