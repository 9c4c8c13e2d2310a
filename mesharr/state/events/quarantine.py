"""The quarantine: files of the store that did not verify, and when each is read again."""

from collections.abc import Callable, Iterable
from typing import Final

from mesharr.core.durations import DAY_MS
from mesharr.state.db import Database

MAX_FILES: Final = 5_000
"""More are not kept: a file that is forgotten would be read again as if it were new."""
_TAILS: Final = "events/"


class Quarantine:
    """The table `quarantine`: the files in it, by their path relative to the root of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def is_waiting(self, place: str, now: int) -> bool:
        """Return whether a file is in quarantine and not due to be read again."""
        return self._db.row("SELECT 1 FROM quarantine WHERE place=? AND next>?", (place, now)) is not None

    def due_times(self) -> dict[str, int]:
        """Return when each file in quarantine is due to be read again (ms)."""
        return {str(place): int(due) for place, due in self._db.rows("SELECT place, next FROM quarantine")}

    def forget_gone(self, tails: Iterable[str], now: int) -> None:
        """Forget files that are due to be read again and are gone.

        `tails` are the paths of those listed. No listing tells of a segment: one that nobody asked for in a day is as good as gone.
        """
        due = {place: at for place, at in self.due_times().items() if at <= now}
        gone = {place for place in due if place.startswith(_TAILS)}.difference(tails) if due else set()
        gone |= {place for place, at in due.items() if not place.startswith(_TAILS) and at <= now - DAY_MS}
        if gone:
            self._db.write_many("DELETE FROM quarantine WHERE place=?", [(place,) for place in sorted(gone)])

    def put(self, place: str, why: str, now: int, wait: Callable[[int], int]) -> int:
        """Put a file into quarantine for `wait(tries)` ms; return how often it was put there.

        A quarantine that is full takes no other file: then it is 0.
        """
        with self._db.transaction():
            row = self._db.row("SELECT tries FROM quarantine WHERE place=?", (place,))
            tries = int(row[0]) if row else 0
            if row is None and self._count() >= MAX_FILES:
                return 0
            self._db.write(
                "INSERT INTO quarantine VALUES(?,?,?,?,1) ON CONFLICT(place) DO UPDATE SET why=excluded.why, next=excluded.next, tries=tries+1",
                (place, why, now, now + wait(tries)),
            )
        return tries + 1

    def _count(self) -> int:
        row = self._db.row("SELECT count(*) FROM quarantine")
        return int(row[0]) if row else 0

    def retry(self, now: int) -> int:
        """Make every file in quarantine due to be read again; return how many there are."""
        self._db.write("UPDATE quarantine SET next=min(next, ?), tries=0", (now,))
        return len(self.all())

    def all(self) -> list[tuple[str, str, int]]:
        """Return (place, why, since) of every file in quarantine, the oldest first."""
        return [
            (str(place), str(why), int(since))
            for place, why, since in self._db.rows(
                "SELECT place, why, since FROM quarantine ORDER BY since, place"
            )
        ]
