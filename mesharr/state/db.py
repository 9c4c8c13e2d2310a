"""The SQLite database of a node: opening, migrations, transactions.

One connection serves all threads under one lock. Transactions are short and contain no I/O but that of
SQLite: a mount or an app is asked between two of them.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock, local
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from mesharr.core.errors import Damaged, Refused, Unavailable
from mesharr.state.migrations import MIGRATIONS

Row = tuple[Any, ...]
T = TypeVar("T")
LATEST: Final = len(MIGRATIONS)
"""The version of the tables that this mesharr reads and writes."""
PAGE_BYTES = 16 * 1024
"""The page size of a new database: a run of events (`mesharr.state.events.runs`) takes two pages, not five.

A database that was made with another one keeps it.
"""
_FULL, _NORMAL = "FULL", "NORMAL"
"""How SQLite calls it that a commit waits for the disk, and that it does not."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""The only errors by which SQLite says that the bytes of the file are wrong."""
_AWAY = {
    sqlite3.SQLITE_BUSY: ("another process has it locked", "see which other mesharr uses this config dir"),
    sqlite3.SQLITE_LOCKED: ("another process has it locked", "see which other mesharr uses this config dir"),
    sqlite3.SQLITE_FULL: ("its disk is full", "make room on the disk of the config dir; all is kept"),
    sqlite3.SQLITE_IOERR: ("its disk does not answer", "see the disk of the config dir; all is kept"),
    sqlite3.SQLITE_READONLY: ("it is read-only", ""),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", ""),
    sqlite3.SQLITE_PERM: ("it cannot be opened", ""),
}
"""Errors that say nothing against the file itself: what is wrong, and a fix ("": it has to be writable)."""
_WRITABLE = (
    "make the config dir and its files writable for the user mesharr runs as (PUID and PGID); all is kept"
)
_RESTORE = "stop mesharr, see the disk, and go back to a backup: `mesharr backup list` shows them"


class Outdated(Refused):
    """The database is of an older mesharr, and may not be updated by the one that opens it."""


