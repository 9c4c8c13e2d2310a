"""What an interrupted upload leaves on the drive goes away; a file that was written secretly is not lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.uploads.base import Progress, Uploaded, Uploader
from tests.support.crashing import CrashUploader
from tests.support.household import Clock, settle
from tests.support.uploaded_film import UploadingFilm, alice_beside_bob


class KilledUploader(CrashUploader):
    """Leaves half a file while rclone is `killed`; what `swept` says was cleaned up."""

    killed: list[str]
    swept: list[str]

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        if self.killed:
            half = self._half(target)
            half.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(b"half")
            raise Unavailable(self.killed[0])
        return super().upload(source, target, report, replaces=replaces)

    def sweep(self, target: str) -> None:
        if self.killed == ["the remote is away"]:
            raise Unavailable(self.killed[0])
        self.swept.append(target)
        self._half(target).unlink(missing_ok=True)

    def _half(self, target: str) -> Path:
        return self.drive / f"{target.partition(':')[2]}.0badf00d.m123456.partial"


class Alice(UploadingFilm):
    killed: list[str]
    swept: list[str]

    def make_uploader(self) -> Uploader:
        if not hasattr(self, "killed"):
            self.killed, self.swept = [], []
        made = KilledUploader(self.drive, self.points, self.mounts)
        made.killed, made.swept = self.killed, self.swept
        self.uploader = made
        return made

    def halves(self) -> list[str]:
        return [path.name for path in (self.drive / "movies").rglob("*.partial")]


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Alice:
    return alice_beside_bob(Alice, tmp_path, clock)


def test_half_a_file_of_a_killed_rclone_goes_away_when_the_film_is_deleted_before_the_next_try(
    alice: Alice, clock: Clock
) -> None:
    alice.killed.append("the upload was stopped")
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=20, steps=4)
    assert len(alice.halves()) == 1
    alice.radarr.delete(7, delete_files=True)
    alice.killed.clear()
    settle(clock, alice, seconds=3600)
    assert alice.halves() == []
    assert alice.state.uploads.all() == []
    assert alice.state.partials.next_due() is None


def test_half_a_file_goes_away_after_mesharr_itself_was_killed(alice: Alice, clock: Clock) -> None:
    alice.killed.append("the upload was stopped")
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=5, steps=2)
    alice.killed.clear()
    alice.restart()
    settle(clock, alice, seconds=600)
    assert alice.halves() == []
    assert alice.there.exists()


def test_half_a_file_is_swept_when_the_remote_answers_again(alice: Alice, clock: Clock) -> None:
    alice.killed.append("the remote is away")
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=7200)
    assert len(alice.halves()) == 1
    alice.killed.clear()
    settle(clock, alice, seconds=7200)
    assert alice.halves() == []


def test_an_upload_that_ends_well_asks_the_remote_for_nothing_more(alice: Alice, clock: Clock) -> None:
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=7200)
    assert alice.there.exists()
    assert alice.swept == []
    assert alice.state.partials.next_due() is None


def test_a_file_written_after_its_upload_with_size_and_times_kept_is_not_removed_unsent(
    alice: Alice, clock: Clock
) -> None:
    upload = CrashUploader.upload

    def uploaded(self: CrashUploader, *args: object, replaces: bool) -> Uploaded:
        found = upload(self, *args, replaces=replaces)  # type: ignore[arg-type]  # passed through
        if alice.here.read_bytes()[:1] != b"2":
            times = alice.here.stat()
            alice.here.write_bytes(b"2" * 4096)
            os.utime(alice.here, ns=(times.st_atime_ns, times.st_mtime_ns))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CrashUploader, "upload", uploaded)
        alice.radarr.download(7, size=4096)
        settle(clock, alice, seconds=3600)
    assert not alice.here.exists()
    assert alice.there.read_bytes() == b"2" * 4096
