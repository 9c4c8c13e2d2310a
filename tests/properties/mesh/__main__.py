"""python -m tests.mesh --seeds N [--theme T] [--seed S [--shrink]]: households over weeks.

The last line printed says what was found; the exit code is 1 when that is anything.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.properties.mesh.deeds import Act
from tests.properties.mesh.drawing import SEQUENCES, promptly_of, shrunk
from tests.properties.mesh.world import World, outcome, quietly

DEEDS, TROUBLE = 40, 0.3


def play(seed: int, theme: str = "", deeds: int = DEEDS) -> tuple[int, list[str], list[Act], str]:
    """Play one seed; return it, what did not hold, the acts, and what happened."""
    quietly()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), uploading=_uploads(seed))
        found, trace = outcome(
            world, world.drawn(seed, deeds, trouble=TROUBLE, theme=theme), promptly=promptly_of(theme)
        )
        return seed, found, world.done, trace


def _uploads(seed: int) -> bool:
    """Return whether a household of this seed's has a local branch: every third."""
    return seed % 3 == 2


def _replayed(acts: Sequence[Act], *, promptly: float, uploading: bool) -> tuple[list[str], str]:
    with tempfile.TemporaryDirectory() as folder:
        return outcome(World(Path(folder), uploading=uploading), acts, promptly=promptly)


def _one(seed: int, theme: str, deeds: int, *, shrink: bool) -> int:
    _, found, acts, trace = play(seed, theme, deeds)
    if found and shrink:
        again = partial(_replayed, promptly=promptly_of(theme), uploading=_uploads(seed))
        acts = shrunk(acts, lambda some: bool(again(some)[0]))
        found, trace = again(acts)
    print("\n".join([*(f"    {act!r}," for act in acts), trace, *found]))
    return 1 if found else 0


def main() -> int:
    """Play what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mesh")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int)
    parser.add_argument("--deeds", type=int, default=DEEDS)
    parser.add_argument("--theme", choices=["", *SEQUENCES], default="", help="draw little else")
    parser.add_argument("--shrink", action="store_true", help="leave out what a finding does not need")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _one(asked.seed, asked.theme, asked.deeds, shrink=asked.shrink)
    bad = 0
    seeds = range(asked.start, asked.start + asked.seeds)
    with ProcessPoolExecutor(asked.processes) as pool:
        for seed, found, _, _ in pool.map(partial(play, theme=asked.theme, deeds=asked.deeds), seeds):
            bad += bool(found)
            if found:
                print(f"seed {seed}: {'; '.join(found[:3])}", flush=True)
    print(f"seeds={asked.seeds} bad={bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