class _Connection(sqlite3.Connection):
    """A connection that closes itself with its last reference, as Python 3.13 asks."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it could not be opened at all
            self.close()


class Database:
    """An open database. What is committed survives a power cut, but for what `lazily` says."""

    def __init__(
        self,
        path: str,
        wait_s: float = 30,
        *,
        update: bool = True,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Open or create the database at `path` (or `:memory:`) and update its tables.

        `changed` is called by `close` when anything was written over this connection.

        Here and in each call, a lock of another process is waited for `wait_s` seconds. Without `update` an
        older database is left as it is: the daemon that has it open could not read what it becomes.

        Raises `Refused` when a newer mesharr made it, or it is no database; `Outdated` when an older one made
        it and `update` is False; `Unavailable` while another process has it locked, or it cannot be written
        (a full disk, a read-only one); `Damaged` when its bytes are wrong.
        """
        self._lock = RLock()
        self._changed = changed
        self._depth = 0
        self._thread = local()
        self._level = _FULL
        self._answering = _Answering(path)
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, factory=_Connection, timeout=wait_s
            )
        except sqlite3.DatabaseError as error:
            _raise_known(error, path)
            raise
        try:
            self._connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(f"PRAGMA synchronous={_FULL}")
            self._migrate(update=update)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            _raise_known(error, path)
            raise Refused(
                f"the database {path} cannot be used: {error}",
                "is it that of another program? Then name another config dir",
            ) from error

    @classmethod
    def copy_of(cls, path: str) -> "Database":
        """Return a copy in memory of the database at `path`, an empty database when there is none.

        The file is only read, also beside a running daemon. Raises as opening it does.
        """
        copy = cls(":memory:")
        if not os.path.exists(path):
            return copy
        # `backup` into a database in memory fails when that has pages of another size.
        copy.close()
        copy._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, factory=_Connection
        )
        try:
            source = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=30)
            try:
                source.backup(copy._connection)
            finally:
                source.close()
            copy._migrate()
        except sqlite3.DatabaseError as error:
            copy.close()
            _raise_known(error, path)
            raise Refused(f"the database {path} cannot be read: {error}", "see its disk") from error
        return copy

    def _migrate(self, *, update: bool = True) -> None:
        """Update the tables, by all scripts at once or none."""
        version = self._version()
        if version > LATEST:
            self._connection.close()
            raise Refused("the database was made by a newer mesharr", "run the newer version")
        if version == LATEST:
            return
        if version and not update:
            self._connection.close()
            raise Outdated(f"the database is of version {version}, this mesharr has {LATEST}", "update it")
        scripts = ";".join(MIGRATIONS[version:])
        try:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {scripts}; PRAGMA user_version={LATEST}; COMMIT;"
            )
        except sqlite3.OperationalError:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if self._version() < LATEST:
                raise
            # else another process, a command beside the daemon, has just done the same

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _check_version(self) -> None:
        """Raise `Refused` when a newer mesharr has changed the tables while this one ran."""
        if self._version() != LATEST:
            self._connection.execute("ROLLBACK")
            raise Refused("a newer mesharr has changed the database", "restart this one as the newer version")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside at its end, or nothing of it when an exception leaves it.

        May be nested: the outermost transaction commits. Raises `Refused` when a newer mesharr has changed the
        tables, `Unavailable` when the disk or another process does not allow the write, `Damaged` when the
        file is damaged, now or before.
        """
        with self._lock, self._answering:
            if self._depth == 0:
                if self._connection.in_transaction:
                    raise RuntimeError("nothing is written inside of reading()")
                self._sync(_NORMAL if self._is_lazy() else _FULL)
                self._connection.execute("BEGIN IMMEDIATE")
                self._check_version()
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    @contextmanager
    def lazily(self) -> Iterator[None]:
        """Let no transaction that this thread begins inside wait until the disk has it.

        It may be lost in a power cut, with all that came after it and did not wait either; whatever is committed
        the usual way later makes it safe as well. So this is for what is found and done again otherwise, and
        for what follows an outside change that was noted before.
        """
        before = self._is_lazy()
        self._thread.is_lazy = True
        try:
            yield
        finally:
            self._thread.is_lazy = before

    def _is_lazy(self) -> bool:
        return bool(getattr(self._thread, "is_lazy", False))

    def _sync(self, level: str) -> None:
        """Have the next transaction wait for the disk, or not."""
        if self._level != level:
            self._connection.execute(f"PRAGMA synchronous={level}")
            self._level = level

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read everything inside as of one moment, whatever other processes write. Refuses a write."""
        with self._lock, self._answering:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self._lock, self._answering:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, None when there is none."""
        with self._lock, self._answering:
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; return the row id that an INSERT made."""
        with self.transaction():
            return self._connection.execute(sql, values).lastrowid or 0

    def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values, in one transaction."""
        with self.transaction():
            self._connection.executemany(sql, values)

    def mark(self) -> tuple[int, int]:
        """Return a value that is another one after each change, by this connection or any other."""
        with self._lock:
            return self.mark_of_others(), self._connection.total_changes

    def mark_of_others(self) -> int:
        """Return a value that is another one after each change by another connection or process."""
        with self._lock, self._answering:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(version)

    def healthy(self) -> bool:
        """Return whether the database answers and has the tables of this version."""
        try:
            return self.row("PRAGMA user_version") == (LATEST,)
        except (Unavailable, Damaged, sqlite3.Error):
            return False

    def note_damage(self, damage: Damaged) -> None:
        """Raise this error at every later call: nobody goes on with a part of the tables."""
        self._answering.damage = damage

    def close(self) -> None:
        """Close the connection. What is committed is safe also without this."""
        with self._lock:
            try:
                changes = self._connection.total_changes
            except sqlite3.ProgrammingError:  # closed before
                return
            self._connection.close()
        if changes:
            self._changed()


def decoder(of: type[T]) -> Callable[[str | bytes], T]:
    """Return a function that decodes a value stored as JSON, and raises `Damaged` if it cannot."""
    decode = msgspec.json.Decoder(of).decode

    def decoded(stored: str | bytes) -> T:
        try:
            return decode(stored)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(error) from error

    return decoded


def unreadable(reason: object) -> Damaged:
    """Return the error for a stored value that this program cannot have written."""
    return Damaged(f"the database is damaged: a row of it cannot be read ({reason})", _RESTORE)


class _Answering:
    """Raises mesharr's own error for one of the disk, of a lock, or of a damaged file.

    A class and not a generator, as every query goes through it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.damage: Damaged | None = None

    def __enter__(self) -> None:
        """Raise the damage that was found before."""
        if self.damage is not None:
            raise self.damage

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            _raise_known(error, self._path)


def _raise_known(error: sqlite3.DatabaseError, path: str) -> None:
    """Raise `Damaged` or `Unavailable` for an error that is known; return for another one."""
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF  # Python's own errors have no code
    if code in _DAMAGED or "decode to UTF-8" in str(error):
        raise Damaged(f"the database {path} is damaged: {error}", _RESTORE) from error
    if code in _AWAY:
        what, fix = _AWAY[code]
        raise Unavailable(
            f"the database {path} does not answer: {what} ({error})", fix or _WRITABLE
        ) from error
