"""How soon a household hears: from an import's webhook until its peer has the film, and its Plex knows.

Real daemons, each in a process of its own, with a simulated Radarr and Plex over HTTP; `store.poll` is as it
is by default. Once over a shared local directory, once over two rclone mounts with remote control of one
loopback cloud. Active: imports follow each other. Idle: the peer has just been started again, so that nothing
went on there, and the imports are spread over its interval.
"""

import argparse
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from mesharr.demo.radarr.app import Film
from tests.bench.bootstrap import POLICY
from tests.e2e import household
from tests.e2e.household import Household, introduce
from tests.support.mounts import mount, requires_mounts, serve, until

ACTIVE_S = 5.0
POLL_S = 30.0
PATIENCE_S = 120.0
PAUSE_S = 5.0
"""The pause between two requests to Plex, which is not what is measured."""
GAP_S = 5.0
"""Within how much more time the next import comes: not always at the same time after a poll."""
FLAGS = ("--vfs-cache-mode", "writes", "--vfs-write-back", "1s")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--runs", type=int, default=30, help="imports while there is life")
    parser.add_argument("--idle-runs", type=int, default=None, help="imports after silence; as --runs")
    parser.add_argument("--over", choices=("directory", "mount", "both"), default="both")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Have one household import again and again, and look when the other one has it."""
    logging.getLogger().setLevel(logging.ERROR)
    idle = options.runs if options.idle_runs is None else options.idle_runs
    for n in range(1, options.runs + idle + 2):
        household.FILMS[n] = Film(tmdb_id=n, title=f"Film {n}", year=2000 + n % 20)
    places = ("directory", "mount") if options.over == "both" else (options.over,)
    result: dict[str, Any] = {"bench": "hear", "runs": options.runs, "idle_runs": idle, "poll_s": POLL_S}
    if "mount" in places and (why := requires_mounts()):
        raise SystemExit(why)
    for place in places:
        result[place] = _measured(place, options.runs, idle)
    good = all(result[place]["active"]["median_s"] <= ACTIVE_S for place in places)
    return result | {"ok": good}


def _measured(place: str, runs: int, idle_runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _pair(place, Path(folder)) as (alice, bob):
        films = iter(range(1, runs + idle_runs + 2))
        _heard_now(alice, bob, next(films))  # the first one finds everything cold
        before, since = _polls(bob), time.monotonic()
        active = [_heard_now(alice, bob, next(films)) for _ in range(runs)]
        polls, took = _polls(bob) - before, time.monotonic() - since
        result = {"active": _figures(active, polls, took)}
        print(place, result, file=sys.stderr, flush=True)  # what follows takes half an hour
        idle: list[float] = []
        polls, took = 0, 0.0
        for number in range(idle_runs):
            film = next(films)
            _added(alice, bob, film)
            bob.stop()
            bob.start()
            until(lambda: _polls(bob) > 0, "the first poll", PATIENCE_S, every=0.1)
            before, since = _polls(bob), time.monotonic()
            time.sleep(POLL_S * (number + 0.5) / idle_runs)
            polls, took = polls + _polls(bob) - before, took + time.monotonic() - since
            idle.append(_heard(alice, bob, film))
        return result | {"idle": _figures(idle, polls, took)}


def _figures(heard: list[float], polls: int, took: float) -> dict[str, Any]:
    """Return how long was waited for imports, and how often the store was listed in so many seconds."""
    if not heard:
        return {}
    median, worst = round(statistics.median(heard), 2), round(max(heard), 2)
    return {"median_s": median, "worst_s": worst, "polls": polls, "seconds_in_all": round(took, 1)}


def _heard_now(alice: Household, bob: Household, film: int) -> float:
    """Have a film added and imported while there is life; return what `_heard` does."""
    _added(alice, bob, film)
    time.sleep(PAUSE_S + random.random() * GAP_S)
    return _heard(alice, bob, film)


def _added(alice: Household, bob: Household, film: int) -> None:
    alice.radarr.add(film)
    until(lambda: bob.radarr.library.by_tmdb(film) is not None, f"{film} is added at bob", PATIENCE_S)


def _heard(alice: Household, bob: Household, film: int) -> float:
    """Have alice import a film; return the seconds until bob has it and his Plex was told of it."""
    begun = time.monotonic()
    alice.radarr.download(film)  # sends the webhook
    until(lambda: _has(bob, film), f"{film} at bob\n{bob.log()[-1500:]}", PATIENCE_S, every=0.01)
    return time.monotonic() - begun


def _has(bob: Household, film: int) -> bool:
    found = bob.radarr.library.by_tmdb(film)
    if found is None or found.monitored or not found.file_id:
        return False
    return any(folder == found.path for folder in bob.plex.scans)


def _polls(house: Household) -> int:
    """Return how often the daemon has listed the store since its start, as its metrics say."""
    answer = httpx.get(f"http://127.0.0.1:{house.port}/metrics", headers={"X-Api-Key": "hook"}, timeout=30)
    answer.raise_for_status()
    lines = [line for line in answer.text.splitlines() if 'program="store"' in line]
    return int(float(lines[0].rpartition(" ")[2])) if lines else 0


@contextmanager
def _pair(place: str, folder: Path) -> Iterator[tuple[Household, Household]]:
    """Run two households that trust each other, until the block ends."""
    drive = folder / "cloud"
    (drive / "Movies").mkdir(parents=True)
    with ExitStack() as stack:
        if place == "directory":
            points = {"alice": drive, "bob": drive}
            control = dict.fromkeys(points, "")
        else:
            cloud = stack.enter_context(serve("webdav", drive))
            mounts = {
                name: stack.enter_context(mount(cloud, folder / f"mnt-{name}", flags=FLAGS))
                for name in ("alice", "bob")
            }
            points = {name: each.point for name, each in mounts.items()}
            control = {name: each.rc for name, each in mounts.items()}
        houses = [_household(name, folder, points[name], control[name]) for name in points]
        for house in houses:
            stack.callback(house.close)
        introduce(*houses)
        houses[0].cli("init", "--new-mesh", "home")
        for house in houses:
            house.start()
            house.connect()
        for house in houses:
            house.looks()
        yield houses[0], houses[1]


def _household(name: str, folder: Path, point: Path, rc: str) -> Household:
    controlled = {"rc": rc} if rc else {}
    return Household(
        name,
        folder / "config",
        point / "Movies",
        {"path": str(point / "Movies")} | controlled,
        {
            "store": {"path": str(point / ".mesharr"), "poll": f"{POLL_S:g}s"} | controlled,
            "uploads": {"mode": "none"},
            "policy": POLICY,  # more films are added than within an hour without a question
            "log": {"level": "info"},
        },
    )
