"""What a household's day costs: requests to the drive, to Radarr and to Plex, bytes written, and wake-ups.

The stages of the daemon are stepped on a virtual clock when its threads would be woken: by a webhook, by each
other, or when something is due. The household imports 40 films and upgrades 3; each of 5 peers imports 8.
"""

import argparse
import logging
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from mesharr.daemon.clock import Clock as Timer
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.disk.child import Disk, LocalDisk
from tests.support.household import Clock, Household, make_drive, settle

DAY_S, POLL_S = 86_400, 30.0
IMPORTS, UPGRADES, PEERS, OF_A_PEER = 40, 3, 5, 8
LISTINGS = 5_000
STORE = "/.mesharr"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Let a day pass."""
    logging.getLogger("mesharr").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        return _day(Path(folder), options.hours * 3600)


class CountingDisk(LocalDisk):
    """Notes every operation on the store, and how many bytes are written to it."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.written = 0

    def _call(self, operation: str, *arguments: Any) -> Any:
        where = str(arguments[-1] if operation.startswith("sizes") else arguments[0])
        if STORE in where:
            self.asked[operation] += 1
            self.written += sum(len(each) for each in arguments if isinstance(each, bytes))
        return super()._call(operation, *arguments)


class Counted(Household):
    """A household whose store is counted, once its disk is used."""

    def make_disk(self) -> Disk:
        self.disk = CountingDisk()
        return self.disk


class SteppedDaemon:
    """A daemon without threads: each loop is stepped when its thread would be."""

    def __init__(self, house: Household, clock: Clock) -> None:
        self._clock = clock
        self.polls = 0
        self.steps: Counter[str] = Counter()
        schedule = Schedule(poll_s=POLL_S, audit_s=900.0, reconcile="0 4 * * *")
        self.daemon = Daemon(house.engine, schedule, Timer(), exchanged=self._exchanged)
        self._due = dict.fromkeys(self.daemon._loops.values(), 0)
        self._poll_at = clock() + int(POLL_S * 1000)
        self._house = house

    def _exchanged(self, listed: bool, new: int) -> None:
        del new
        self.polls += listed

    def until(self, moment: int) -> None:
        """Step what is woken or due until a time (ms)."""
        while True:
            self._house.run_commands()
            if self._stepped():
                continue
            if self._clock.ms >= moment:
                return
            self._clock.ms = max(self._clock.ms + 1, min(moment, self._poll_at, *self._due.values()))
            if self._clock.ms >= self._poll_at:
                self._poll_at += int(POLL_S * 1000)
                self.daemon._polled()

    def _stepped(self) -> bool:
        ready = [loop for loop, due in self._due.items() if loop._wake.is_set() or due <= self._clock.ms]
        for loop in ready:
            loop._wake.clear()
            wait = loop._step()
            self.steps[loop.name] += 1
            self._due[loop] = self._clock.ms + (DAY_S * 1000 if wait is None else int(wait * 1000) + 1)
        return bool(ready)


def _day(place: Path, seconds: float) -> dict[str, Any]:
    clock = Clock()
    make_drive(place / "drive")
    alice = Counted("alice", place, place / "drive", clock)
    peers = [Household(f"peer{n}", place, place / "drive", clock) for n in range(PEERS)]
    for peer in peers:
        alice.trust(peer)
        peer.trust(alice)
    settle(clock, alice, *peers, seconds=120, steps=12)
    alice.forget_requests()
    alice.plex.requests.clear()
    alice.disk.asked.clear()
    alice.disk.written = 0
    stepped = SteppedDaemon(alice, clock)
    kept = alice.state.db.mark()[1]
    begin = clock.ms
    for at, house, film, size in _deeds(alice, peers, seconds):
        stepped.until(begin + int(at * 1000))
        if house.movie(film) is None:
            house.radarr.add(film)
        house.radarr.download(film, size=size)
        if house is alice:
            stepped.daemon.stored()
        else:
            for _ in range(3):
                house.once()
                clock.forward(1)
    stepped.until(begin + int(seconds * 1000))
    films = len(alice.radarr.library.movies())
    asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in alice.requests())
    return {
        "bench": "day",
        "hours": seconds / 3600,
        "films": films,
        "listings": stepped.polls,
        "drive_requests": alice.disk.asked.total(),
        "drive_by_kind": dict(alice.disk.asked.most_common(6)),
        "drive_bytes_written": alice.disk.written,
        "radarr_requests": asked.total(),
        "radarr_by_kind": dict(asked.most_common(8)),
        "plex_requests": len(alice.plex.requests),
        "database_rows_written": alice.state.db.mark()[1] - kept,
        "database_kib": (alice.dir / "mesharr.db").stat().st_size >> 10,
        "wake_ups": stepped.steps.total(),
        "wake_ups_by_stage": dict(stepped.steps.most_common()),
        "ok": stepped.polls < LISTINGS,
    }


def _deeds(
    alice: Household, peers: list[Household], seconds: float
) -> list[tuple[float, Household, int, int]]:
    """Return who imports which film at what time of the day, in order; an upgrade is a larger file."""
    drawn = random.Random(15)

    def at() -> float:
        return drawn.triangular(0.3, 0.98, 0.8) * seconds

    deeds = [(at(), alice, film, 4096) for film in range(1, IMPORTS + 1)]
    deeds += [(min(seconds - 60, each[0] + 3600), alice, each[2], 8192) for each in deeds[:UPGRADES]]
    for number, peer in enumerate(peers):
        first = IMPORTS + 1 + number * OF_A_PEER
        deeds += [(at(), peer, film, 4096) for film in range(first, first + OF_A_PEER)]
    return sorted(deeds, key=lambda deed: deed[0])
