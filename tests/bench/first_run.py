"""A household with a large library runs mesharr for the first time, is cut off half-way, and runs it again.

It is the real program in a process of its own, killed with SIGKILL; its Radarr answers over HTTP. The mesh
holds half of the library already, so that both halves of the comparison are there.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import yaml

from mesharr.core.events.schema import LibraryFound, body_of
from mesharr.demo.http import serve
from mesharr.log import codec
from tests.bench import library
from tests.support.household import Clock, Household, make_drive, settle

REQUESTS = 40
"""To the arr, in both runs together."""
MEMORY_MIB = 300
PATIENCE_S = 3600.0


class Run(msgspec.Struct):
    """One run of the program: what it took, and how far the comparison was when first seen, and last."""

    seconds: float = 0.0
    memory_mib: int = 0
    from_item: int | None = None
    to_item: int = 0
    code: int = 0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--films", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run `mesharr sync`, kill it when half is compared, and run it again until it ends by itself."""
    films = options.films
    with tempfile.TemporaryDirectory() as folder:
        bob = _house(Path(folder), films)
        with serve(bob.radarr.handle) as radarr:
            _configure(bob, radarr.url)
            killed = _run(bob, films // 2)
            baselined = bob.state.libraries.baselined("movies")
            again = _run(bob, None)
        asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in bob.radarr.requests)
        told = _inventory(bob)
        good = (killed.code, again.code) == (-9, 0) and (again.from_item or 0) >= killed.to_item >= films // 2
        good = good and bob.state.libraries.baselined("movies") == baselined and bob.writes() == []
        good = good and sorted(told) == sorted(f"tmdb:{n}" for n in range(films // 2 + 1, films + 1))
        good = good and max(killed.memory_mib, again.memory_mib) <= MEMORY_MIB
        [day] = bob.state.first_days.all()
        return {
            "bench": "first-run",
            "films": films,
            "killed_at": killed.to_item,
            "went_on_from": again.from_item,
            "requests": asked.total(),
            "by_kind": dict(asked),
            "events": len(bob.events()),
            "told": len(told),
            "told_twice": len(told) - len(set(told)),
            "most_memory_mib": max(killed.memory_mib, again.memory_mib),
            "seconds": [round(killed.seconds, 1), round(again.seconds, 1)],
            "ended": day.step,
            "ok": good and asked.total() <= REQUESTS and day.step == "done",
        }


def _house(root: Path, films: int) -> Household:
    """Return bob, who has all films, monitored and on the drive; alice has told one half of them."""
    clock = Clock()
    make_drive(root / "drive")
    alice, bob = (Household(name, root, root / "drive", clock) for name in ("alice", "bob"))
    settle(clock, alice, seconds=10, steps=5)
    found = tuple(library.films_found(films))
    library.put_on_the_drive(root / "drive" / "movies", found)
    library.tell(alice, "movies", found[: films // 2])
    bob.trust(alice)
    bob.deaf = True
    bob.radarr.add_all(range(1, films + 1))
    bob.run_commands()
    bob.hooks.clear()
    bob.forget_requests()
    return bob


def _configure(bob: Household, radarr: str) -> None:
    movies = {"app": "radarr", "root": str(bob.library), "path": str(bob.library), "quality_profile": "Any"}
    content = {
        "node": bob.name,
        "store": {"path": str(bob.drive / ".mesharr")},
        "apps": {"radarr": {"url": radarr, "api_key": "key"}},
        "libraries": {"movies": movies},
        "uploads": {"mode": "none"},
        "server": {"api_key": "hook"},
    }
    (bob.dir / "mesharr.yml").write_text(yaml.safe_dump(content))


def _run(bob: Household, kill_at: int | None) -> Run:
    """Run the program; kill it once so many items are compared, or let it end."""
    seen, begun = Run(), time.monotonic()
    command = [sys.executable, "-m", "mesharr", "--config-dir", str(bob.dir), "sync"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and time.monotonic() - begun < PATIENCE_S:
            seen.memory_mib = max(seen.memory_mib, _most_memory(process.pid))
            for day in bob.state.first_days.all():
                if day.step == "compare":
                    seen.from_item = day.done if seen.from_item is None else min(day.done, seen.from_item)
                    seen.to_item = day.done
            if kill_at is not None and seen.to_item >= kill_at:
                process.kill()
            time.sleep(0.02)
        process.kill()
    seen.seconds, seen.code = time.monotonic() - begun, process.wait()
    return seen


def _most_memory(pid: int) -> int:
    """Return the most memory a process had resident, in MiB; 0 when it has just ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def _inventory(house: Household) -> list[str]:
    """Return the items a household told, an item for each time."""
    [stream] = (row.stream for row in house.state.streams.all() if row.stream.startswith(f"{house.node}."))
    bodies = [body_of(row.type, codec.parse(row.line).body) for row in house.state.streams.since(stream, 1)]
    return [each.item.id for body in bodies if isinstance(body, LibraryFound) for each in body.items]
