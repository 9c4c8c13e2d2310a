"""The quarantine: files of the store that did not verify, and when each is read again."""

from collections.abc import Callable

from mesharr.state.db import Database


class Quarantine:
    """The table `quarantine`: the files in it, by their path relative to the root of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def is_waiting(self, place: str, now: int) -> bool:
        """Return whether a file is in quarantine and not due to be read again."""
        return self._db.row("SELECT 1 FROM quarantine WHERE place=? AND next>?", (place, now)) is not None

    def waiting(self, now: int) -> frozenset[str]:
        """Return the files in quarantine that are not due to be read again."""
        rows = self._db.rows("SELECT place FROM quarantine WHERE next>?", (now,))
        return frozenset(str(place) for (place,) in rows)

    def put(self, place: str, why: str, now: int, wait: Callable[[int], int]) -> int:
        """Put a file into quarantine for `wait(tries)` ms; return how often it was put there.

        Of more than 1 000 files the oldest are forgotten.
        """
        with self._db.transaction():
            row = self._db.row("SELECT tries FROM quarantine WHERE place=?", (place,))
            tries = int(row[0]) if row else 0
            self._db.write(
                "INSERT INTO quarantine VALUES(?,?,?,?,1) ON CONFLICT(place) DO UPDATE SET why=excluded.why, next=excluded.next, tries=tries+1",
                (place, why, now, now + wait(tries)),
            )
            self._db.write(
                "DELETE FROM quarantine WHERE place NOT IN (SELECT place FROM quarantine ORDER BY since DESC LIMIT 1000)"
            )
        return tries + 1

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
