"""python -m tests.mesh --seeds N [--seed S]: households with people, over virtual weeks.

The last line printed says what was found; the exit code is 1 when that is anything.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.mesh.world import World, dump, quietly


def play(seed: int, *, trouble: bool = True) -> tuple[int, list[str], str]:
    """Play one seed; return it, what did not hold, and what happened."""
    quietly()
    with tempfile.TemporaryDirectory() as folder:
        world = World(seed, Path(folder))
        world.play(deeds=25, trouble=trouble)
        world.heal()
        world.settle()
        found = list(world.complaints())
        return seed, found, dump(world) if found else ""


def main() -> int:
    """Play what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mesh")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    if asked.seed is not None:
        _, found, trace = play(asked.seed)
        print("\n".join([trace, *found]))
        return 1 if found else 0
    bad = 0
    seeds = range(asked.start, asked.start + asked.seeds)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seed, found, _ in pool.map(play, seeds):
            bad += bool(found)
            if found:
                print(f"seed {seed}: {'; '.join(found[:3])}", flush=True)
    print(f"seeds={asked.seeds} bad={bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
