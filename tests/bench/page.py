"""What the page costs with a long history: its list is made once, and each page is read of a part of it."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mesharr.core.events.schema import Body, Copy, FileImported, ItemAdded
from mesharr.node.reports.catalogue import refresh
from tests.unit.state.samples import MOVIES, NOW, A, B, film, stored
from tests.unit.web.served import KEY, Served

PAGE_S = 0.5
"""The bound for one page, on a machine that does other things as well."""
RUN = 1_000
PATHS = [
    "/", "/activity", "/activity?kind=claimed", "/library", "/library?search=film+1999", "/library?page=300",
    "/library/movies/tmdb:7", "/peers", "/approvals",
]  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Fill a database, make the list of items, and load each page five times."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder))
        _fill(served, options.events, options.items)
        began = time.process_time()
        steps = 0
        longest = 0.0
        while True:
            at = time.perf_counter()
            more = refresh(served.state)
            longest = max(longest, time.perf_counter() - at)
            if not more:
                break
            steps += 1
        made = time.process_time() - began
        served.login(KEY)
        pages = {path: _median(served, path) for path in PATHS}
        for path in ("/status", "/activity", "/library"):
            pages[f"/api/v1{path}"] = _median(served, f"/api/v1{path}")
        served.close()
    return {
        "bench": "page",
        "events": options.events,
        "items": options.items,
        "list_made_cpu_s": round(made, 1),
        "list_steps": steps,
        "longest_step_s": round(longest, 3),
        **{f"page {path}": round(seconds, 3) for path, seconds in pages.items()},
        "ok": max(pages.values()) < PAGE_S,
    }


def _fill(served: Served, events: int, items: int) -> None:
    for stream, count in ((A, events // 2), (B, events - events // 2)):
        bodies = _bodies(count, items)
        for first in range(1, count + 1, RUN):
            last = min(first + RUN, count + 1)
            run_of = [stored(seq, next(bodies), stream) for seq in range(first, last)]
            served.state.streams.apply(run_of, NOW)


def _bodies(count: int, items: int) -> Iterator[Body]:
    for n in range(count):
        number = 1 + n % items
        item = film(f"tmdb:{number}", f"Film {number}")
        if n < items:
            yield ItemAdded(library=MOVIES, item=item)
        else:
            copy = Copy(
                path=f"Film {number}/{n // items}.mkv", size=n, units=("movie",), quality="Bluray-1080p"
            )
            yield FileImported(library=MOVIES, item=item, copies=(copy,), term=1 + n // items)


def _median(served: Served, path: str) -> float:
    """Return how long a page takes, the middle of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        answer = served.client.get(path, headers={"X-Api-Key": KEY})
        assert answer.status_code == 200, answer.text
        times.append(time.perf_counter() - began)
    return statistics.median(times)
