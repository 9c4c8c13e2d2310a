"""A command beside a daemon of another version: nobody changes a database under who does not know it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.state.db import LATEST
from mesharr.state.lock import hold_lock
from mesharr.state.migrations import MIGRATIONS
from tests.support.household import Household
from tests.unit.cli.house import Commands

NEWER = "made by a newer mesharr: run the newer version"


def make_newer(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA user_version={LATEST + 1}")
    connection.close()


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


@pytest.fixture
def database(houses: tuple[Household, Household]) -> Path:
    """Bob's database, as the mesharr before this one made it."""
    bob = houses[1]
    bob.state.db.close()
    for beside in bob.dir.glob("mesharr.db*"):
        beside.unlink()
    path = bob.dir / "mesharr.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    scripts = ";".join(MIGRATIONS[:-1])
    connection.executescript(f"BEGIN; {scripts}; PRAGMA user_version={LATEST - 1}; COMMIT;")
    connection.close()
    return path


@pytest.mark.parametrize(
    "command", [("status",), ("peers",), ("retry",), ("log", "ls"), ("sync",), ("doctor",)]
)
def test_beside_a_running_daemon_that_is_older_a_command_refuses_and_says_what_to_do(
    command: tuple[str, ...], bobs: Commands, database: Path
) -> None:
    with hold_lock(str(database.parent)):
        assert bobs.run(*command) == 1
    assert "restart the daemon" in bobs.err
    assert version(database) == LATEST - 1


def test_where_no_daemon_runs_a_command_brings_the_database_up_to_date(
    bobs: Commands, database: Path
) -> None:
    assert bobs.run("peers") == 0
    assert version(database) == LATEST


def test_a_dry_run_beside_an_older_daemon_works_on_a_copy(bobs: Commands, database: Path) -> None:
    with hold_lock(str(database.parent)):
        bobs.run("sync", "--dry-run")
    assert "restart the daemon" not in bobs.err
    assert version(database) == LATEST - 1


@pytest.mark.parametrize("command", [("status",), ("sync",), ("sync", "--dry-run")])
def test_an_older_mesharr_that_meets_a_newer_database_says_so_and_leaves_it(
    command: tuple[str, ...], bobs: Commands, database: Path
) -> None:
    make_newer(database)
    assert bobs.run(*command) == 1
    assert NEWER in bobs.err
    assert version(database) == LATEST + 1


def test_an_older_daemon_that_meets_a_newer_database_ends_and_says_so(bobs: Commands, database: Path) -> None:
    make_newer(database)
    words = [sys.executable, "-m", "mesharr", "--config-dir", str(bobs.config), "run"]
    ended = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert NEWER in ended.stderr
    assert version(database) == LATEST + 1
