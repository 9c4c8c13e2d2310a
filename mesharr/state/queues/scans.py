"""The folders that a media server is asked to scan: one queue for each scanner."""

from collections.abc import Iterable

import msgspec

from mesharr.state.db import Database, Row
from mesharr.state.queues.due_table import DueTable


class Scan(msgspec.Struct, frozen=True):
    """One folder that one scanner is asked to scan."""

    scanner: str
    """The name that the config gives the media server."""
    library: str
    folder: str
    """Relative to the root of the library."""
    due: int
    """When the scan is to be requested (ms)."""
    again: bool
    """Whether it was requested before and is requested a second time, as the server's mount may be behind."""
    since: int
    """Since when the folder waits (ms)."""
    tries: int
    """How often the request failed."""
    why: str
    """Why it failed last, "" when it did not."""
    refused: bool
    """Whether it failed in a way that only the user can fix."""


class Scans:
    """The queues of all scanners. In each of them a folder is at most once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        columns = "scanner, library, folder, next, again, since, tries, why, refused"
        self._table = DueTable(db, "scans", columns, ("scanner", "library", "folder"))

    def put(self, scanners: Iterable[str], library: str, folder: str, due: int) -> None:
        """Have a folder scanned at `due` (ms); one that waits already is not scanned twice.

        One that waits only for its second request is due now.
        """
        self._db.write_many(
            "INSERT INTO scans(scanner, library, folder, next, again, since) VALUES(?,?,?,?,0,?) "
            "ON CONFLICT(scanner, library, folder) DO UPDATE SET "
            "next=CASE WHEN again THEN excluded.next ELSE max(next, excluded.next) END, again=0, refused=0",
            [(scanner, library, folder, due, due) for scanner in scanners],
        )

    def due(self, scanner: str, now: int, limit: int = 50) -> list[Scan]:
        """Return the folders that one scanner is to be asked for now, oldest first."""
        return [
            _scan(row)
            for row in self._table.due(now, "scanner=?", (scanner,), order="next, folder", limit=limit)
        ]

    def count(self) -> int:
        """Return how many folders wait."""
        return self._table.count()

    def all(self) -> list[Scan]:
        """Return every folder that waits."""
        return [_scan(row) for row in self._table.rows(order="since, scanner, folder")]

    def done(self, scan: Scan, again: int = 0) -> None:
        """Take a folder out of its queue after its request, unless it was put again meanwhile.

        With `again` (ms) it is requested once more then, unless this was the second time.
        """
        where = "scanner=? AND library=? AND folder=? AND next=?"
        row = (scan.scanner, scan.library, scan.folder, scan.due)
        if again and not scan.again:
            self._db.write(f"UPDATE scans SET next=?, again=1, tries=0, why='' WHERE {where}", (again, *row))
        else:
            self._db.write(f"DELETE FROM scans WHERE {where}", row)

    def later(self, scan: Scan, until: int, why: str, *, refused: bool = False) -> None:
        """Request the scan of a folder again at `until` (ms)."""
        key = (scan.scanner, scan.library, scan.folder)
        with self._db.transaction():
            self._table.later([key], until, why)
            self._db.write(
                "UPDATE scans SET refused=? WHERE scanner=? AND library=? AND folder=?", (int(refused), *key)
            )

    def retry(self, now: int) -> int:
        """Make every folder due now, also those that were refused; return how many there are."""
        with self._db.transaction():
            self._db.write("UPDATE scans SET refused=0")
            return self._table.retry(now)

    def note_request(self, scanner: str, now: int) -> None:
        """Keep when one scanner was last asked for something (ms)."""
        self._db.write("INSERT OR REPLACE INTO scan_requests VALUES(?,?)", (scanner, now))

    def last_request(self, scanner: str) -> int:
        """Return when one scanner was last asked for something (ms), 0: never."""
        row = self._db.row("SELECT last FROM scan_requests WHERE scanner=?", (scanner,))
        return int(row[0]) if row else 0

    def next_due(self, scanner: str) -> int | None:
        """Return when the next folder of one scanner is due (ms), None when none waits."""
        return self._table.next_due("scanner=?", (scanner,))


def _scan(row: Row) -> Scan:
    scanner, library, folder, due, again, since, tries, why, refused = row
    return Scan(scanner, library, folder, due, bool(again), since, tries, why, bool(refused))
