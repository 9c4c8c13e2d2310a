"""The clock is set back while the node runs: what waits does not wait for the time that was before."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, make_drive

YEAR_S = 365 * 86_400


def test_what_waits_is_tried_now_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    clock.forward(YEAR_S)
    alice.engine.tick()
    alice.state.quarantine.put("events/a", "torn", clock(), lambda _tries: 3_600_000)
    clock.forward(-10)
    alice.engine.tick()
    assert alice.state.quarantine.is_waiting("events/a", clock())  # a correction is no new time
    clock.forward(-YEAR_S)
    alice.engine.tick()
    assert not alice.state.quarantine.is_waiting("events/a", clock())
    assert "the clock was set back by 365 days: what waits is tried now" in caplog.text
