"""What is new of an item that waits for something old is waited for as what is new."""

from collections.abc import Sequence
from pathlib import Path

from mesharr.disk.child import Disk, LocalDisk
from tests.support.household import Clock, Household, make_drive, settle

DAY = 86_400


class BehindDisk(LocalDisk):
    """A disk whose mount does not show some files of the drive yet."""

    def __init__(self, hidden: set[str]) -> None:
        self._hidden = hidden

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        return self._shown(paths, super().sizes(paths))

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        return self._shown(paths, super().sizes_below(root, paths))

    def _shown(self, paths: Sequence[str], sizes: list[int | None]) -> list[int | None]:
        return [None if path in self._hidden else size for path, size in zip(paths, sizes, strict=True)]


class Behind(Household):
    """A household whose mount does not show the files in `hidden`."""

    def make_disk(self) -> Disk:
        self.hidden: set[str] = set()
        return BehindDisk(self.hidden)


def test_a_new_file_is_soon_looked_for_though_another_is_missing_for_days(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Behind("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice)
    (first,) = (alice.drive / "movies" / "Film 7 (2007)").iterdir()
    bob.hidden.add(str(first))
    settle(clock, alice, bob, seconds=3 * DAY, steps=300)
    assert bob.movie(7) is None
    bob.hidden.clear()
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, seconds=120)
    (better,) = (alice.drive / "movies" / "Film 7 (2007)").iterdir()
    bob.hidden.add(str(better))
    settle(clock, bob, seconds=60)
    bob.hidden.clear()
    settle(clock, bob, seconds=30 * 60)
    assert bob.shows(7) == (False, True)
