"""What fails beside the stages of a running node: that ends no thread, and starts nothing twice."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from mesharr.core.errors import Unavailable
from mesharr.daemon.clock import Clock as Timer
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.daemon.service import Service
from mesharr.inbound import spool
from tests.support.household import Clock, Household, make_drive
from tests.unit.daemon.test_stop import node


@contextmanager
def closed(service: Service) -> Iterator[None]:
    """Close what a service that is not started has open."""
    try:
        yield
    finally:
        service.close()


def fails(*_: object, **__: object) -> bool:
    raise Unavailable("the disk is full")


def test_a_request_that_cannot_be_read_now_does_not_end_the_watch_of_the_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_drive(tmp_path / "drive")
    house = Household("alice", tmp_path, tmp_path / "drive", Clock())
    monkeypatch.setattr(house.state.node, "take_sync_request", fails)
    daemon = Daemon(house.engine, Schedule(30, 86_400, "0 4 * * *"), Timer())
    daemon.look()
    assert daemon._polls._life.is_set()


def test_stages_run_once_where_the_store_cannot_be_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Daemon] = []

    def begin(daemon: Daemon) -> None:
        begun.append(daemon)

    monkeypatch.setattr(Daemon, "start", begin)
    monkeypatch.setattr(spool, "watch_directory", fails)
    with node(tmp_path) as alice, closed(alice):
        monkeypatch.setattr(alice._stopping, "wait", lambda _seconds: alice._stopping.set())
        alice._join()
        assert not alice._stopping.is_set(), "the stages would be started again"
    assert len(begun) == 1


def test_a_transfer_that_fails_to_note_its_failure_is_logged_and_not_tried_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    woken: list[str] = []
    with node(tmp_path) as alice, closed(alice):
        alice._daemon = SimpleNamespace(  # type: ignore[assignment]  # only what is called when one ends
            wake_transfer=lambda: woken.append("transfer"), note_life=lambda: None, stop=lambda: None
        )
        with caplog.at_level(logging.WARNING):
            alice._in_pool(fails)
            alice._pool.shutdown(wait=True)
    assert woken == []
    assert "the disk is full" in caplog.text
