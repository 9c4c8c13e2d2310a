"""How long a household takes to join, and what it asks of its Radarr, beside a loop of single adds.

The daemon is the real program, as an installation has it (with bytecode, without what only tests need),
started with an empty database over a store that holds a peer's inventory. Its Radarr is simulated, over HTTP,
with the costs of a real one: each request takes `--latency`, a bulk add 10 ms a film. Then a command for each
film refreshes it in 0.45 s and finds its file, in the three threads that run all commands; a manual import
takes 30 ms a file. The loop adds the same films to another such Radarr, as programs do that keep two Radarrs
alike.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml

from mesharr.demo.arr.app import WEBHOOK_TIMEOUT
from mesharr.demo.http import serve
from mesharr.demo.radarr.app import SimulatedRadarr
from mesharr.log import keys
from mesharr.state.peers import Peer, write_peers
from tests.bench import library
from tests.bench.bootstrap import POLICY
from tests.bench.idle import PROGRAM, answers
from tests.support.household import FILMS, MOVIES, Clock, Household, make_drive, settle
from tests.support.mounts import free_port, until

FEWER_REQUESTS = 50
FASTER = 2
PATIENCE_S = 1800.0
ADD_S, REFRESH_S, IMPORT_S = 0.01, 0.45, 0.03
KEY = {"X-Api-Key": "key"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--latency", type=float, default=5, help="milliseconds that each request takes")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Have a household join, then have the loop do the same."""
    logging.getLogger("mesharr").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        mesharr = _joined(place, options.films, options.latency / 1000)
        plain = _looped(place, options.films, options.latency / 1000)
    fewer = plain["requests"] / mesharr["requests"]
    faster = plain["seconds"] / mesharr["seconds"]
    good = mesharr["rows"] == options.films and fewer >= FEWER_REQUESTS and faster >= FASTER
    return {
        "bench": "join",
        "films": options.films,
        "latency_ms": options.latency,
        "mesharr": mesharr,
        "plain_loop": plain,
        "times_fewer_requests": round(fewer, 1),
        "times_faster": round(faster, 2),
        "ok": good,
    }


class SlowRadarr:
    """A simulated Radarr with the costs of a real one, and an empty library."""

    def __init__(self, movies: Path, latency_s: float) -> None:
        self._hooks = httpx.Client(timeout=WEBHOOK_TIMEOUT)
        self.app = SimulatedRadarr(
            name="bob", roots=[str(movies)], api_key="key", catalogue=FILMS, post=self._post
        )
        self.app.library.facts.add_seconds = ADD_S
        self.app.library.facts.refresh_seconds = REFRESH_S
        self.app.library.facts.import_seconds = IMPORT_S
        self.app.library.facts.overlapping_scans = "two rows"
        self.app.commands.work_in_real_time()
        self.asked: Counter[str] = Counter()
        self._latency_s = latency_s

    def _post(self, url: str, content: bytes, headers: dict[str, str]) -> int:
        """Send a webhook over a connection that stays, as a real app does."""
        return self._hooks.post(url, content=content, headers=headers).status_code

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer after the latency."""
        self.asked[f"{request.method} {request.url.path}"] += 1
        time.sleep(self._latency_s)
        return self.app.handle(request)

    def holds(self, films: int) -> bool:
        """Return whether all films are there with a file, and unmonitored."""
        rows = self.app.library.movies()
        return len(rows) == films and all(row.file_id and not row.monitored for row in rows)


@contextmanager
def _radarr(movies: Path, latency_s: float) -> Iterator[tuple[SlowRadarr, str]]:
    radarr = SlowRadarr(movies, latency_s)
    with serve(radarr.handle) as server:
        try:
            yield radarr, server.url
        finally:
            radarr.app.close()


def _joined(place: Path, films: int, latency_s: float) -> dict[str, Any]:
    drive = place / "drive"
    alice = _inventory(place, drive, films)
    config_dir = place / "bob-node"
    config_dir.mkdir()
    keys.generate(str(config_dir / "node.key"))
    peer = Peer(node=alice.node, name="alice", key=keys.key_text(alice.key.public), since="2026-11-22")
    write_peers(str(config_dir), (peer,))
    movies, port = drive / MOVIES.library, free_port()
    with _radarr(movies, latency_s) as (radarr, url):
        content = {
            "node": "bob",
            "store": {"path": str(drive / ".mesharr")},
            "apps": {"radarr": {"url": url, "api_key": "key"}},
            "libraries": {MOVIES.library: {"app": "radarr", "root": str(movies), "path": str(movies)}},
            "uploads": {"mode": "none"},
            "policy": POLICY,
            "server": {"listen": f"127.0.0.1:{port}", "api_key": "hook"},
        }
        (config_dir / "mesharr.yml").write_text(yaml.safe_dump(content))
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run([sys.executable, "-c", "import mesharr.cli.actions.run"], env=environ, check=True)
        command = [sys.executable, "-c", PROGRAM, "--config-dir", str(config_dir), "run"]
        with (config_dir / "stderr.log").open("ab") as told:
            begun = time.monotonic()
            process = subprocess.Popen(command, stdout=told, stderr=told, env=environ)
            try:
                until(partial(answers, port), "the daemon answers", every=0.05)
                radarr.app.connect(f"http://127.0.0.1:{port}/hook/radarr", {"X-Api-Key": "hook"})
                until(lambda: radarr.holds(films), "all films are there", PATIENCE_S, every=0.05)
                took = time.monotonic() - begun
            finally:
                process.terminate()
                process.wait(timeout=60)
        return {
            "seconds": round(took, 1),
            "requests": radarr.asked.total(),
            "by_kind": dict(radarr.asked.most_common(12)),
            "rows": len(radarr.app.library.tables.files),
        }


def _inventory(place: Path, drive: Path, films: int) -> Household:
    """Make the drive with the films, and the store with a peer's inventory of them."""
    clock = Clock()
    make_drive(drive, (MOVIES.library,))
    alice = Household("alice", place, drive, clock, (MOVIES,))
    settle(clock, alice, seconds=10, steps=5)
    found = tuple(library.films_found(films))
    library.put_on_the_drive(drive / MOVIES.library, found)
    library.tell(alice, MOVIES.library, found)
    return alice


def _looped(place: Path, films: int, latency_s: float) -> dict[str, Any]:
    movies = place / "drive" / MOVIES.library
    with _radarr(movies, latency_s) as (radarr, url), httpx.Client(base_url=url, headers=KEY) as client:
        begun = time.monotonic()
        there = {row["tmdbId"] for row in client.get("/api/v3/movie").raise_for_status().json()}
        profile = client.get("/api/v3/qualityprofile").raise_for_status().json()[0]["id"]
        for each in library.films_found(films):
            film = FILMS[int(each.item.id.partition(":")[2])]
            if film.tmdb_id in there:
                continue
            body = {
                "tmdbId": film.tmdb_id,
                "title": film.title,
                "year": film.year,
                "qualityProfileId": profile,
                "path": f"{movies}/{each.item.folder}",
                "monitored": False,
                "addOptions": {"monitor": "none", "searchForMovie": False},
            }
            client.post("/api/v3/movie", content=json.dumps(body)).raise_for_status()
        posted = time.monotonic() - begun
        until(lambda: radarr.holds(films), "all films are there", PATIENCE_S, every=0.05)
        return {
            "seconds": round(time.monotonic() - begun, 1),
            "requests": radarr.asked.total(),
            "seconds_of_requests": round(posted, 1),
        }
