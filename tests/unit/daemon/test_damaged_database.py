"""A database that turns out to be damaged while the daemon runs: one message, and nothing more is done."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mesharr.core.errors import Damaged
from mesharr.daemon.clock import Clock as DaemonClock
from mesharr.daemon.daemon import Daemon, Schedule
from tests.support.household import Clock, Household, make_drive
from tests.support.mounts import until

DAMAGE = Damaged("the database mesharr.db is damaged: malformed", "go back to a backup")


@contextmanager
def running(house: Household) -> Iterator[Daemon]:
    schedule = Schedule(poll_s=1.0, audit_s=86_400.0, reconcile="0 4 1 1 *")
    daemon = Daemon(house.engine, schedule, DaemonClock())
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.mark.parametrize("table", ["inbox", "outbox", "dirty", "first_days"])
def test_every_stage_stops_with_one_message_and_the_node_is_not_healthy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    make_drive(tmp_path / "drive")
    house = Household("alice", tmp_path, tmp_path / "drive", Clock())
    caplog.set_level(logging.INFO)

    def fails(*_: object, **__: object) -> None:
        raise DAMAGE

    state = house.state
    assert state.db.healthy()
    for name in ("next_due", "count", "all"):
        if hasattr(getattr(state, table), name):
            monkeypatch.setattr(getattr(state, table), name, fails)
    with running(house):
        until(lambda: not state.db.healthy(), "the damage is noticed")
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert said == [f"{DAMAGE}. Webhooks and peers wait until then"]
    assert not [record for record in caplog.records if record.exc_info]
