"""Groups of planned actions that need approval, and how many actions were done recently."""

from collections.abc import Iterable

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused
from mesharr.state.db import Database, Row


class Hold(msgspec.Struct, frozen=True):
    """One group of planned actions: of one peer, in one library, of one kind."""

    n: int
    """The number that `mesharr approve` takes."""
    peer: str
    """The node that causes the actions."""
    library: str
    kind: str
    """What is limited: see `mesharr.core.planning.limits.LimitKind`."""
    since: int
    """When the group began (ms)."""
    why: str
    """Why it needs approval, for the user."""
    rejected: bool
    """Whether the user has rejected it: what is listed is not done, until something else is said of an item."""
    approved: bool
    """Whether the user has approved it: what is listed may be done, and leaves the group when it is done."""
    items: tuple[tuple[str, str], ...]
    """The (item, title) pairs of the group, in order of title."""

    @property
    def waits(self) -> bool:
        """Whether the user has not answered yet."""
        return not (self.approved or self.rejected)


_OPEN, _APPROVED, _REJECTED = 0, 1, 2
"""The values of `holds.approved`."""


class Holds:
    """The groups that need approval, and how many actions of each kind every peer caused."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Hold]:
        """Return every group, with its items."""
        holds: list[Hold] = []
        for n, peer, library, kind, since, why, approved in self._db.rows(
            "SELECT n, peer, library, kind, since, why, approved FROM holds ORDER BY n"
        ):
            rows = self._db.rows("SELECT item, title FROM held WHERE hold=? ORDER BY title, item", (n,))
            items = tuple((str(item), str(title)) for item, title in rows)
            answer = (approved == _REJECTED, approved == _APPROVED)
            holds.append(Hold(n, peer, library, kind, since, why, *answer, items))
        return holds

    def count_waiting(self) -> int:
        """Return how many groups need approval."""
        row = self._db.row("SELECT count(*) FROM holds WHERE approved=?", (_OPEN,))
        return int(row[0]) if row else 0

    def add(
        self,
        peer: str,
        library: str,
        kind: str,
        items: Iterable[tuple[str, str]],
        why: str,
        now: int,
        said: str = "",
    ) -> int:
        """Add (item, title) pairs to the group of a peer, library and kind; return its number.

        Nothing is added to a group that was answered: a new one begins. `said` is what a rejection of the
        items is about, such as the folder they would go to; "" for all that is of this kind.
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
                "INSERT INTO held VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE SET said=excluded.said",
                [(row[0], library, item, title, said) for item, title in items],
            )
            return int(row[0])

    def approve(self, n: int) -> Hold:
        """Approve and return the group of a number; raise `Refused` when there is none."""
        return self._answer(n, _APPROVED)

    def reject(self, n: int) -> Hold:
        """Reject and return the group of a number; raise `Refused` when there is none."""
        return self._answer(n, _REJECTED)

    def _answer(self, n: int, answer: int) -> Hold:
        """Move the group of a number to what has this answer already."""
        found = next((hold for hold in self.all() if hold.n == n), None)
        if found is None:
            raise Refused(f"nothing with the number {n} needs approval", "see: mesharr approve")
        with self._db.transaction():
            before = self._of(found.peer, found.library, found.kind, approved=answer)
            if before is None:
                self._db.write("UPDATE holds SET approved=? WHERE n=?", (answer, n))
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
        """Return why actions of this kind by a peer need approval, "" when none waits."""
        row = self._db.row(
            "SELECT why FROM holds WHERE peer=? AND library=? AND kind=? AND approved=0",
            (peer, library, kind),
        )
        return str(row[0]) if row else ""

    def approved(self, library: str, item: str, kind: str) -> bool:
        """Return whether the user has approved an action of this kind on an item."""
        row = self._db.row(
            "SELECT 1 FROM held JOIN holds ON holds.n=held.hold WHERE held.library=? AND item=? AND kind=? AND approved=1",
            (library, item, kind),
        )
        return row is not None

    def rejected(self, library: str, item: str, kind: str, peer: str, said: str = "") -> int:
        """Return the number of the group in which the user rejected this, 0 for none.

        Whose doing it is does not count for an add, and `said` not where none is kept.
        """
        row = self._db.row(
            "SELECT n FROM held JOIN holds ON holds.n=held.hold WHERE held.library=? AND item=? AND kind=? "
            "AND approved=2 AND (peer=? OR kind='first_adds') AND said IN ('', ?)",
            (library, item, kind, peer, said),
        )
        return int(row[0]) if row else 0

    def take_out(self, library: str, item: str, kind: str) -> None:
        """Take an item out of the groups of a kind: the action is done, or not planned any more."""
        with self._db.transaction():
            self._db.write(
                "DELETE FROM held WHERE library=? AND item=? AND hold IN (SELECT n FROM holds WHERE kind=?)",
                (library, item, kind),
            )
            self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def take_out_everywhere(self, library: str, item: str) -> None:
        """Take an item for which nothing is planned out of all groups but removals to publish.

        A rejected removal is over then, too: the item is as the mesh has it.
        """
        if self._db.row("SELECT 1 FROM held WHERE library=? AND item=?", (library, item)):
            with self._db.transaction():
                self._db.write(
                    "DELETE FROM held WHERE library=? AND item=? AND hold NOT IN (SELECT n FROM holds WHERE kind='own_removals' AND approved<>2)",
                    (library, item),
                )
                self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def note_action(self, peer: str, library: str, kind: str, now: int) -> None:
        """Count one action of a kind that a peer caused; actions are known for a day."""
        with self._db.transaction():
            self._db.write("INSERT INTO acted VALUES(?,?,?,?)", (peer, library, kind, now))
            self._db.write("DELETE FROM acted WHERE at<?", (now - DAY_MS,))

    def count_actions(self, peer: str, library: str, kind: str, since: int) -> int:
        """Return how many actions of a kind a peer caused since then (ms)."""
        row = self._db.row(
            "SELECT count(*) FROM acted WHERE peer=? AND library=? AND kind=? AND at>=?",
            (peer, library, kind, since),
        )
        return int(row[0]) if row else 0
