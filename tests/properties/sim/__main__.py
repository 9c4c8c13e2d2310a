"""python -m tests.sim --seeds N [--seed S] [--liar] [--mutant NAME] [--mutants]: the simulation of the log.

The last line printed says what was found; the exit code is 1 when that is anything. A seed plays the same
each time: what it found once is kept in `seeds.json` and played by the tests for ever.
"""

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from typing import NamedTuple
from unittest.mock import patch

from mesharr.log import codec
from tests.properties.sim.checks import KINDS
from tests.properties.sim.mutants import MUTANTS
from tests.properties.sim.node import Parts
from tests.properties.sim.run import TROUBLES, Report, play

TRIES = 40
TRIED_FIRST = {
    "no audit": 22,
    "clock not persisted": 4,
    "a retry has new bytes": 3,
    "tail after the newest segment, unconfirmed": 6,
    "first seen fork wins": 7,
    "prev is ignored": 7,
    "an ending covers by its number": 9,
    "any id proves any number": 18,
    "who speaks last describes": 2,
    "one word joins two items": 4,
    "a peer's word begins an incarnation each time": 13,
}
"""The seeds that found some mutants out when this was written: those before them are not played first."""
LINES = 8192


class Job(NamedTuple):
    """What is to be played."""

    seed: int
    name: str = ""
    """A mutant, or a trouble to have more of, "" for neither."""
    liar: bool = False
    """Whether there is a peer that lies."""


def one(job: Job) -> Report:
    """Play one seed."""
    if job.name in MUTANTS:
        parts = MUTANTS[job.name]()
        return _quietly(job.seed, parts, hasty=True, liar=parts.liar)
    parts = Parts()
    parts.troubles = (job.name,) if job.name else ()
    return _quietly(job.seed, parts, liar=job.liar)


def _quietly(seed: int, parts: Parts, *, hasty: bool = False, liar: bool = False) -> Report:
    """Play a seed without a word of the stages: they have much to tell of such hours."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    parsed_once = lru_cache(LINES)(codec.parse_cut)  # each node reads the same lines, at each audit again
    try:
        with patch.object(codec, "parse_cut", parsed_once):
            return play(seed, parts, hasty=hasty, liar=liar)
    finally:
        logging.disable(before)


def campaign(seeds: Sequence[int], name: str = "", *, liar: bool = False) -> Iterator[Report]:
    """Play seeds, several at once, and yield their reports in order."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(one, [Job(seed, name, liar) for seed in seeds], chunksize=4)


def catch(name: str, tries: int = TRIES) -> Report | None:
    """Return the report of the first seed that finds a mutant out, and nothing in the same without it."""
    sound = Parts()
    sound.troubles, sound.liar = MUTANTS[name]().troubles, MUTANTS[name]().liar
    first = TRIED_FIRST.get(name, 0)
    for seed in (first, *(each for each in range(tries) if each != first)):
        report = one(Job(seed, name))
        if report.bad and not _quietly(seed, sound, liar=sound.liar).bad:
            return report
    return None


def main() -> int:
    """Play what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds to play")
    parser.add_argument("--seed", type=int, help="play this one only, and print what happened in it")
    parser.add_argument("--start", type=int, default=0, help="the first seed of a campaign")
    parser.add_argument("--mutant", default="", choices=sorted(MUTANTS), help="break the protocol so")
    parser.add_argument("--trouble", default="", choices=TROUBLES, help="have more of this one")
    parser.add_argument("--liar", action="store_true", help="have a peer that all trust, and that lies")
    parser.add_argument("--mutants", action="store_true", help="see that each mutant is found out")
    asked = parser.parse_args()
    if asked.mutants:
        return _mutants()
    if asked.seed is not None:
        report = one(Job(asked.seed, asked.mutant or asked.trouble, asked.liar))
        print("\n".join([*report.trace, *report.found]))
        return _total([report])
    seeds = range(asked.start, asked.start + asked.seeds)
    return _total(campaign(seeds, asked.mutant or asked.trouble, liar=asked.liar))


def _total(reports: Iterator[Report] | Sequence[Report]) -> int:
    counts: Counter[str] = Counter()
    played = steps = events = 0
    hours = 0.0
    for report in reports:
        counts.update(report.counts)
        played, steps, events = played + 1, steps + report.steps, events + report.events
        hours += report.hours
        if report.bad:
            print(f"seed {report.seed} {report.fingerprint}: {'; '.join(report.found[:4])}", flush=True)
    print(f"{hours:.0f} virtual hours, {steps} steps, {events} events applied")
    print(f"seeds={played}", *(f"{kind}={counts[kind]}" for kind in KINDS))
    return 1 if any(counts.values()) else 0


def _mutants() -> int:
    caught = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, report in zip(MUTANTS, pool.map(catch, MUTANTS), strict=True):
            caught += report is not None
            how = f"seed {report.seed}: {report.found[0]}" if report else "NOT CAUGHT"
            print(f"{name}: {how}", flush=True)
    print(f"caught={caught}/{len(MUTANTS)}")
    return 0 if caught == len(MUTANTS) else 1


if __name__ == "__main__":
    sys.exit(main())
