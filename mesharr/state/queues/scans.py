"""The folders that a media server is asked to scan, one queue for each scanner."""

from collections.abc import Iterable

import msgspec

from mesharr.state.db import Database, Row


class Scan(msgspec.Struct, frozen=True):
    """A folder one scanner has to be told of; `folder` is library-relative, `again`: it was told before, and is
    told once more.
    """

    scanner: str
    library: str
    folder: str
    due: int
    again: bool
    since: int
    tries: int
    why: str
    refused: bool


class Scans:
    """One queue per scanner; a folder is in it once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, scanners: Iterable[str], library: str, folder: str, due: int) -> None:
        """Have a folder scanned; one that waits already is not scanned twice.

        One that waits only to be told once more is due now.
        """
        self._db.write_many(
            "INSERT INTO scans(scanner, library, folder, due, again, since) VALUES(?,?,?,?,0,?) "
            "ON CONFLICT(scanner, library, folder) DO UPDATE SET "
            "due=CASE WHEN again THEN excluded.due ELSE max(due, excluded.due) END, again=0, refused=0",
            [(scanner, library, folder, due, due) for scanner in scanners],
        )

    def due(self, scanner: str, now: int, limit: int = 50) -> list[Scan]:
        """Return the folders one scanner is to be told of now, oldest first."""
        rows = self._db.rows(
            "SELECT scanner, library, folder, due, again, since, tries, why, refused FROM scans WHERE scanner=? AND due<=? "
            "ORDER BY due, folder LIMIT ?",
            (scanner, now, limit),
        )
        return [_scan(row) for row in rows]

    def all(self) -> list[Scan]:
        """Return every folder that waits."""
        rows = self._db.rows(
            "SELECT scanner, library, folder, due, again, since, tries, why, refused FROM scans ORDER BY since, scanner, folder"
        )
        return [_scan(row) for row in rows]

    def done(self, scan: Scan, again: int = 0) -> None:
        """The scanner was told, unless the folder was put again meanwhile.

        It is told once more at `again` (ms, 0: it is not), of what was not told twice already.
        """
        if again and not scan.again:
            self._db.write(
                "UPDATE scans SET due=?, again=1, tries=0, why='' WHERE scanner=? AND library=? AND folder=? AND due=?",
                (again, scan.scanner, scan.library, scan.folder, scan.due),
            )
        else:
            self._db.write(
                "DELETE FROM scans WHERE scanner=? AND library=? AND folder=? AND due=?",
                (scan.scanner, scan.library, scan.folder, scan.due),
            )

    def later(self, scan: Scan, until: int, why: str, *, refused: bool = False) -> None:
        """Try the folder again later."""
        self._db.write(
            "UPDATE scans SET due=?, tries=tries+1, why=?, refused=? WHERE scanner=? AND library=? AND folder=?",
            (until, why, int(refused), scan.scanner, scan.library, scan.folder),
        )

    def retry(self, now: int) -> int:
        """Make every waiting folder due now; return how many there are."""
        self._db.write("UPDATE scans SET due=min(due, ?), refused=0, tries=0", (now,))
        return len(self.all())

    def next_due(self, scanner: str) -> int | None:
        """Return when the next folder of one scanner is due (ms)."""
        row = self._db.row("SELECT min(due) FROM scans WHERE scanner=?", (scanner,))
        return int(row[0]) if row and row[0] is not None else None


def _scan(row: Row) -> Scan:
    scanner, library, folder, due, again, since, tries, why, refused = row
    return Scan(scanner, library, folder, due, bool(again), since, tries, why, bool(refused))
