"""Groups of planned actions that need approval, and how many actions of each kind were done in a time."""

from collections.abc import Iterable

import msgspec

from mesharr.core.errors import Refused
from mesharr.state.db import Database, Row


class Hold(msgspec.Struct, frozen=True):
    """A group of planned actions that waits for `approve`: whose doing, in which library, of what kind."""

    n: int
    peer: str
    library: str
    kind: str
    since: int
    why: str
    approved: bool
    items: tuple[tuple[str, str], ...]


class Holds:
    """Groups that wait, what they hold, and how much of each kind was done lately."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Hold]:
        """Return every hold with the (item, title) pairs it holds."""
        holds: list[Hold] = []
        for n, peer, library, kind, since, why, approved in self._db.rows(
            "SELECT n, peer, library, kind, since, why, approved FROM holds ORDER BY n"
        ):
            rows = self._db.rows("SELECT item, title FROM held WHERE hold=? ORDER BY title, item", (n,))
            items = tuple((str(item), str(title)) for item, title in rows)
            holds.append(Hold(n, peer, library, kind, since, why, bool(approved), items))
        return holds

    def add(
        self, peer: str, library: str, kind: str, items: Iterable[tuple[str, str]], why: str, now: int
    ) -> int:
        """Hold these (item, title) pairs as one group, together with what waits in it already; return its number.

        What a person has approved is another group: nothing joins it.
        """
        with self._db.transaction():
            self._db.write(
                "INSERT INTO holds(peer, library, kind, since, why) VALUES(?,?,?,?,?) "
                "ON CONFLICT(peer, library, kind, approved) DO UPDATE SET why=excluded.why",
                (peer, library, kind, now, why),
            )
            row = self._of(peer, library, kind, approved=0)
            assert row is not None
            self._db.write_many(
                "INSERT OR IGNORE INTO held VALUES(?,?,?,?)",
                [(row[0], library, item, title) for item, title in items],
            )
            return int(row[0])

    def approve(self, n: int) -> Hold:
        """Release what a hold lists; raise `Refused` when there is no such hold."""
        found = next((hold for hold in self.all() if hold.n == n), None)
        if found is None:
            raise Refused(f"there is no hold {n}", "see mesharr status")
        with self._db.transaction():
            before = self._of(found.peer, found.library, found.kind, approved=1)
            if before is None:
                self._db.write("UPDATE holds SET approved=1 WHERE n=?", (n,))
            elif before[0] != n:
                self._db.write("UPDATE OR REPLACE held SET hold=? WHERE hold=?", (before[0], n))
                self._db.write("DELETE FROM holds WHERE n=?", (n,))
        return found

    def _of(self, peer: str, library: str, kind: str, *, approved: int) -> Row | None:
        return self._db.row(
            "SELECT n FROM holds WHERE peer=? AND library=? AND kind=? AND approved=?",
            (peer, library, kind, approved),
        )

    def why(self, peer: str, library: str, kind: str) -> str:
        """Return why actions of this kind by a peer wait for a person, "" when none does."""
        row = self._db.row(
            "SELECT why FROM holds WHERE peer=? AND library=? AND kind=? AND approved=0",
            (peer, library, kind),
        )
        return str(row[0]) if row else ""

    def approved(self, library: str, item: str, kind: str) -> bool:
        """Return whether a person has released this action on this item."""
        row = self._db.row(
            "SELECT 1 FROM held JOIN holds ON holds.n=held.hold WHERE held.library=? AND item=? AND kind=? AND approved=1",
            (library, item, kind),
        )
        return row is not None

    def take_out(self, library: str, item: str, kind: str) -> None:
        """The action was done or is no longer planned: take it out of its hold, and drop an empty one."""
        with self._db.transaction():
            self._db.write(
                "DELETE FROM held WHERE library=? AND item=? AND hold IN (SELECT n FROM holds WHERE kind=?)",
                (library, item, kind),
            )
            self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def take_out_everywhere(self, library: str, item: str) -> None:
        """Nothing is planned for the item any more: take it out of every hold, but of what is to be told of it."""
        if self._db.row("SELECT 1 FROM held WHERE library=? AND item=?", (library, item)):
            with self._db.transaction():
                self._db.write(
                    "DELETE FROM held WHERE library=? AND item=? AND hold NOT IN (SELECT n FROM holds WHERE kind='own_removals')",
                    (library, item),
                )
                self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def note_action(self, peer: str, library: str, kind: str, now: int) -> None:
        """Count one action of a kind that a peer caused."""
        with self._db.transaction():
            self._db.write("INSERT INTO acted VALUES(?,?,?,?)", (peer, library, kind, now))
            self._db.write("DELETE FROM acted WHERE at<?", (now - 86_400_000,))

    def count_actions(self, peer: str, library: str, kind: str, since: int) -> int:
        """Return how many actions of a kind a peer caused since then (ms)."""
        row = self._db.row(
            "SELECT count(*) FROM acted WHERE peer=? AND library=? AND kind=? AND at>=?",
            (peer, library, kind, since),
        )
        return int(row[0]) if row else 0
