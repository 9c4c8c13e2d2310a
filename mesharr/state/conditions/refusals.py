"""What only the user can fix, by subject."""

from mesharr.core.errors import Refused
from mesharr.state.db import Database


class Refusals:
    """The refusals that stand, by subject, such as `app:radarr` or `item:movies:tmdb:7`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, subject: str, refused: Refused, now: int) -> bool:
        """Keep a refusal; return whether it is new, or another one than before."""
        with self._db.transaction():
            row = self._db.row("SELECT what FROM refusals WHERE subject=?", (subject,))
            self._db.write(
                "INSERT INTO refusals VALUES(?,?,?,?) ON CONFLICT(subject) DO UPDATE SET what=excluded.what, fix=excluded.fix",
                (subject, refused.what, refused.fix, now),
            )
            return row is None or row[0] != refused.what

    def clear(self, subject: str) -> bool:
        """Forget the refusal of a subject; return whether there was one."""
        there = self._db.row("SELECT 1 FROM refusals WHERE subject=?", (subject,)) is not None
        if there:
            self._db.write("DELETE FROM refusals WHERE subject=?", (subject,))
        return there

    def clear_all(self, prefix: str = "", but: str = "") -> int:
        """Forget every refusal whose subject begins with `prefix`; return how many there were.

        Those that begin with `but` ("": none) stay.
        """
        every = [subject for subject, *_ in self.all() if subject.startswith(prefix)]
        subjects = [subject for subject in every if not (but and subject.startswith(but))]
        self._db.write_many("DELETE FROM refusals WHERE subject=?", [(subject,) for subject in subjects])
        return len(subjects)

    def all(self) -> list[tuple[str, str, str, int]]:
        """Return (subject, what, fix, since) of every refusal, the oldest first."""
        return [
            tuple(row)
            for row in self._db.rows("SELECT subject, what, fix, since FROM refusals ORDER BY since, subject")
        ]
