"""Another program moves the same folder to the same cloud, again and again: no film is lost."""

import hashlib
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.household import Household
from tests.e2e.test_import_over_mounts import PATIENCE, Pair
from tests.support.mounts import need_mounts, rclone_binary, until

pytestmark = pytest.mark.mount
FILMS = range(1, 20)
SIZE = 1_500_000


class Mover:
    """`rclone move` of the local branch as cron or cloudplow starts it, at changing speeds."""

    def __init__(self, pair: Pair, config: Path, remote: str) -> None:
        self._command = [rclone_binary(), "move", str(pair.local), remote, "--config", str(config)]
        self._end = threading.Event()
        self.runs = 0
        self._thread = threading.Thread(target=self._move, daemon=True)

    def _move(self) -> None:
        chance = random.Random(7)
        while not self._end.wait(0.2):
            more = ("--retries", "1", "--bwlimit", f"{chance.choice((1, 2, 4))}M", "--transfers", "2")
            subprocess.run([*self._command, *more], check=False, capture_output=True, timeout=120)
            self.runs += 1

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Move again and again while the block runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._end.set()
            self._thread.join(130)


def _has(house: Household, number: int) -> bool:
    """Return whether a film can be read; while it is moved a second time the drive may not show it."""
    with suppress(FileNotFoundError):
        return house.has_file(number, monitored=False)
    return False


def _note_sum(sums: dict[str, str], house: Household, number: int) -> bool:
    """Note what the file of a film holds; return whether it could be read.

    While it is moved its app may not list it, and the union may not show it.
    """
    with suppress(FileNotFoundError, KeyError):
        path = Path(house.movie(number)["movieFile"]["path"])
        sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return True
    return False


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_two_uploaders_of_one_folder_lose_no_film(kind: str, tmp_path: Path) -> None:
    need_mounts()
    with ExitStack() as stack:
        pair = Pair(stack, kind, "off", tmp_path, bwlimit="3M")
        try:
            pair.join(by_commands=False)
            alice, bob = pair.alice, pair.bob
            mover = Mover(pair, pair.config, pair.remote)
            sums: dict[str, str] = {}
            with mover.moving():
                for number in FILMS:
                    alice.radarr.add(number)
                    alice.radarr.download(number, size=SIZE)
                    until(partial(_note_sum, sums, alice, number), f"film {number} is read")
                for number in FILMS:
                    until(partial(_has, bob, number), f"bob has {number}", 300)
            until(lambda: not any(pair.local.rglob("*.mkv")), "nothing is left on the local branch", PATIENCE)
            stored = {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in pair.cloud.rglob("*.mkv")
            }
            assert stored == sums
            assert mover.runs > 1
        finally:
            print(pair.logs())
