"""The inbox: what the apps sent and what their history lists, kept until it was processed."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.state.db import Database
from mesharr.state.queues.due_table import DueTable

Source = Literal["webhook", "script", "history", "compare"]
"""How an entry came: by the app's webhook or custom script, from its history, or because mesharr checks again."""


class InboxEntry(msgspec.Struct, frozen=True):
    """One message of an app that waits to be processed."""

    n: int
    """The number of the entry; a later entry has a higher one."""
    app: str
    """The name that the config gives the app."""
    source: Source
    body: bytes
    """The message as it came."""
    received: int
    """When it came (ms)."""
    tries: int
    """How often processing failed."""
    why: str
    """Why it failed last, "" when it did not."""


class Inbox:
    """The messages of the apps. Each is on disk from `put` until `done`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = DueTable(db, "inbox", "n, app, source, body, received, tries, why", ("n",))

    def put(self, app: str, source: Source, body: bytes, now: int) -> None:
        """Add a message; it is on disk when this returns."""
        self._db.write(
            "INSERT INTO inbox(app, source, body, received) VALUES(?,?,?,?)", (app, source, body, now)
        )

    def put_check(self, app: str, item: str, now: int, due: int = 0, signals: Iterable[Signal] = ()) -> None:
        """Have an item compared at `due` (ms, 0: at once) though its app sends nothing.

        `signals` are what its history states of it. Two requests cause one comparison, at the earlier time.
        """
        body = msgspec.json.encode((Signal(kind="renamed", id=item), *signals))  # the first states nothing
        waiting = "app=? AND source='compare' AND body=?"
        with self._db.transaction():
            self._db.write(f"UPDATE inbox SET next=min(next, ?) WHERE {waiting}", (due, app, body))
            self._db.write(
                "INSERT INTO inbox(app, source, body, received, next) SELECT ?,'compare',?,?,? "
                f"WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE {waiting})",
                (app, body, now, due, app, body),
            )

    def due(self, now: int, limit: int = 100) -> list[InboxEntry]:
        """Return the entries that are due, oldest first."""
        return [InboxEntry(*row) for row in self._table.due(now, order="n", limit=limit)]

    def done(self, numbers: Iterable[int]) -> None:
        """Forget entries that were processed."""
        self._table.drop((n,) for n in numbers)

    def later(self, numbers: Iterable[int], until: int, why: str) -> None:
        """Try entries again at `until` (ms)."""
        self._table.later(((n,) for n in numbers), until, why)

    def retry(self, now: int) -> int:
        """Make every entry due now; return how many there are."""
        return self._table.retry(now)

    def has_untried(self, app: str, received: int, now: int) -> bool:
        """Return whether a message of an app, received until a time (ms), is due and not tried yet."""
        where = "app=? AND tries=0 AND received<=? AND next<=?"
        return self._table.count(where, (app, received, now)) > 0

    def count(self) -> int:
        """Return how many entries wait."""
        return self._table.count()

    def next_due(self) -> int | None:
        """Return when the next entry is due (ms), None when there is none."""
        return self._table.next_due()
