"""`python -m tests.fuzz [--runs N] [--seed S] [--target NAME]`: hostile bytes until one does harm.

With Atheris installed, it watches which code each input reaches and goes on from there; without, a
plain loop of mutations runs, which a seed repeats. Exit code 0: no harm; else the input is written to
`fuzz-<target>.bin` in the working directory and its path is printed.
"""

import argparse
import random
import sys
import traceback
from importlib import import_module
from types import ModuleType

from tests.properties.fuzz.mutate import mutated
from tests.properties.fuzz.seeds import seeds
from tests.properties.fuzz.targets import TARGETS, Target


def main(argv: list[str]) -> int:
    """Run; return 0 when no input did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--runs", type=int, default=20_000, help="inputs per target (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the chances (default: %(default)s)")
    parser.add_argument(
        "--target", choices=[*TARGETS], action="append", help="only this one; may be repeated"
    )
    parser.add_argument("--plain", action="store_true", help="leave Atheris out though it is installed")
    options = parser.parse_args(argv)
    targets = options.target or [*TARGETS]
    atheris = None if options.plain else _atheris()
    if atheris:
        return _guided(atheris, targets, options.runs, options.seed)
    return max(loop(target, options.runs, options.seed) for target in targets)


def _atheris() -> ModuleType | None:
    try:
        return import_module("atheris")
    except ImportError:
        print("Atheris is not installed (pip install atheris): a plain loop of mutations runs instead")
        return None


def loop(target: str, runs: int, seed: int, read: Target | None = None) -> int:
    """Run one target, or `read` in its place, on mutations of its seeds; return 1 when one did harm."""
    read = read or TARGETS[target]
    chance = random.Random(f"{target} {seed}")
    pool = seeds(target)
    taken = 0
    for run in range(runs):
        data = mutated(chance.choice(pool), chance, pool)
        try:
            taken += read(data)
        except Exception:  # noqa: BLE001 - whatever comes out is what is looked for
            _harm(target, data, run)
            return 1
    print(f"{target}: {runs} inputs, {taken} taken, no harm")
    return 0


def _harm(target: str, data: bytes, run: int) -> None:
    place = f"fuzz-{target}.bin"
    with open(place, "wb") as file:
        file.write(data)
    traceback.print_exc()
    print(f"{target}: input {run} did harm; it is in {place}")


def _guided(atheris: ModuleType, targets: list[str], runs: int, seed: int) -> int:
    """One process drives all targets, as Atheris ends the process it ran in: the first byte chooses one."""
    chance = random.Random(seed)
    pools = {target: seeds(target) for target in targets}

    def one(data: bytes) -> None:
        if data:
            TARGETS[targets[data[0] % len(targets)]](data[1:])

    def change(data: bytes, most: int, number: int) -> bytes:
        if not data or chance.random() < 0.05:
            which = chance.randrange(len(targets))
            return (bytes([which]) + chance.choice(pools[targets[which]]))[:most]
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        pool = pools[targets[data[0] % len(targets)]]
        return (data[:1] + mutated(data[1:], random.Random(number), pool))[:most]

    atheris.instrument_all()
    flags = [f"-runs={runs * len(targets)}", f"-seed={seed}", "-max_len=32768", "-artifact_prefix=fuzz-"]
    atheris.Setup([sys.argv[0], *flags], one, custom_mutator=change)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
