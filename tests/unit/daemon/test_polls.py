"""When the daemon lists the store: a wake lists nothing, a sign of life makes polls frequent."""

from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.core.polling import FAST_MS
from mesharr.daemon.clock import Clock as Timer
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.daemon.durable_inbox import DurableInbox
from mesharr.log.layout import EVENTS
from tests.support.household import Clock, Household, make_drive, settle

POLL_S = 30


class Polled:
    """A household whose daemon is stepped by hand; each listing of the peers' events is noted by its time."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.house = Household("alice", folder, folder / "drive", self.clock)
        settle(self.clock, self.house, seconds=60, steps=6)
        self.daemon = Daemon(self.house.engine, Schedule(POLL_S, 86_400, "0 4 * * *"), Timer())
        self.daemon._requests["audit"].clear()
        self.listed: list[int] = []
        store = self.house.engine.follower._store
        tails = store.tails

        def noted() -> list[str]:
            self.listed.append(self.clock())
            return tails()

        monkeypatch.setattr(store, "tails", noted)

    def step(self) -> float:
        """Step the mesh loop; return for how many seconds it sleeps then."""
        wait = self.daemon._step_mesh()
        assert wait is not None
        return wait


@pytest.fixture
def polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Polled:
    make_drive(tmp_path / "drive")
    return Polled(tmp_path, monkeypatch)


def test_a_wake_between_polls_lists_nothing(polled: Polled) -> None:
    waits = [polled.step() for _ in range(5)]
    assert len(polled.listed) == 1
    assert max(waits) == POLL_S
    polled.clock.forward(POLL_S)
    polled.step()
    assert len(polled.listed) == 2


def test_a_webhook_makes_polls_frequent(polled: Polled) -> None:
    polled.step()
    inbox = DurableInbox(polled.house.state, polled.clock, polled.daemon.note_life)
    polled.clock.forward(10)
    inbox.put("radarr", "webhook", b"{}")
    assert polled.step() == FAST_MS / 1000
    for _ in range(3):
        polled.clock.forward(FAST_MS / 1000)
        assert polled.step() == FAST_MS / 1000
    assert len(polled.listed) == 5


def test_a_store_that_tells_of_a_new_file_is_listed_at_once(polled: Polled) -> None:
    polled.step()
    polled.daemon.peers_wrote()
    polled.step()
    assert len(polled.listed) == 2
    assert (polled.house.drive / ".mesharr" / EVENTS).is_dir()


def test_a_store_that_fails_is_not_listed_at_each_wake(
    polled: Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise Unavailable("the drive is full")

    with monkeypatch.context() as full:
        full.setattr(polled.house.engine.auditor, "watch_uploads", fails)
        for _ in range(5):
            polled.step()
        assert len(polled.listed) == 1
        assert polled.step() == POLL_S
    polled.clock.forward(POLL_S)
    polled.step()
    assert len(polled.listed) == 2
    assert not polled.house.state.outages.all()
