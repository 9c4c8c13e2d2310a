"""The dirty items: those that have to be visited, and those whose visit waits for something."""

from collections.abc import Collection, Iterable

import msgspec

from mesharr.core.text import only_verifies
from mesharr.state.db import Database
from mesharr.state.queues.due_table import DueTable


class Dirty(msgspec.Struct, frozen=True):
    """One item of a library that is not known to be in its app as the registry has it."""

    library: str
    item: str
    since: int
    """Since when it is dirty (ms)."""
    next: int
    """When the next visit is due (ms)."""
    tries: int
    """How often a visit failed."""
    state: str
    """Why it is still dirty: "" (its visit is to come), "failed", "refused", "held", "stuck" or "excluded"."""
    why: str
    """The same in words, for the user."""
    title: str
    """The title, "" before the first visit."""
    marks: int = 1
    """How often the item was marked. A visit that began before the last mark does not make it clean."""

    @property
    def is_done(self) -> bool:
        """Whether the item is as it should be, and only looked at once more."""
        return not self.state and only_verifies(self.why)


class DirtyItems:
    """The dirty items of all libraries."""

    def __init__(self, db: Database) -> None:
        self._db = db
        columns = "library, item, since, next, tries, state, why, title, marks"
        self._table = DueTable(db, "dirty", columns, ("library", "item", "marks"))

    def mark(self, items: Iterable[tuple[str, str]], now: int, *, changed: bool = False) -> None:
        """Make (library, item) pairs dirty and due now, also those that wait already.

        With `changed` they wait from now on, and as if no visit had failed yet: the item is not what it was.
        """
        afresh = ", since=excluded.since, tries=0" if changed else ""
        self._db.write_many(
            f"INSERT INTO dirty(library, item, since, next, tries, state, why, marks) VALUES(?,?,{now:d},{now:d},0,'','',1) "
            f"ON CONFLICT(library, item) DO UPDATE SET next=min(next, excluded.next), marks=marks+1{afresh}",
            # in the order of their key, so that each page of the table is visited once
            sorted(items),
        )

    def answered(self, items: Collection[tuple[str, str]], now: int) -> None:
        """Make (library, item) pairs due now that waited for the user's answer."""
        with self._db.transaction():
            self.mark(items, now, changed=True)
            self._db.write_many(
                "UPDATE dirty SET state='', why='' WHERE library=? AND item=? AND state IN ('held', 'rejected')",
                list(items),
            )

    def due(self, libraries: Iterable[str], now: int, limit: int = 200) -> list[Dirty]:
        """Return the items of these libraries whose visit is due, those that wait longest first."""
        names = tuple(libraries)
        rows = self._table.due(now, _among(names), names, order="next, since, item", limit=limit)
        return [Dirty(*row) for row in rows]

    def all(self) -> list[Dirty]:
        """Return every dirty item, those that are dirty longest first."""
        return [Dirty(*row) for row in self._table.rows(order="since, library, item")]

    def waiting_before(self, since: int) -> list[Dirty]:
        """Return the items that wait for nobody's answer since before `since` (ms), oldest first."""
        rows = self._table.rows("state='' AND since<?", (since,), order="since, library, item")
        return [Dirty(*row) for row in rows]

    def get(self, library: str, item: str) -> Dirty | None:
        """Return an item if it is dirty, else None."""
        rows = self._table.rows("library=? AND item=?", (library, item), order="item")
        return Dirty(*rows[0]) if rows else None

    def of(self, library: str) -> list[Dirty]:
        """Return every dirty item of a library."""
        return [Dirty(*row) for row in self._table.rows("library=?", (library,), order="item")]

    def next_due(self, libraries: Iterable[str] | None = None) -> int | None:
        """Return when the next visit is due (ms), of these libraries only when given; None: none is."""
        if libraries is None:
            return self._table.next_due()
        names = tuple(libraries)
        return self._table.next_due(_among(names), names)

    def count(self, library: str) -> int:
        """Return how many items of a library are dirty."""
        return self._table.count("library=?", (library,))

    def count_unvisited(self, library: str) -> int:
        """Return how many items of a library had no failed visit since they became dirty."""
        return self._table.count("library=? AND tries=0", (library,))

    def later(self, dirty: Dirty, until: int) -> None:
        """Keep an item dirty, due at `until` (ms), unless it was marked meanwhile."""
        self._db.write(
            "UPDATE dirty SET next=?, tries=?, state=?, why=?, title=? WHERE library=? AND item=? AND marks=?",
            (until, dirty.tries, dirty.state, dirty.why, dirty.title, dirty.library, dirty.item, dirty.marks),
        )

    def done(self, dirty: Dirty) -> None:
        """Make an item clean; nothing happens if it was marked since `dirty` was read."""
        self._table.drop([(dirty.library, dirty.item, dirty.marks)])

    def retry_refused(self, now: int) -> None:
        """Make the items that an app refused due now: the user may have fixed the reason."""
        self._table.retry(now, "state='refused'")

    def retry(self, now: int) -> int:
        """Make every dirty item due now; return how many there are."""
        return self._table.retry(now)


def _among(libraries: tuple[str, ...]) -> str:
    return f"library IN ({','.join('?' * len(libraries))})"
