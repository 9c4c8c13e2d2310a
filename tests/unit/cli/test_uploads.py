"""`mesharr uploads`: what is on its way to the drive, and the files that were here before mesharr."""

from pathlib import Path
from typing import Any

import pytest

from mesharr.state.db import Database
from tests.support.crashing import Uploading
from tests.support.household import Clock, QuickDatabase, make_drive, settle
from tests.unit.cli.house import Commands, Output


class BesideCommands(Uploading):
    """A household whose database commands open, too."""

    def make_database(self) -> Database:
        return QuickDatabase(str(self.dir / "mesharr.db"))


@pytest.fixture
def house(tmp_path: Path, past: Clock) -> Uploading:
    """A household alone, whose films 7 and 8 were on its own disk before its first day."""
    make_drive(tmp_path / "drive")
    alice = BesideCommands("alice", tmp_path, past, late=0)
    alice.deaf = True
    for film in (7, 8):
        alice.radarr.add(film)
        alice.radarr.download(film, size=64)
    alice.run_commands()
    alice.deaf = False
    return alice


@pytest.fixture
def alices(house: Uploading, capsys: Output) -> Commands:
    return Commands(house, capsys)


def _as_it_is(house: Uploading) -> dict[str, Any]:
    """Return the part of mesharr.yml that says where this household's files are."""
    movies = {"app": "radarr", "quality_profile": "Any", **house.changes["libraries"]["movies"]}
    return {"libraries": {"movies": movies}, "uploads": {"mode": "move"}}


def test_what_was_here_before_is_queued_once_listed_and_told(
    alices: Commands, house: Uploading, past: Clock
) -> None:
    settle(past, house, seconds=300, steps=30)
    with alices.served(**_as_it_is(house)):
        assert alices.run("uploads") == 0
        assert alices.out == "no uploads\n"
        assert alices.run("uploads", "--existing") == 0
        assert alices.out == "movies: 2 files (128 B) to upload\n"
        assert alices.json("uploads", "--existing") == {
            "queued": [{"library": "movies", "files": 0, "size": 0, "found": 0}],
            "problems": [],
        }
        queued = alices.json("uploads")["uploads"]
        assert [(each["size"], each["phase"], each["done"]) for each in queued] == [(64, "waiting", 0)] * 2
        assert alices.run("uploads") == 0
        assert "Film 7 (2007)/Film 7 (2007) Bluray-1080p.mkv" in alices.out
    past.forward(3 * 3_600)  # the command was run by the real clock
    settle(past, house)
    assert house.events() == ["library.found", "library.found"]
    assert alices.run("uploads") == 0
    assert alices.out == "no uploads\n"


def test_before_the_first_day_has_compared_the_library_nothing_is_queued(
    alices: Commands, house: Uploading
) -> None:
    with alices.served(**_as_it_is(house)):
        assert alices.run("uploads", "--existing") == 1
    assert "the first day of movies has not compared it yet: see mesharr status" in alices.err
    assert house.state.uploads.all() == []


def test_an_arr_that_is_down_queues_nothing_and_is_named(
    alices: Commands, house: Uploading, past: Clock
) -> None:
    settle(past, house, seconds=300, steps=30)
    alices.write_config(**_as_it_is(house))
    assert alices.run("uploads", "--existing") == 1
    assert "movies: Radarr cannot be reached" in alices.err
    assert house.state.uploads.all() == []


def test_where_another_program_uploads_they_are_told_once_it_has(
    tmp_path: Path, past: Clock, capsys: Output
) -> None:
    make_drive(tmp_path / "drive")
    house = BesideCommands("alice", tmp_path, past, late=0)
    house.changes = {**house.changes, "uploads": {"mode": "cloudplow"}}
    house.restart()
    house.deaf = True
    house.radarr.add(7)
    house.radarr.download(7, size=64)
    house.run_commands()
    house.deaf = False
    alices = Commands(house, capsys)
    settle(past, house, seconds=300, steps=30)
    alices.run("status")
    local = "movies: 1 existing local file not uploaded yet: mesharr uploads --existing"
    assert local in alices.out.splitlines()
    with alices.served(**{**_as_it_is(house), "uploads": {"mode": "cloudplow"}}):
        assert alices.run("uploads", "--existing") == 0
    alices.run("status")
    assert local not in alices.out
    past.forward(3 * 3_600)
    settle(past, house, seconds=600, steps=10)
    assert house.events() == []
    (file,) = house.local.rglob("*.mkv")
    there = house.drive / file.relative_to(house.local)
    there.parent.mkdir(parents=True)
    file.rename(there)
    settle(past, house, seconds=600, steps=10)
    assert house.events() == ["library.found"]
