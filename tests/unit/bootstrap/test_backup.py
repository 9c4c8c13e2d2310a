"""Backups of a node: complete or not there, and a way back that deletes nothing."""

import os
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.bootstrap.backup import DAY_S, backups, make, make_scheduled, restore
from mesharr.core.errors import Damaged, Refused, Unavailable
from mesharr.state.counters import Counters
from mesharr.state.db import Database
from mesharr.state.lock import Busy, hold_lock

NOW = 1_795_000_000_000
DAY = DAY_S * 1000


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Path]:
    """A config dir, with its database open as beside a running daemon."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "mesharr.yml").write_text("node: alice\n")
    (config / "peers.yml").write_text("peers: []\n")
    (config / "node.key").write_text("key one")
    db = Database(str(config / "mesharr.db"))
    Counters(db).add("written", 1)
    yield config
    db.close()


def _count(config: Path) -> dict[str, int]:
    db = Database(str(config / "mesharr.db"))
    found = Counters(db).all()
    db.close()
    return found


def test_a_backup_has_what_makes_the_node_and_only_its_owner_reads_it(node: Path) -> None:
    made = make(str(node), "manual", NOW)
    assert zipfile.ZipFile(made.path).namelist() == ["mesharr.db", "mesharr.yml", "peers.yml", "node.key"]
    assert stat.S_IMODE(os.stat(made.path).st_mode) == 0o600
    assert [made] == backups(str(node))
    assert os.listdir(os.path.dirname(made.path)) == [os.path.basename(made.path)]


def test_what_is_still_in_the_log_of_the_database_is_in_the_backup(node: Path) -> None:
    db = Database(str(node / "mesharr.db"))
    with db.reading():
        pass
    Counters(db).add("late", 5)
    made = make(str(node), "manual", NOW)
    db.close()
    restore_into(node, made.path)
    assert _count(node) == {"written": 1, "late": 5}


def restore_into(node: Path, path: str) -> str:
    return restore(str(node), path, NOW + 1000)


def test_going_back_brings_the_old_files_and_keeps_todays(node: Path) -> None:
    made = make(str(node), "manual", NOW)
    db = Database(str(node / "mesharr.db"))
    Counters(db).add("since", 1)
    db.close()
    (node / "node.key").write_text("key two")
    replaced = Path(restore_into(node, made.path))
    assert _count(node) == {"written": 1}
    assert (node / "node.key").read_text() == "key one"
    assert (replaced / "node.key").read_text() == "key two"
    assert (replaced / "mesharr.yml").exists()
    assert _count(replaced)["since"] == 1
    assert not list(node.glob(".restoring*"))
    assert stat.S_IMODE((node / "mesharr.db").stat().st_mode) == 0o600


def test_nobody_goes_back_under_a_running_daemon(node: Path) -> None:
    made = make(str(node), "manual", NOW)
    with hold_lock(str(node)), pytest.raises(Busy):
        restore_into(node, made.path)


def _cut(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def _without_database(path: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mesharr.yml", "node: alice")


def _with_garbage(path: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mesharr.db", b"no database" * 500)


def _with_an_empty_database(path: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mesharr.db", b"")


@pytest.mark.parametrize("spoil", [_cut, _without_database, _with_garbage, _with_an_empty_database])
def test_a_backup_that_is_not_whole_changes_nothing(node: Path, spoil: object) -> None:
    made = make(str(node), "manual", NOW)
    assert callable(spoil)
    spoil(made.path)
    with pytest.raises((Refused, Damaged)):
        restore_into(node, made.path)
    assert _count(node) == {"written": 1}
    assert sorted(path.name for path in node.iterdir() if not path.name.startswith("mesharr.")) == [
        "backups",
        "node.key",
        "peers.yml",
    ]


def test_a_path_in_a_backup_leads_nowhere_else(node: Path) -> None:
    made = make(str(node), "manual", NOW)
    with zipfile.ZipFile(made.path, "a") as archive:
        archive.writestr("../outside", "x")
        archive.writestr("mesharr.service", "x")
    restore_into(node, made.path)
    assert not (node.parent / "outside").exists()
    assert not (node / "mesharr.service").exists()


def test_a_backup_of_the_day_is_made_once_and_those_of_a_week_stay(node: Path) -> None:
    manual = make(str(node), "manual", NOW - 30 * DAY)
    made = [make_scheduled(str(node), NOW + day * DAY // 2, 7) for day in range(20)]
    assert [each is not None for each in made] == [True, False] * 10
    found = backups(str(node))
    assert found[-1] == manual
    days = [(NOW + 18 * DAY // 2 - each.made) // DAY for each in found[:-1]]
    assert days == [0, 1, 2, 3, 4, 5, 6]


def test_a_damaged_database_makes_no_backup_and_costs_no_earlier_one(node: Path) -> None:
    earlier = make(str(node), "scheduled", NOW)
    path = node / "mesharr.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = path.read_bytes()
    path.write_bytes(content[:16384] + b"\xa5" * (len(content) - 16384))
    with pytest.raises(Damaged):
        make_scheduled(str(node), NOW + 30 * DAY, 7)
    assert backups(str(node)) == [earlier]
    assert os.listdir(node / "backups" / "scheduled") == [os.path.basename(earlier.path)]


def test_a_disk_that_takes_no_file_is_said(node: Path) -> None:
    (node / "backups").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be written"):
        make(str(node), "manual", NOW)


def test_a_node_that_never_ran_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to back up"):
        make(str(tmp_path), "manual", NOW)
    assert backups(str(tmp_path)) == []
