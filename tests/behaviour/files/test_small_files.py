"""Small files that wait are sent together; each is published and counted as if it went alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.uploads.base import UploadedBatch, Uploader
from tests.support.household import Clock, CopyUploader, make_drive, settle
from tests.support.local_branch import LocalBranchHousehold, branches

FILMS = range(1, 7)


class NotedUploader(CopyUploader):
    """Notes what was sent together, and fails there as it is told to."""

    def __init__(self, drive: Path) -> None:
        super().__init__(drive)
        self.together: list[list[str]] = []
        self.broken = self.is_killed = False

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        self.together.append(sorted(files))
        if self.is_killed:
            self.is_killed = False
            return self._killed(root, files)
        if self.broken:
            raise Unavailable("rclone died")
        return super().upload_new(root, files)

    def _killed(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        """Send the first file and half of the second."""
        first, second = list(files)[:2]
        batch = super().upload_new(root, {first: files[first]})
        half = self.drive / root.partition(":")[2] / second
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(Path(files[second]).read_bytes()[:100])
        return UploadedBatch(batch.sent, was_killed=True)


class Local(LocalBranchHousehold):
    """Its uploader notes what it sends together."""

    uploader: NotedUploader

    def make_uploader(self) -> Uploader:
        self.uploader = NotedUploader(self.drive)
        return self.uploader


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Local:
    make_drive(tmp_path / "drive")
    uploads = {"mode": "copy", "transfers": 1}
    movies = {"movies": branches(tmp_path)}
    house = Local("alice", tmp_path, tmp_path / "drive", clock, uploads=uploads, libraries=movies)
    settle(clock, house, seconds=60, steps=6)
    for film in FILMS:
        house.radarr.add(film)
        house.radarr.download(film)
    house.engine.intake.step(clock())
    return house


def test_small_files_that_wait_are_sent_by_one_call_and_published(alice: Local, clock: Clock) -> None:
    alice.engine.transfer.step(clock())
    assert [len(paths) for paths in alice.uploader.together] == [len(FILMS)]
    assert sorted(alice.uploader.sent) == sorted(
        f"gdrive:movies/{path}" for path in alice.uploader.together[0]
    )
    assert alice.state.uploads.sent_in_all() == sum(
        path.stat().st_size for path in (alice.drive / "movies").rglob("*.mkv")
    )
    settle(clock, alice)
    assert alice.state.uploads.all() == []
    assert alice.state.partials.next_due() is None


def test_what_is_not_sent_together_goes_alone(alice: Local, clock: Clock) -> None:
    alice.uploader.broken = True
    alice.engine.transfer.step(clock())
    assert len(alice.uploader.sent) == len(FILMS)
    settle(clock, alice)
    assert alice.state.uploads.all() == []


def test_half_a_file_that_a_killed_rclone_left_among_others_is_replaced_at_the_second_look(
    alice: Local, clock: Clock
) -> None:
    alice.uploader.is_killed = True
    settle(clock, alice, seconds=60, steps=12)
    assert alice.state.uploads.all() == []
    assert len(alice.uploader.sent) == len(FILMS)
    assert alice.state.upload_conflicts.all() == []


def test_no_more_are_sent_together_than_the_user_lets_go(alice: Local, clock: Clock) -> None:
    alice.state.node.pause_uploads(clock())
    alice.engine.transfer.step(clock())
    assert alice.uploader.together == []
    assert alice.uploader.sent == []
