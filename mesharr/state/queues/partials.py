"""The targets beside which an upload may have left half a file."""

from collections.abc import Collection

from mesharr.state.db import Database
from mesharr.state.queues.due_table import DueTable


class Partials:
    """What is noted before each upload, and forgotten once it ended well."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = DueTable(db, "partials", "target, tries", ("target",))

    def begin(self, targets: Collection[str], now: int) -> frozenset[str]:
        """Note that uploads to targets begin; return those of which an earlier one was interrupted."""
        with self._db.transaction():
            known = frozenset(each for each in targets if self._table.count("target=?", (each,)))
            self._db.write_many(
                "INSERT OR IGNORE INTO partials(target, next) VALUES(?,?)", [(each, now) for each in targets]
            )
            return known

    def due(self, now: int) -> list[tuple[str, int]]:
        """Return the targets that are to be swept, with how often that failed."""
        return [(str(target), int(tries)) for target, tries in self._table.due(now, order="target")]

    def later(self, targets: Collection[str], until: int, why: str) -> None:
        """Sweep targets at `until` (ms)."""
        self._table.later([(each,) for each in targets], until, why)

    def drop(self, targets: Collection[str]) -> None:
        """Forget targets: nothing is left there."""
        self._table.drop([(each,) for each in targets])

    def next_due(self) -> int | None:
        """Return when the next target is to be swept (ms), None for none."""
        return self._table.next_due()
