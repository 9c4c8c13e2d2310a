"""A daemon whose arr says nothing and whose peers write nothing still does what has its own time."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesharr.daemon import clock as inbound_clock
from mesharr.daemon.daemon import Daemon, Schedule
from tests.support.household import Clock, Household, make_drive, settle
from tests.support.mounts import until

NEVER_S = 86_400.0
HISTORY = "GET /api/v3/history/since"


class Ticking(Clock):
    """A clock that goes by itself, and can be set ahead."""

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def __call__(self) -> int:
        return self.ms + int((time.monotonic() - self._start) * 1000)


@contextmanager
def running(house: Household) -> Iterator[None]:
    """Run the household's stages in their threads, woken by no poll."""
    schedule = Schedule(poll_s=NEVER_S, audit_s=NEVER_S, reconcile="0 4 1 1 *")
    daemon = Daemon(house.engine, schedule, inbound_clock.Clock())
    daemon.start()
    try:
        yield
    finally:
        daemon.stop()


def _asked(house: Household) -> Counter[str]:
    return Counter(f"{method} {path.partition('?')[0]}" for method, path in house.requests())


def test_the_history_of_a_quiet_arr_is_read_in_its_time_though_nothing_wakes_the_stage(
    tmp_path: Path,
) -> None:
    make_drive(tmp_path / "drive")
    clock = Ticking()
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, schedule={"history": "1s"})
    settle(clock, alice, seconds=60, steps=6)
    alice.forget_requests()
    with running(alice):
        until(lambda: _asked(alice)[HISTORY] >= 4, "the look at the start, and three more")
    asked = _asked(alice)
    del asked[HISTORY]
    assert asked == {  # at the start only: what the hello states, and since when the app runs
        "GET /api/v3/system/status": 2,
        "GET /api/v3/config/naming": 1,
        "GET /api/v3/qualityprofile": 1,
    }
