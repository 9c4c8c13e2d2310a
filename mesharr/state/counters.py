"""Counts of what this node did, for `status` and the metrics."""

from mesharr.state.db import Database


class Counters:
    """Counts by name, which only grow."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, by: int = 1) -> None:
        """Add to the count of a name, which begins at 0; a power cut may lose the last ones.

        An app waits for the answer to each webhook, which is counted: the disk is not waited for.
        """
        with self._db.lazily():
            self._db.write(
                "INSERT INTO counters VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value",
                (name, by),
            )

    def all(self) -> dict[str, int]:
        """Return all counts, by name."""
        return {
            str(name): int(value)
            for name, value in self._db.rows("SELECT name, value FROM counters ORDER BY name")
        }
