"""The targets beside which an upload may have left half a file."""

from mesharr.state.db import Database
from mesharr.state.queues.due_table import DueTable


class Partials:
    """What is noted before each upload, and forgotten once it ended well."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = DueTable(db, "partials", "target, tries", ("target",))

    def begin(self, target: str, now: int) -> bool:
        """Note that an upload to a target begins; return whether an earlier one was interrupted."""
        with self._db.transaction():
            known = self._table.count("target=?", (target,)) > 0
            self._db.write("INSERT OR IGNORE INTO partials(target, next) VALUES(?,?)", (target, now))
            return known

    def due(self, now: int) -> list[tuple[str, int]]:
        """Return the targets that are to be swept, with how often that failed."""
        return [(str(target), int(tries)) for target, tries in self._table.due(now, order="target")]

    def later(self, target: str, until: int, why: str) -> None:
        """Sweep a target at `until` (ms)."""
        self._table.later([(target,)], until, why)

    def drop(self, target: str) -> None:
        """Forget a target: nothing is left there."""
        self._table.drop([(target,)])

    def next_due(self) -> int | None:
        """Return when the next target is to be swept (ms), None for none."""
        return self._table.next_due()
