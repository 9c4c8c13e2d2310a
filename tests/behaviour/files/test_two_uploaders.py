"""Another program uploads the same folder: nothing is lost, and the user is told."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesharr.disk import operations
from mesharr.node.outward.uploading.local_copies import READERS_TRIES
from mesharr.state.queues.uploads import READ_ELSEWHERE
from mesharr.uploads.base import Progress, Uploaded, Uploader
from tests.support.crashing import CrashUploader
from tests.support.household import Clock, settle
from tests.support.uploaded_film import FILE, FILM, UploadingFilm, alice_beside_bob


class RacedUploader(CrashUploader):
    """An uploader during whose uploads something else happens, once."""

    race: list[Callable[[], None]]

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        while self.race:
            self.race.pop()()
        return super().upload(source, target, report, replaces=replaces)


class Alice(UploadingFilm):
    race: list[Callable[[], None]]

    def make_uploader(self) -> Uploader:
        if not hasattr(self, "race"):
            self.race = []
        made = RacedUploader(self.drive, self.points, self.mounts)
        made.race = self.race
        self.uploader = made
        return made

    def other_moves(self) -> None:
        """Move the file as another uploader does."""
        self.there.parent.mkdir(exist_ok=True)
        shutil.copyfile(self.here, self.there)
        self.here.unlink()

    def told(self) -> list[str]:
        return [
            what for subject, what, *_ in self.state.refusals.all() if subject == "second_uploader:movies"
        ]


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Alice:
    return alice_beside_bob(Alice, tmp_path, clock)


def test_a_file_that_another_program_moved_while_it_waited_is_published_and_that_program_named(
    alice: Alice, clock: Clock
) -> None:
    alice.state.paused_remotes.pause("remote", clock() + 60_000, 1, "no more")
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=30, steps=3)
    assert [upload.why for upload in alice.state.uploads.all()] == ["remote: is paused: no more"]
    alice.other_moves()
    settle(clock, alice)
    assert alice.uploader.sent == []
    assert alice.events() == ["item.added", "file.imported"]
    (told,) = alice.told()
    assert str(alice.local / "movies") in told
    assert FILE in told
    alice.engine.nightly.step(clock())
    assert alice.there.exists()


def test_what_is_on_the_drive_with_its_size_is_not_sent(alice: Alice, clock: Clock) -> None:
    def copied() -> None:
        alice.there.parent.mkdir()
        shutil.copyfile(alice.here, alice.there)

    alice.race.append(copied)
    alice.radarr.download(7, size=4096)
    settle(clock, alice)
    assert alice.uploader.sent == []
    assert alice.state.uploads.sent_bytes(0) == 0  # nothing of the daily limit
    assert alice.events() == ["item.added", "file.imported"]
    assert not alice.here.exists()
    assert alice.told() == []  # it may have been this node, before a crash


def test_a_local_file_that_another_program_reads_stays_until_it_ends(alice: Alice, clock: Clock) -> None:
    held: list[int] = []
    alice.race.append(lambda: held.append(os.open(alice.here, os.O_RDONLY)))
    alice.radarr.download(7, size=4096)
    settle(clock, alice)
    assert alice.events() == ["item.added", "file.imported"]  # published all the same
    (upload,) = alice.state.uploads.all()
    assert (upload.phase, upload.why) == ("shown", READ_ELSEWHERE)
    assert not alice.state.uploads.is_swapping("movies", FILM)  # its file is in its place: scans go on
    alice.there.unlink()  # its upload failed, and took the finished file with it
    os.close(held.pop())
    settle(clock, alice, seconds=3600)
    assert alice.there.stat().st_size == 4096
    assert not alice.here.exists()
    assert alice.events() == ["item.added", "file.imported"]
    assert alice.waits() == {}


def test_a_local_file_that_another_program_opens_the_moment_before_its_removal_stays_too(
    alice: Alice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def opened_first(path: str, *was: Any) -> bool:
        if not held:
            held.append(os.open(path, os.O_RDONLY))
        return operations.unlink_same(path, *was)

    monkeypatch.setitem(operations.OPERATIONS, "unlink_same", opened_first)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, seconds=60, steps=6)
    assert alice.here.exists()
    assert alice.events() == ["item.added", "file.imported"]
    alice.there.unlink()  # its copy failed, and took the finished file with it
    os.close(held[0])
    settle(clock, alice, seconds=3600)
    assert alice.there.stat().st_size == 4096
    assert not alice.here.exists()
    assert alice.waits() == {}


def test_a_program_that_never_lets_go_of_the_file_is_waited_for_a_day(alice: Alice, clock: Clock) -> None:
    held: list[int] = []
    alice.race.append(lambda: held.append(os.open(alice.here, os.O_RDONLY)))
    alice.radarr.download(7, size=4096)
    settle(clock, alice)
    (upload,) = alice.state.uploads.all()
    alice.state.db.write("UPDATE uploads SET tries=? WHERE n=?", (READERS_TRIES - 10, upload.n))
    assert alice.here.exists()
    settle(clock, alice, seconds=2 * 3600)
    assert not alice.here.exists()
    os.close(held.pop())
    assert alice.waits() == {}


def test_an_upload_whose_file_the_app_deletes_meanwhile_ends(alice: Alice, clock: Clock) -> None:
    def deleted() -> None:
        alice.radarr.delete(7, delete_files=True)
        alice.engine.intake.step(clock())

    alice.race.append(deleted)
    alice.radarr.download(7, size=4096)
    settle(clock, alice)
    assert "file.imported" not in alice.events()
    assert alice.waits() == {}
    assert alice.told() == []
