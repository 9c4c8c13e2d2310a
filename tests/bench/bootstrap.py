"""What it costs the arrs of a new household to be given what the mesh has: requests, until all is quiet."""

import argparse
import logging
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from mesharr.core.events.schema import Found
from tests.bench import library
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle

FILM_REQUESTS = 70
SERIES_REQUESTS = 1_000
POLICY = {"first_contact": "go"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--films", type=int, default=5_000)
    parser.add_argument("--series", type=int, default=800)
    parser.add_argument("--episodes", type=int, default=75)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Have a new household join a mesh with so many films, and one that has so many series."""
    logging.getLogger("mesharr").setLevel(logging.ERROR)
    catalogue = library.shows(options.series, options.episodes)
    films = _joined(MOVIES, tuple(library.films_found(options.films)), options.films)
    series = _joined(library.television(catalogue), tuple(library.shows_found(catalogue)), options.series)
    good = films["whole"] and series["whole"]
    good = good and films["requests"] <= FILM_REQUESTS and series["requests"] <= SERIES_REQUESTS
    good = good and not (films["nightly_writes"] or series["nightly_writes"])
    return {"bench": "bootstrap", "films": films, "series": series, "ok": good}


def _joined(setup: LibrarySetup, found: tuple[Found, ...], items: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        root, clock = Path(folder), Clock()
        make_drive(root / "drive", (setup.library,))
        alice = Household("alice", root, root / "drive", clock, (setup,))
        settle(clock, alice, seconds=10, steps=5)
        library.put_on_the_drive(root / "drive" / setup.library, found)
        library.tell(alice, setup.library, found)
        bob = Household("bob", root, root / "drive", clock, (setup,), policy=POLICY)
        bob.trust(alice)
        bob.forget_requests()
        settle(clock, bob, seconds=3600, steps=120)
        asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in bob.requests())
        files, monitored = _held(bob, setup)
        searches = getattr(bob.arrs[setup.app], "searches", [])
        whole = files == sum(len(each.copies) for each in found) and not monitored and not searches
        waits, told = bob.waits(), bob.events()
        bob.forget_requests()
        bob.engine.nightly.step(clock())
        settle(clock, bob, seconds=60, steps=6)
        return {
            "items": items,
            "files": files,
            "requests": asked.total(),
            "by_kind": dict(asked.most_common(8)),
            "nightly_writes": bob.writes(),
            "whole": whole and not waits and not told and not searches,
            "waits": waits,
        }


def _held(house: Household, setup: LibrarySetup) -> tuple[int, int]:
    """Return how many files the arr of a household shows, and how many units are monitored."""
    with house.unseen():
        held = list(house.links[setup.app].arr.read_all())
    files = sum(len(each.files) for each in held)
    return files, sum(sum(each.monitored.values()) for each in held)
