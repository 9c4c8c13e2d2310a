"""The inbox: what the apps sent or their history listed, kept until it was processed."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from mesharr.state.db import Database

Source = Literal["webhook", "script", "history", "compare"]


class InboxEntry(msgspec.Struct, frozen=True):
    """A raw body an arr sent; `app` is the configured name of the arr."""

    n: int
    app: str
    source: Source
    body: bytes
    received: int
    tries: int
    why: str


class Inbox:
    """Hints, durable from `put` until `done`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, app: str, source: Source, body: bytes, now: int) -> None:
        """Keep a hint; it is on disk when this returns."""
        self._db.write(
            "INSERT INTO inbox(app, source, body, received) VALUES(?,?,?,?)", (app, source, body, now)
        )

    def due(self, now: int, limit: int = 100) -> list[InboxEntry]:
        """Return hints whose time has come, oldest first."""
        rows = self._db.rows(
            "SELECT n, app, source, body, received, tries, why FROM inbox WHERE next<=? ORDER BY n LIMIT ?",
            (now, limit),
        )
        return [InboxEntry(*row) for row in rows]

    def done(self, hints: Iterable[int]) -> None:
        """Forget hints that were dealt with."""
        self._db.write_many("DELETE FROM inbox WHERE n=?", [(n,) for n in hints])

    def later(self, hints: Iterable[int], until: int, why: str) -> None:
        """Keep hints for another time."""
        self._db.write_many(
            "UPDATE inbox SET next=?, tries=tries+1, why=? WHERE n=?", [(until, why, n) for n in hints]
        )

    def retry(self, now: int) -> int:
        """Make every waiting hint due now; return how many there are."""
        self._db.write("UPDATE inbox SET next=min(next, ?), tries=0", (now,))
        return self.count()

    def count(self) -> int:
        """Return how many hints wait."""
        row = self._db.row("SELECT count(*) FROM inbox")
        return int(row[0]) if row else 0

    def next_due(self) -> int | None:
        """Return when the next hint is due (ms)."""
        row = self._db.row("SELECT min(next) FROM inbox")
        return int(row[0]) if row and row[0] is not None else None
