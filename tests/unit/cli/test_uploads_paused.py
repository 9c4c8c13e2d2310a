"""`mesharr uploads`: watched, paused, resumed and tried again; and `mesharr status --watch`."""

from pathlib import Path

import pytest

from mesharr.cli import output
from mesharr.core.errors import Unavailable
from mesharr.node.outward.uploading.failures import PAUSED
from tests.support.crashing import Uploading
from tests.support.household import Clock, make_drive, settle
from tests.unit.cli.house import Commands, Output
from tests.unit.cli.test_uploads import BesideCommands

NIGHT = 3_600


@pytest.fixture
def house(tmp_path: Path, past: Clock) -> Uploading:
    """A household that has joined, whose uploads end as `uploader.fail` says."""
    make_drive(tmp_path / "drive")
    alice = BesideCommands("alice", tmp_path, past, late=0)
    alice.changes["uploads"]["limit"] = "1GB/day"
    alice.restart()
    settle(past, alice, seconds=300, steps=30)
    return alice


@pytest.fixture
def alices(house: Uploading, capsys: Output) -> Commands:
    return Commands(house, capsys)


def _imported(house: Uploading, clock: Clock, film: int = 7) -> None:
    house.radarr.add(film)
    house.radarr.download(film, size=4096)
    settle(clock, house, seconds=10, steps=2)


def test_paused_nothing_is_sent_until_the_user_resumes(
    alices: Commands, house: Uploading, past: Clock
) -> None:
    assert alices.run("uploads", "--pause") == 0
    assert alices.out.splitlines()[0] == "uploads are paused: mesharr uploads --resume"
    _imported(house, past)
    settle(past, house, seconds=NIGHT, steps=10)
    assert house.uploader.sent == []
    [waiting] = alices.json("uploads")["uploads"]
    assert (waiting["why"], waiting["tries"]) == (PAUSED, 1)  # it is not looked at again and again
    alices.run("status")
    assert "uploads are paused: mesharr uploads --resume" in alices.out
    assert alices.run("uploads", "--resume") == 0
    assert alices.out.splitlines()[0] == "uploads go on"
    assert "paused" not in alices.out, "what was said of them while they were"
    found = alices.json("uploads", "--resume")
    assert found["limits"]["paused"] == ""
    past.forward(2 * NIGHT)  # the command was run by the real clock
    settle(past, house, seconds=60, steps=4)
    assert house.events() == ["item.added", "file.imported"]
    alices.run("uploads")
    assert alices.out.splitlines() == ["4.1 kB of 1.0 GB sent in 24 hours", "no uploads"]


def test_what_is_being_sent_ends_when_the_user_pauses(
    alices: Commands, house: Uploading, past: Clock
) -> None:
    uploader = house.make_uploader()
    ended: list[str] = []

    def upload(source: str, target: str, report, *, replaces):  # type: ignore[no-untyped-def]  # as the port has it
        alices.run("uploads", "--pause")
        try:
            return type(uploader).upload(uploader, source, target, report, replaces=replaces)
        except Unavailable as error:
            ended.append(error.what)
            raise

    swept = house.engine.transfer._swept
    assert swept
    swept._inner.upload = upload  # type: ignore[method-assign, assignment]  # it is interrupted
    _imported(house, past)
    assert ended == [PAUSED]
    assert house.events() == ["item.added"]


def test_retry_makes_every_upload_due(alices: Commands, house: Uploading, past: Clock) -> None:
    _imported(house, past)
    house.state.uploads.put_sidecar("movies", "a.srt", 4, past())
    house.state.uploads.later(house.state.uploads.all()[0], past() + NIGHT * 10_000, "rclone failed")
    assert alices.json("uploads", "--retry")["due"] == {"uploads": 1}
    assert house.state.uploads.all()[0].tries == 0


def test_of_two_wishes_none_is_done(alices: Commands, house: Uploading) -> None:
    assert alices.run("uploads", "--pause", "--retry") == 2
    assert "--pause and --retry were given" in alices.err
    assert house.state.node.get().uploads_paused == 0


@pytest.mark.parametrize("command", ["uploads", "status"])
def test_a_list_is_printed_again_until_the_user_ends_it(
    alices: Commands, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(output, "sleep", sleep)
    assert alices.run(command, "--watch") == 0
    assert waits == [2.0, 2.0, 2.0]
    assert alices.out.count("no uploads" if command == "uploads" else "alice-") >= 3
