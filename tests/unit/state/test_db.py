"""The database keeps what was committed, all of it or nothing, and refuses what it cannot be sure of."""

import sqlite3
import threading
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.state.counters import Counters
from mesharr.state.db import LATEST, Database, Outdated
from mesharr.state.migrations import MIGRATIONS


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "mesharr.db"))
    Counters(db).add("taken", 7)
    db.close()
    again = Database(str(tmp_path / "mesharr.db"))
    assert Counters(again).all() == {"taken": 7}
    assert again.row("PRAGMA synchronous") == (2,)
    assert again.row("PRAGMA journal_mode") == ("wal",)
    assert again.row("PRAGMA user_version") == (len(MIGRATIONS),)
    again.close()


def test_only_the_thread_that_says_so_commits_without_waiting_for_the_disk(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "mesharr.db"))
    counters = Counters(db)
    levels: list[object] = []

    def count(name: str) -> None:
        with db.transaction():
            counters.add(name)
            levels.append((name, db.row("PRAGMA synchronous")))

    with db.lazily():
        count("lazy")
        thread = threading.Thread(target=count, args=["another thread"])
        thread.start()
        thread.join()
        with db.lazily():
            count("nested")
        count("lazy again")
    count("after")
    full, normal = (2,), (1,)
    assert levels == [
        ("lazy", normal),
        ("another thread", full),
        ("nested", normal),
        ("lazy again", normal),
        ("after", full),
    ]
    db.close()


def test_a_count_by_itself_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    db = Database(str(tmp_path / "mesharr.db"))
    Counters(db).add("hook:radarr:queued")
    assert db.row("PRAGMA synchronous") == (1,)
    with db.transaction():
        Counters(db).add("taken")
        assert db.row("PRAGMA synchronous") == (2,)
    db.close()


def test_a_transaction_that_fails_leaves_nothing() -> None:
    db = Database(":memory:")
    counters = Counters(db)

    def fail() -> None:
        with db.transaction():
            counters.add("a")
            assert counters.all() == {"a": 1}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counters.all() == {}


def test_an_inner_transaction_is_part_of_the_outer_one() -> None:
    db = Database(":memory:")
    counters = Counters(db)

    def fail() -> None:
        with db.transaction():
            with db.transaction():
                counters.add("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counters.all() == {}


def test_after_a_failure_the_next_transaction_works() -> None:
    db = Database(":memory:")
    counters = Counters(db)

    def fail() -> None:
        with db.transaction():
            counters.add("a")
            db.write("INSERT INTO nowhere VALUES(1)")

    with pytest.raises(sqlite3.Error):
        fail()
    with db.transaction():
        counters.add("b")
    assert counters.all() == {"b": 1}


def test_another_connection_sees_a_transaction_only_when_it_is_over(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    writer, reader = Database(path), Database(path)
    with writer.transaction():
        Counters(writer).add("a")
        Counters(writer).add("b")
        assert Counters(reader).all() == {}
    assert Counters(reader).all() == {"a": 1, "b": 1}


def test_threads_share_one_connection_and_never_a_transaction() -> None:
    db = Database(":memory:")
    counters = Counters(db)

    def count() -> None:
        for _ in range(50):
            with db.transaction():
                before = counters.all().get("n", 0)
                db.write("INSERT OR REPLACE INTO counters VALUES('n', ?)", (before + 1,))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.all() == {"n": 200}


def test_a_database_of_a_newer_mesharr_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mesharr.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.execute("CREATE TABLE later(x)")
    connection.commit()
    connection.close()
    with pytest.raises(Refused, match="newer mesharr"):
        Database(str(path))
    connection = sqlite3.connect(path)
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["later"]
    connection.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "mesharr.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE dirty(x)")  # what the script makes last is in its way
    connection.commit()
    connection.close()
    with pytest.raises(Refused):
        Database(str(path))
    connection = sqlite3.connect(path)
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["dirty"]
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_a_closed_database_is_not_healthy() -> None:
    db = Database(":memory:")
    assert db.healthy()
    db.close()
    assert not db.healthy()


def test_two_processes_that_open_an_old_database_at_once_bring_it_up_to_date_once(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    older = MIGRATIONS[:-1]
    other.executescript(";".join(["BEGIN", *older, f"PRAGMA user_version={len(older)}", "COMMIT;"]))
    other.execute("BEGIN IMMEDIATE")
    for statement in MIGRATIONS[-1].split(";"):
        other.execute(statement)
    opened: list[Database] = []
    thread = threading.Thread(target=lambda: opened.append(Database(path)))
    thread.start()
    thread.join(0.3)  # it has read the old version by now, or comes late and has nothing to do
    other.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    other.execute("COMMIT")
    other.close()
    thread.join()
    assert [db.row("PRAGMA user_version") for db in opened] == [(len(MIGRATIONS),)]


def test_a_database_that_another_process_holds_is_not_to_be_moved_away(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="locked"):
        Database(path, wait_s=0.01)
    other.close()


def _of_older(path: str) -> None:
    """Make a database as the mesharr before this one has it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    scripts = ";".join(MIGRATIONS[:-1])
    connection.executescript(f"BEGIN; {scripts}; PRAGMA user_version={len(MIGRATIONS) - 1}; COMMIT;")
    connection.close()


def test_an_older_database_that_may_not_be_updated_is_left_as_it_is(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    _of_older(path)
    with pytest.raises(Outdated):
        Database(path, update=False)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (LATEST - 1,)
    connection.close()
    Database(path).close()
    Database(path, update=False).close()


def test_all_steps_of_an_update_are_taken_or_none(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"BEGIN; {MIGRATIONS[0]}; PRAGMA user_version=1; COMMIT;")
    connection.execute("CREATE INDEX acted_at ON acted(at)")  # in the way of the second script
    before = connection.execute("SELECT name FROM sqlite_master").fetchall()
    with pytest.raises(Refused):
        Database(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == before
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_nothing_is_written_to_tables_that_a_newer_mesharr_changed_meanwhile(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    db = Database(path)
    counters = Counters(db)
    counters.add("a")
    newer = sqlite3.connect(path, isolation_level=None)
    newer.executescript(f"BEGIN; CREATE TABLE later(x); PRAGMA user_version={LATEST + 1}; COMMIT;")
    with pytest.raises(Refused, match="newer mesharr") as caught:
        counters.add("a")
    assert caught.value.fix
    assert not db.healthy()
    with pytest.raises(Refused), db.transaction():
        raise AssertionError
    assert newer.execute("SELECT value FROM counters WHERE name='a'").fetchone() == (1,)
    newer.close()
