"""Which programs and mounts do not answer, by subject."""

import msgspec

from mesharr.state.db import Database


class Outage(msgspec.Struct, frozen=True):
    """Something outside of this node that does not answer."""

    since: int
    """Since when it does not answer (ms)."""
    last: int
    """When it was asked last (ms)."""
    why: str
    """What it failed with then."""


class Outages:
    """The outages that last, by subject, such as `app:radarr`, `scanner:plex` or `store`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, Outage]:
        """Return what did not answer when it was asked last, in order of the subjects."""
        rows = self._db.rows("SELECT subject, since, last, why FROM outages ORDER BY subject")
        return {str(subject): Outage(*rest) for subject, *rest in rows}

    def note(self, subject: str, why: str, now: int) -> bool:
        """Keep that a subject does not answer; return whether it answered before."""
        with self._db.transaction():
            known = self._db.row("SELECT 1 FROM outages WHERE subject=?", (subject,)) is not None
            self._db.write(
                "INSERT INTO outages VALUES(?,?,?,?) ON CONFLICT(subject) DO UPDATE SET last=excluded.last, why=excluded.why",
                (subject, now, now, why),
            )
            return not known

    def end(self, subject: str) -> bool:
        """Keep that a subject answers; return whether it did not before."""
        if self._db.row("SELECT 1 FROM outages WHERE subject=?", (subject,)) is None:
            return False
        self._db.write("DELETE FROM outages WHERE subject=?", (subject,))
        return True
