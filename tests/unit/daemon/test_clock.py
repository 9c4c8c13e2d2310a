"""The clock: jobs at intervals and at times of the day."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.daemon.clock import Clock, CronTimes

BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock("UTC")
    yield made
    assert made.stop(20)


def times_of(line: str, count: int, start: datetime = SUNDAY) -> list[datetime]:
    trigger = CronTimes(line, start.tzinfo or UTC)
    found: list[datetime] = []
    for _ in range(count):
        found.append(trigger.get_next_fire_time(found[-1] if found else None, start))
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 4 * * *", ["Mon 23 04:00", "Tue 24 04:00"]),
        ("*/30 * * * *", ["Sun 22 12:30", "Sun 22 13:00"]),
        ("0 4 * * 0", ["Sun 29 04:00", "Sun 06 04:00"]),
        ("0 4 * * 7", ["Sun 29 04:00", "Sun 06 04:00"]),
        ("0 4 * * 1", ["Mon 23 04:00", "Mon 30 04:00"]),
        ("0 4 * * SUN", ["Sun 29 04:00", "Sun 06 04:00"]),
        ("0 4 * * 5-7", ["Fri 27 04:00", "Sat 28 04:00", "Sun 29 04:00", "Fri 04 04:00"]),
        ("0 4 * * sat-sun", ["Sat 28 04:00", "Sun 29 04:00", "Sat 05 04:00"]),
        ("0 4 * * 1,mon,3", ["Mon 23 04:00", "Wed 25 04:00", "Mon 30 04:00"]),
        ("0 4 * * */3", ["Wed 25 04:00", "Sat 28 04:00", "Sun 29 04:00"]),
        ("0 4 * * 2/2", ["Tue 24 04:00", "Thu 26 04:00", "Sat 28 04:00", "Tue 01 04:00"]),
        ("0 4 25 * 5", ["Wed 25 04:00", "Fri 27 04:00", "Fri 04 04:00"]),
        ("@daily", ["Mon 23 00:00", "Tue 24 00:00"]),
        ("@Hourly", ["Sun 22 13:00", "Sun 22 14:00"]),
        ("@monthly", ["Tue 01 00:00", "Fri 01 00:00"]),
        ("@weekly", ["Sun 29 00:00", "Sun 06 00:00"]),
    ],
)
def test_a_cron_line_means_what_it_means_to_cron(expression: str, expected: list[str]) -> None:
    assert [f"{moment:%a %d %H:%M}" for moment in times_of(expression, len(expected))] == expected


@pytest.mark.parametrize(
    ("line", "start", "expected"),
    [
        # 02:30 is skipped on 29 March: the job runs right after the gap, and at its time from the next day on
        ("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=BERLIN), ["29 03:00 +0200", "30 02:30 +0200"]),
        # 02:30 comes twice on 25 October: the job runs once
        ("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=BERLIN), ["25 02:30 +0200", "26 02:30 +0100"]),
        ("0 4 * * 0", datetime(2026, 10, 24, 12, tzinfo=BERLIN), ["25 04:00 +0100", "01 04:00 +0100"]),
        # what runs every hour runs in both hours of that name, and not in the one that is left out
        (
            "@hourly",
            datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN),
            ["25 02:00 +0200", "25 02:00 +0100"],
        ),
        ("@hourly", datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN), ["29 01:00 +0100", "29 03:00 +0200"]),
    ],
)
def test_a_changed_clock_makes_a_job_run_neither_twice_nor_never(
    line: str, start: datetime, expected: list[str]
) -> None:
    assert [f"{moment:%d %H:%M %z}" for moment in times_of(line, len(expected), start)] == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "0 4 * *",
        "0 4 * * * *",
        "61 4 * * *",
        "0 4 * * 8",
        "0 4 * * 5-2",
        "0 4 * * 1-5/0",
        "x y z a b",
        "@never",
    ],
)
def test_anything_else_is_refused_with_its_text(clock: Clock, expression: str) -> None:
    with pytest.raises(Refused) as caught:
        clock.cron(expression, lambda: None, "reconcile")
    assert repr(expression) in caught.value.what
    assert "reconcile" in caught.value.what
    assert caught.value.fix


def test_a_zone_that_is_not_there_is_refused() -> None:
    for name in ("Mars/Olympus", "../etc/passwd"):
        with pytest.raises(Refused, match="time zone"):
            Clock(name)


def test_without_a_zone_the_machines_is_used() -> None:
    clock = Clock()
    clock.cron("0 4 * * *", lambda: None, "reconcile")
    clock.start()
    assert clock.stop(20)


def test_a_job_runs_again_and_again_though_it_raises(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    ran = threading.Semaphore(0)

    def job() -> None:
        ran.release()
        raise ZeroDivisionError

    def told() -> None:
        ran.release()
        raise Unavailable("the drive does not answer")

    with caplog.at_level(logging.WARNING):
        clock.every(1, job, "poll")
        clock.every(1, told, "audit")
        clock.start()
        for _ in range(5):
            assert ran.acquire(timeout=20)
        assert clock.stop(20)
    mine = [record for record in caplog.records if record.name == "mesharr.daemon.clock"]
    assert {record.getMessage() for record in mine} == {
        "poll failed, and will run again at its next time",
        "audit: the drive does not answer",
    }
    # A bug shows where it is; what a stage says on purpose needs no traceback.
    assert {bool(record.exc_info) for record in mine if record.getMessage().startswith("audit")} == {False}
    assert {bool(record.exc_info) for record in mine if record.getMessage().startswith("poll")} == {True}


def test_a_job_never_overlaps_itself_and_holds_up_no_other(clock: Clock) -> None:
    running, most = [0], [0]
    release, others = threading.Event(), threading.Semaphore(0)

    def slow() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        release.wait(60)
        running[0] -= 1

    clock.every(1, slow, "slow")
    clock.every(1, others.release, "other")
    clock.start()
    try:
        # By its third run the slow job's time has come at least twice more.
        for _ in range(3):
            assert others.acquire(timeout=20)
        assert (running[0], most[0]) == (1, 1)
    finally:
        release.set()


def test_stop_waits_for_a_running_job_as_long_as_told() -> None:
    clock = Clock("UTC")
    begun, release = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        release.wait(60)

    clock.every(1, job, "poll", jitter=0.1)
    clock.start()
    assert begun.wait(20)
    assert clock.stop(0) is False
    release.set()
    assert clock.stop(20) is True


def test_stopping_what_was_never_started_is_no_error() -> None:
    assert Clock("UTC").stop() is True


def test_a_job_of_the_same_name_replaces_the_earlier_one(clock: Clock) -> None:
    first, second = threading.Event(), threading.Event()
    clock.start()
    clock.every(1, first.set, "poll")
    clock.every(1, second.set, "poll")
    assert second.wait(20)
    assert not first.is_set()
