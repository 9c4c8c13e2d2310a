"""Durable work at the edges: folders to scan, holds that wait for a person, things told once."""

from collections.abc import Iterable

import msgspec

from mesharr.core.errors import Refused
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

    def hold(
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

    def waiting(self, peer: str, library: str, kind: str) -> str:
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

    def release(self, library: str, item: str, kind: str) -> None:
        """The action was done or is no longer planned: take it out of its hold, and drop an empty one."""
        with self._db.transaction():
            self._db.write(
                "DELETE FROM held WHERE library=? AND item=? AND hold IN (SELECT n FROM holds WHERE kind=?)",
                (library, item, kind),
            )
            self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def forget(self, library: str, item: str) -> None:
        """Nothing is planned for the item any more: take it out of every hold, but of what is to be told of it."""
        if self._db.row("SELECT 1 FROM held WHERE library=? AND item=?", (library, item)):
            with self._db.transaction():
                self._db.write(
                    "DELETE FROM held WHERE library=? AND item=? AND hold NOT IN (SELECT n FROM holds WHERE kind='own_removals')",
                    (library, item),
                )
                self._db.write("DELETE FROM holds WHERE n NOT IN (SELECT hold FROM held)")

    def acted(self, peer: str, library: str, kind: str, now: int) -> None:
        """Count one action of a kind that a peer caused."""
        with self._db.transaction():
            self._db.write("INSERT INTO acted VALUES(?,?,?,?)", (peer, library, kind, now))
            self._db.write("DELETE FROM acted WHERE at<?", (now - 86_400_000,))

    def lately(self, peer: str, library: str, kind: str, since: int) -> int:
        """Return how many actions of a kind a peer caused since then (ms)."""
        row = self._db.row(
            "SELECT count(*) FROM acted WHERE peer=? AND library=? AND kind=? AND at>=?",
            (peer, library, kind, since),
        )
        return int(row[0]) if row else 0


class Refusals:
    """What only a person can fix, by subject, told once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, subject: str, refused: Refused, now: int) -> bool:
        """Keep a refusal; return True when it is new, or says something else than before."""
        with self._db.transaction():
            row = self._db.row("SELECT what FROM refusals WHERE subject=?", (subject,))
            self._db.write(
                "INSERT INTO refusals VALUES(?,?,?,?) ON CONFLICT(subject) DO UPDATE SET what=excluded.what, fix=excluded.fix",
                (subject, refused.what, refused.fix, now),
            )
            return row is None or row[0] != refused.what

    def clear(self, subject: str) -> None:
        """The subject is no longer refused."""
        if self._db.row("SELECT 1 FROM refusals WHERE subject=?", (subject,)):
            self._db.write("DELETE FROM refusals WHERE subject=?", (subject,))

    def clear_all(self, prefix: str = "") -> int:
        """Nothing whose subject begins so is refused any more; return how many there were."""
        subjects = [subject for subject, *_ in self.all() if subject.startswith(prefix)]
        self._db.write_many("DELETE FROM refusals WHERE subject=?", [(subject,) for subject in subjects])
        return len(subjects)

    def all(self) -> list[tuple[str, str, str, int]]:
        """Return (subject, what, fix, since) of everything refused."""
        return [
            tuple(row)
            for row in self._db.rows("SELECT subject, what, fix, since FROM refusals ORDER BY since, subject")
        ]


class Counters:
    """Small counts for `status`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, by: int = 1) -> None:
        """Count something."""
        self._db.write(
            "INSERT INTO counters VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value",
            (name, by),
        )

    def all(self) -> dict[str, int]:
        """Return all counts."""
        return {
            str(name): int(value)
            for name, value in self._db.rows("SELECT name, value FROM counters ORDER BY name")
        }
