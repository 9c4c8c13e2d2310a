"""The media servers whose trash is to be emptied, because files of a library were removed."""

from collections.abc import Iterable

import msgspec

from mesharr.state.db import Database, Row
from mesharr.state.queues.due_table import DueTable


class Trash(msgspec.Struct, frozen=True):
    """What one media server has in its trash of one library, after files were removed."""

    scanner: str
    """The name that the config gives the media server."""
    library: str
    asked: int
    """When the last removal was proven (ms): the scans that waited then come first."""
    settled: bool
    """Whether those scans were requested."""
    due: int
    """When the trash is to be emptied (ms)."""
    since: int
    """When the first removal was proven (ms)."""
    tries: int
    """How often it could not be emptied."""
    why: str
    """Why not, "" when it was not tried."""


class TrashQueue:
    """The tables `trash` and `trash_marks`. All removals of a library are one row of a server."""

    def __init__(self, db: Database) -> None:
        self._db = db
        columns = "scanner, library, asked, settled, next, since, tries, why"
        scans_wait = (
            "EXISTS (SELECT 1 FROM scans WHERE scans.scanner=trash.scanner AND scans.library=trash.library "
            "AND scans.since<=trash.asked AND NOT scans.refused)"
        )
        self._table = DueTable(db, "trash", columns, ("scanner", "library"), work=f"NOT {scans_wait}")

    def put(self, scanners: Iterable[str], library: str, now: int) -> None:
        """Have the trash emptied once the scans that wait now were requested."""
        self._db.write_many(
            "INSERT INTO trash(scanner, library, asked, next, since) VALUES(?,?,?,?,?) "
            "ON CONFLICT(scanner, library) DO UPDATE SET asked=excluded.asked, next=excluded.next, settled=0",
            [(scanner, library, now, now, now) for scanner in scanners],
        )

    def due(self, scanner: str, now: int) -> list[Trash]:
        """Return what is due at one server, and waits for none of its scans."""
        return [_trash(row) for row in self._table.due(now, "scanner=?", (scanner,), order="library")]

    def all(self) -> list[Trash]:
        """Return all that waits."""
        return [_trash(row) for row in self._table.rows(order="since, scanner, library")]

    def settle(self, trash: Trash, until: int) -> None:
        """Empty it at `until` (ms): its scans were requested, and take a moment.

        What the server has of other libraries, which may be in the same section, is emptied with it.
        """
        with self._db.transaction():
            self._db.write(
                "UPDATE trash SET settled=1, next=? WHERE scanner=? AND library=? AND asked=?",
                (until, trash.scanner, trash.library, trash.asked),
            )
            self._db.write(
                "UPDATE trash SET next=? WHERE scanner=? AND settled AND tries=0", (until, trash.scanner)
            )

    def later(self, trash: Trash, until: int, why: str) -> None:
        """Try again at `until` (ms), and keep why."""
        self._table.later([(trash.scanner, trash.library)], until, why)

    def done(self, trash: Trash) -> None:
        """Forget it, unless more was removed meanwhile."""
        self._db.write(
            "DELETE FROM trash WHERE scanner=? AND library=? AND asked=?",
            (trash.scanner, trash.library, trash.asked),
        )

    def keep_only(self, scanners: Iterable[str]) -> None:
        """Forget the trash of all other servers: their setting changed."""
        kept = set(scanners)
        for trash in self.all():
            if trash.scanner not in kept:
                self.done(trash)

    def retry(self, now: int) -> int:
        """Make all of it due now; return how much there is."""
        return self._table.retry(now)

    def next_due(self, scanner: str) -> int | None:
        """Return when the next of one server is due (ms), None when none is or its scans come first."""
        return self._table.next_due("scanner=?", (scanner,))

    def mark(self, library: str, item: str) -> int:
        """Return up to which place of the log the removals of an item were considered, 0: none."""
        row = self._db.row("SELECT place FROM trash_marks WHERE library=? AND item=?", (library, item))
        return int(row[0]) if row else 0

    def note_mark(self, library: str, item: str, place: int) -> None:
        """Keep that the removals of an item up to a place of the log were considered."""
        self._db.write("INSERT OR REPLACE INTO trash_marks VALUES(?,?,?)", (library, item, place))


def _trash(row: Row) -> Trash:
    scanner, library, asked, settled, due, since, tries, why = row
    return Trash(scanner, library, asked, bool(settled), due, since, tries, why)
