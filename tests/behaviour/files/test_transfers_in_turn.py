"""Transfers take their turn in a pool, perhaps hours later: each looks at things as they are then."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mesharr.core.errors import Refused
from mesharr.core.events.schema import FileRemoved
from mesharr.disk.child import Disk, FileStat, LocalDisk
from mesharr.node.outward.uploading.allowance import WINDOW
from mesharr.node.outward.uploading.small_files import MOST_FILES
from mesharr.node.passes.startup_retry import retry_refused
from mesharr.node.status.conditions import lasting_conditions
from mesharr.state.db import Database, Row
from tests.support.household import Clock, make_drive, settle
from tests.support.local_branch import LocalBranchHousehold, branches


class LookingDisk(LocalDisk):
    """Notes the local files that are looked at."""

    def __init__(self) -> None:
        self.looked: list[str] = []

    def stat(self, path: str) -> FileStat | None:
        self.looked.append(path)
        return super().stat(path)


class Local(LocalBranchHousehold):
    """What is to be transferred waits in `works`."""

    works: list[Callable[[], bool]] | None = None

    def make_disk(self) -> Disk:
        self.disk = LookingDisk()
        return self.disk

    def run(self, work: Callable[[], bool]) -> object:
        if self.works is None:
            return work()
        self.works.append(work)
        return None


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Local:
    make_drive(tmp_path / "drive")
    hour = time.localtime(clock.seconds()).tm_hour
    uploads = {"mode": "copy", "window": f"{hour:02}:00-{(hour + 1) % 24:02}:00"}
    movies = {"movies": branches(tmp_path)}
    house = Local("alice", tmp_path, tmp_path / "drive", clock, uploads=uploads, libraries=movies)
    settle(clock, house, seconds=60, steps=6)
    return house


def queued(house: Local, clock: Clock) -> list[Callable[[], bool]]:
    """Return the transfer of a film that was just imported, which waits for its turn."""
    house.radarr.add(7)
    house.radarr.download(7)
    house.engine.intake.step(clock())
    house.works = []
    house.engine.transfer.step(clock())
    assert len(house.works) == 1
    return house.works


def test_a_transfer_whose_turn_comes_after_the_window_waits_for_the_next(alice: Local, clock: Clock) -> None:
    (work,) = queued(alice, clock)
    clock.forward(5 * 3600)
    assert not work()
    assert alice.uploader.sent == []
    (upload,) = alice.state.uploads.all()
    assert upload.why == "waiting for the upload window"
    clock.forward(19 * 3600)
    alice.works = None
    settle(clock, alice)
    assert len(alice.uploader.sent) == 1


def test_while_the_window_is_closed_a_waiting_file_is_checked_once_and_when_the_node_starts(
    alice: Local, clock: Clock
) -> None:
    clock.forward(5 * 3600)
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, seconds=10, steps=2)
    (upload,) = alice.state.uploads.all()
    assert (upload.why, upload.tries) == (WINDOW, 1)
    alice.disk.looked.clear()
    settle(clock, alice, seconds=12 * 3600, steps=24)
    assert [path for path in alice.disk.looked if path.endswith(".mkv")] == []
    due = alice.state.uploads.next_due()
    assert due is not None
    assert time.localtime(due / 1000)[4:6] == (0, 0)  # when it opens
    assert 0 < due - clock() < 7 * 3_600_000
    retry_refused(alice.state, clock())  # the service starts: the window may be another one
    alice.engine.transfer.step(clock())
    assert len([path for path in alice.disk.looked if path.endswith(".mkv")]) == 1
    settle(clock, alice, seconds=3600, steps=4)
    assert len([path for path in alice.disk.looked if path.endswith(".mkv")]) == 1
    settle(clock, alice, seconds=7 * 3600, steps=14)
    assert len(alice.uploader.sent) == 1


def test_what_was_deleted_before_its_turn_came_is_not_uploaded(alice: Local, clock: Clock) -> None:
    (work,) = queued(alice, clock)
    alice.radarr.delete(7)  # its file stays on the disk
    alice.engine.intake.step(clock())
    assert alice.state.uploads.all() == []
    assert not work()
    assert alice.uploader.sent == []


def test_a_transfer_that_fails_as_nobody_foresaw_is_reported_and_tried_again_later(
    alice: Local, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (work,) = queued(alice, clock)
    alice.uploader.fail = ValueError("what is this")
    assert not work()
    assert "tried again later" in caplog.text
    alice.engine.transfer.step(clock())
    assert len(alice.works or ()) == 1  # not at once again
    (upload,) = alice.state.uploads.all()
    assert upload.why == "failed: ValueError('what is this')"
    alice.works, alice.uploader.fail = None, None
    settle(clock, alice)
    assert len(alice.uploader.sent) == 1


def test_what_was_refused_is_no_longer_shown_when_nothing_waits_for_it(alice: Local, clock: Clock) -> None:
    (work,) = queued(alice, clock)
    alice.uploader.fail = Refused("the remote is not known to rclone", "rclone config")
    assert not work()
    assert [subject for subject, *_ in alice.state.refusals.all()] == ["upload:movies"]
    alice.radarr.delete(7)
    settle(clock, alice)
    assert alice.state.refusals.all() == []


def test_a_removal_in_a_library_that_is_configured_no_more_waits_for_days(alice: Local, clock: Clock) -> None:
    body = FileRemoved(library="gone", id="tmdb:7", paths=("a.mkv",), seen={})
    alice.state.outbox.put("tmdb:7", body, "gone", "deleted", clock())
    alice.engine.transfer.step(clock())
    due = alice.engine.transfer.next_due()
    assert due is not None
    assert due > clock()
    (unsaid,) = alice.state.outbox.of("gone", "tmdb:7")
    assert unsaid.why == "there is no library gone any more"


def test_a_better_file_goes_before_a_thousand_that_wait_and_outside_the_window(
    alice: Local, clock: Clock
) -> None:
    for number in range(1000):
        alice.state.uploads.put(1, "movies", [(f"{number}.mkv", 4)], replaces=False, since=clock())
    alice.works = []
    transfer = alice.engine.transfer
    transfer.step(clock())
    assert len(alice.works) == 2  # no more than are sent at the same time
    alice.state.uploads.put(2, "movies", [("better.mkv", 4)], replaces=True, since=clock())
    (alice.dir / "local" / "movies" / "better.mkv").write_bytes(b"film")
    clock.forward(5 * 3600)
    transfer.step(clock())
    assert len(alice.works) == 2  # both are under way
    alice.works.pop(0)()
    transfer.step(clock())
    alice.works.pop()()
    assert alice.uploader.sent == ["gdrive:movies/better.mkv"]


def test_of_a_thousand_that_wait_no_more_are_read_than_of_a_hundred(
    alice: Local, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, transfer, read = alice.state, alice.engine.transfer, Database.rows

    def most_read() -> int:
        """Return how many rows the stages that look at uploads again and again read at once."""
        counts: list[int] = []

        def rows(db: Database, sql: str, values: Sequence[object] = ()) -> list[Row]:
            found = read(db, sql, values)
            counts.append(len(found))
            return found

        with monkeypatch.context() as patch:
            patch.setattr(Database, "rows", rows)
            alice.works = []
            transfer.step(clock())
            assert transfer.next_due() is not None
            lasting_conditions(state, [], "", clock())
        for work in alice.works:
            work()
        return max(counts)

    for number in range(100):
        state.uploads.put(1, "movies", [(f"{number}.mkv", 4)], replaces=False, since=clock())
    few = most_read()
    for number in range(100, 1000):
        state.uploads.put(1, "movies", [(f"{number}.mkv", 4)], replaces=False, since=clock())
    assert most_read() == few <= 3 * MOST_FILES
