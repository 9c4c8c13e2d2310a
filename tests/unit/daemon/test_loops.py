"""The thread of a stage: how often it wakes, and that it ends."""

import threading
from types import SimpleNamespace

import pytest

from mesharr.core.errors import Unavailable
from mesharr.daemon import loops
from mesharr.daemon.loops import PAUSE_S, Loop


class Timed:
    """A clock, and the waits of a loop as it says them: each passes its time at once."""

    def __init__(self, loop: Loop, monkeypatch: pytest.MonkeyPatch, woken_after: list[float]) -> None:
        self.now = 0.0
        self.waits: list[str] = []
        self._loop = loop
        self._woken_after = woken_after
        monkeypatch.setattr(loops, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(loop._wake, "wait", self._wait_for_wake)
        monkeypatch.setattr(loop._stop, "wait", self._pause)

    def _wait_for_wake(self, seconds: float | None) -> None:
        del seconds
        self.waits.append("wake")
        self.now += self._woken_after.pop(0)
        if not self._woken_after:
            self._loop.stop()

    def _pause(self, seconds: float) -> None:
        self.waits.append(f"pause {seconds:.2f}")
        self.now += seconds


def make_loop(steps: list[int]) -> Loop:
    return Loop("mesh", lambda: steps.append(1), halt=lambda _error: None)


def test_an_idle_stage_waits_once_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    loop = make_loop(steps)
    timed = Timed(loop, monkeypatch, [30.0, 30.0, 30.0])
    loop._run()
    assert (len(steps), timed.waits) == (3, ["wake", "wake", "wake"])


def test_a_stage_that_is_woken_again_and_again_pauses_between_its_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[int] = []
    loop = make_loop(steps)
    timed = Timed(loop, monkeypatch, [0.0, 0.04, 5.0])
    loop._run()
    assert timed.waits == ["wake", f"pause {PAUSE_S:.2f}", "wake", f"pause {PAUSE_S - 0.04:.2f}", "wake"]


def test_a_stage_is_failing_until_a_step_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[bool] = []

    def step() -> float | None:
        outcomes.append(loop.is_failing)
        if len(outcomes) == 1:
            raise Unavailable("the disk does not answer")
        return None

    loop = Loop("watch", step, halt=lambda _error: None)
    Timed(loop, monkeypatch, [0.0, 5.0, 5.0])
    loop._run()
    assert outcomes == [False, True, False]


def test_a_stop_while_a_step_begins_is_not_slept_through(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    loop = make_loop(steps)
    cleared = loop._wake.clear

    def stopped_meanwhile() -> None:
        loop.stop()
        cleared()

    monkeypatch.setattr(loop._wake, "clear", stopped_meanwhile)
    thread = threading.Thread(target=loop._run, daemon=True)
    thread.start()
    thread.join(5)
    assert (thread.is_alive(), steps) == (False, [])
