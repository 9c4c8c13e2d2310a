"""Which stages a poll wakes: those that would do something, and none for nothing."""

from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.daemon.clock import Clock as Timer
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.state.db import Database
from tests.support.household import Clock, Household, make_drive, settle

POLL_S = 30


class Asleep:
    """A household whose daemon's stages sleep, and are stepped by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.house = Household("alice", folder, folder / "drive", self.clock)
        settle(self.clock, self.house, seconds=1_200, steps=40)
        self.daemon = Daemon(self.house.engine, Schedule(POLL_S, 86_400, "0 4 * * *"), Timer())
        for _ in range(3):
            for loop in self.daemon._loops.values():
                loop._step()

    def polled(self) -> set[str]:
        """Let a poll's time pass, and return which stages it wakes; they sleep again."""
        for loop in self.daemon._loops.values():
            loop._wake.clear()
        self.daemon._polled()
        return {name for name, loop in self.daemon._loops.items() if loop._wake.is_set()}


@pytest.fixture
def asleep(tmp_path: Path) -> Asleep:
    make_drive(tmp_path / "drive")
    return Asleep(tmp_path)


def test_a_poll_that_finds_nothing_wakes_no_stage(asleep: Asleep) -> None:
    assert [asleep.polled() for _ in range(3)] == [set(), set(), set()]


def test_a_poll_wakes_the_stage_that_is_due_and_no_other(asleep: Asleep) -> None:
    asleep.clock.forward(POLL_S)
    assert asleep.polled() == {"mesh"}
    asleep.daemon._step_mesh()
    asleep.house.state.dirty.mark([("movies", "tmdb:1")], asleep.clock())
    assert asleep.polled() == {"reconcile"}


def test_a_poll_wakes_all_once_another_process_has_changed_the_database(asleep: Asleep) -> None:
    other = Database(str(asleep.house.dir / "mesharr.db"))
    other.write("UPDATE dirty SET next=next")
    assert asleep.polled() == set(), "that changed nothing"
    other.write(
        "INSERT INTO dirty(library, item, since, next, tries, state, why) VALUES('a', 'b', 1, 1, 0, '', '')"
    )
    other.close()
    assert asleep.polled() == set(asleep.daemon._loops)
    assert asleep.polled() == set()


def test_a_poll_wakes_all_once_the_clock_was_set_back(asleep: Asleep) -> None:
    asleep.clock.ms -= 3_600_000
    assert asleep.polled() == set(asleep.daemon._loops)


def test_a_poll_wakes_a_stage_whose_last_step_failed(asleep: Asleep) -> None:
    loop = asleep.daemon._loops["watch"]
    loop.is_failing = True
    assert asleep.polled() == {"watch"}


def test_a_poll_wakes_all_while_the_database_does_not_answer(
    asleep: Asleep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> int:
        raise Unavailable("the disk does not answer")

    monkeypatch.setattr(asleep.house.state.db, "mark_of_others", fails)
    assert asleep.polled() == set(asleep.daemon._loops)
