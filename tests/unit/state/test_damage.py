"""Only what SQLite proves to be damaged is called so; a disk that is full or read-only is named as that."""

import sqlite3
from pathlib import Path

import pytest

from mesharr.core.errors import Damaged, Unavailable
from mesharr.state.counters import Counters
from mesharr.state.db import Database
from mesharr.state.state import State


def _filled(path: Path) -> None:
    db = Database(str(path))
    counters = Counters(db)
    for number in range(2_000):
        counters.add(f"counter {number:05}")
    db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _spoil(path: Path) -> None:
    """Overwrite all but the first page of a database."""
    content = path.read_bytes()
    path.write_bytes(content[:16384] + b"\xa5" * (len(content) - 16384))


@pytest.mark.parametrize("content", [b"this is no database" * 400, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_of_wrong_bytes_is_damaged_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mesharr.db"
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"mesharr\.db is damaged.*backup"):
        Database(str(path))
    assert path.read_bytes() == content


def test_damage_that_is_found_later_is_named_and_the_database_is_not_healthy(tmp_path: Path) -> None:
    path = tmp_path / "mesharr.db"
    _filled(path)
    _spoil(path)
    with pytest.raises(Damaged) as caught:
        Counters(Database(str(path))).all()
    assert "backup" in caught.value.fix


def test_after_damage_nothing_of_the_database_is_used(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "mesharr.db"))
    db.note_damage(Damaged("the database is damaged", "go back to a backup"))
    assert not db.healthy()
    with pytest.raises(Damaged):
        Counters(db).all()
    with pytest.raises(Damaged):
        db.write("DELETE FROM counters")
    db.close()


def test_a_row_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    state = State(Database(":memory:"))
    state.db.write("INSERT INTO memories VALUES('movies', 'tmdb:1', '{', 0)")
    with pytest.raises(Damaged, match="row"):
        state.items.memory("movies", "tmdb:1")


def test_a_text_that_is_no_unicode_is_damage() -> None:
    db = Database(":memory:")
    db.write("INSERT INTO counters VALUES(CAST(x'ff' AS TEXT), 1)")
    with pytest.raises(Damaged):
        Counters(db).all()


@pytest.mark.parametrize(
    ("code", "said", "fix"),
    [
        (sqlite3.SQLITE_FULL, "disk is full", "make room"),
        (sqlite3.SQLITE_READONLY, "read-only", "writable"),
        (sqlite3.SQLITE_READONLY | 2 << 8, "read-only", "writable"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened", "PUID"),
        (sqlite3.SQLITE_IOERR | 3 << 8, "disk does not answer", "disk"),
        (sqlite3.SQLITE_BUSY, "locked", "which other mesharr"),
    ],
)
def test_what_is_wrong_with_the_disk_is_never_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, fix: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("as SQLite words it")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(Database, "_migrate", fails)
    with pytest.raises(Unavailable) as caught:
        Database(str(tmp_path / "mesharr.db"))
    assert said in caught.value.what
    assert fix in caught.value.fix
    assert "move" not in str(caught.value)
    assert "kept" in caught.value.fix or code == sqlite3.SQLITE_BUSY


def test_a_folder_that_no_file_can_be_made_in_is_not_damage() -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        Database("/proc/mesharr.db")


def test_a_database_that_may_not_grow_says_that_its_disk_is_full() -> None:
    db = Database(":memory:")
    pages = db.row("PRAGMA page_count")
    assert pages is not None
    db.rows(f"PRAGMA max_page_count={pages[0] + 1}")
    with pytest.raises(Unavailable, match="disk is full"):
        db.write("INSERT INTO counters VALUES(?, 1)", ("x" * 200_000,))
    assert db.healthy()
