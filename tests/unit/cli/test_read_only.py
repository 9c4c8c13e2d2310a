"""The commands that only show something write nothing to the database: they work on one that is read-only."""

from typing import Any

import pytest

from mesharr.bootstrap import database
from mesharr.core.errors import Refused, Unavailable
from mesharr.node.arr_health import note_failure
from mesharr.state.db import Database
from tests.support.household import Clock, Household, settle
from tests.unit.cli.house import Commands


class ReadOnlyDatabase(Database):
    """A database that refuses every write once it is open."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rows("PRAGMA query_only=ON")


@pytest.fixture
def busy(houses: tuple[Household, Household], past: Clock) -> Household:
    """Bob, with something to show in most lists."""
    alice, bob = houses
    for tmdb in (7, 8):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb)
    settle(past, alice, bob)
    state, now = bob.state, past()
    state.holds.add(alice.node, "movies", "removals", [("tmdb:7", "Film 7")], "more than 20", now)
    state.missing.note("movies", "tmdb:8", "the app does not list it")
    state.dirty.mark([("movies", "tmdb:7")], now)
    state.node_warnings.note_unknown(["eve-00000000"], now)
    note_failure(state, "radarr", Unavailable("Radarr does not answer"), now)
    state.refusals.note("item:movies:tmdb:7", Refused("no root folder", "add one"), now)
    return bob


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--json"),
        ("peers",),
        ("doctor",),
        ("log", "ls"),
        ("uploads",),
        ("approve",),
        ("restore", "movies"),
        ("leave-item", "movies"),
        ("token",),
    ],
    ids=" ".join,
)
def test_a_command_that_shows_something_works_on_a_database_that_can_only_be_read(
    bobs: Commands, busy: Household, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    kept = {"code": bobs.run(*command), "out": bobs.out}
    monkeypatch.setattr(database, "Database", ReadOnlyDatabase)
    assert {"code": bobs.run(*command), "out": bobs.out} == kept
    assert "readonly" not in bobs.out + bobs.err


def test_a_command_that_changes_something_is_told_that_the_database_can_only_be_read(
    bobs: Commands, busy: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "Database", ReadOnlyDatabase)
    assert bobs.run("retry") == 1
    assert "readonly" in bobs.err


@pytest.mark.parametrize(
    "command", [("status",), ("peers",), ("doctor",), ("uploads",), ("retry",)], ids=" ".join
)
def test_a_damaged_database_is_a_sentence_that_says_what_to_do(
    bobs: Commands, busy: Household, command: tuple[str, ...]
) -> None:
    busy.state.db.close()
    path = busy.dir / "mesharr.db"
    for log_of_it in busy.dir.glob("mesharr.db-*"):
        log_of_it.unlink()
    content = b"SQLite format 3\x00" + b"\xff" * 5000
    path.write_bytes(content)
    assert bobs.run(*command) == 1
    assert "is damaged" in bobs.err
    assert "mesharr backup" in bobs.err
    assert "Traceback" not in bobs.err + bobs.out
    assert path.read_bytes() == content
