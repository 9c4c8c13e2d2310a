"""What every queue has in common: rows that are due at a time, and tried again later."""

from collections.abc import Iterable, Sequence
from typing import Final

from mesharr.state.db import Database, Row

Values = Sequence[object]


WAITING: Final = (
    *("dirty", "inbox", "outbox", "uploads", "partials", "new_files"),
    *("scans", "trash", "dropped_files", "quarantine"),
)
"""The tables whose rows wait for a time, `next`."""


def bring_forward(db: Database, now: int) -> None:
    """Make all that waits due now (ms), as it is once the clock was set back."""
    with db.transaction():
        for table in WAITING:
            db.write(f"UPDATE {table} SET next=? WHERE next>?", (now, now))


class DueTable:
    """A table with the columns `next` (due, ms), `tries` and `why` (the last failure).

    Parts of a WHERE clause are given as text, their values beside them; "" selects every row.
    """

    def __init__(self, db: Database, name: str, columns: str, key: Sequence[str], *, work: str = "1") -> None:
        """Describe a table: the `columns` that are returned of a row, and those of its `key`.

        `work` selects the rows that wait for something, where the table keeps others too.
        """
        self._db = db
        self._name = name
        self._columns = columns
        self._key = " AND ".join(f"{column}=?" for column in key)
        self._work = work

    def rows(self, where: str = "", values: Values = (), *, order: str) -> list[Row]:
        """Return the rows that `where` selects, whether they are due or not."""
        return self._db.rows(
            f"SELECT {self._columns} FROM {self._name} WHERE {where or '1'} ORDER BY {order}", values
        )

    def due(
        self, now: int, where: str = "", values: Values = (), *, order: str, limit: int = -1
    ) -> list[Row]:
        """Return at most `limit` rows that wait and whose time has come (-1: all of them)."""
        return self._db.rows(
            f"SELECT {self._columns} FROM {self._name} WHERE {self._where(where)} AND next<=? ORDER BY {order} LIMIT ?",
            (*values, now, limit),
        )

    def next_due(self, where: str = "", values: Values = ()) -> int | None:
        """Return when the next row is due (ms), None when none waits."""
        row = self._db.row(f"SELECT min(next) FROM {self._name} WHERE {self._where(where)}", values)
        return int(row[0]) if row and row[0] is not None else None

    def count(self, where: str = "", values: Values = ()) -> int:
        """Return how many rows wait."""
        row = self._db.row(f"SELECT count(*) FROM {self._name} WHERE {self._where(where)}", values)
        return int(row[0]) if row else 0

    def later(self, keys: Iterable[Values], until: int, why: str) -> None:
        """Try the rows with these keys again at `until` (ms); count the try, and keep why."""
        self._db.write_many(
            f"UPDATE {self._name} SET next=?, tries=tries+1, why=? WHERE {self._key}",
            [(until, why, *key) for key in keys],
        )

    def hurry(self, now: int, where: str = "", values: Values = ()) -> None:
        """Make rows that wait due now."""
        self._db.write(
            f"UPDATE {self._name} SET next=min(next, ?) WHERE {self._where(where)}", (now, *values)
        )

    def retry(self, now: int, where: str = "", values: Values = ()) -> int:
        """Make rows that wait due now, as if they had never failed; return how many there are."""
        with self._db.transaction():
            self._db.write(
                f"UPDATE {self._name} SET next=min(next, ?), tries=0 WHERE {self._where(where)}",
                (now, *values),
            )
            return self.count(where, values)

    def drop(self, keys: Iterable[Values]) -> None:
        """Delete the rows with these keys."""
        self._db.write_many(f"DELETE FROM {self._name} WHERE {self._key}", list(keys))

    def _where(self, where: str) -> str:
        return f"{self._work} AND {where or '1'}"
