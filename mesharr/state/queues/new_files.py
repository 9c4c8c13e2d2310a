"""The items whose files this node published a short time ago."""

import msgspec

from mesharr.state.db import Database
from mesharr.state.queues.due_table import DueTable


class NewFiles(msgspec.Struct, frozen=True):
    """An item with files that this node published."""

    library: str
    item: str
    since: int
    """When they were published (ms)."""


class NewFilesQueue:
    """The table `new_files`: items whose files are looked for again, and when."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = DueTable(db, "new_files", "library, item, since", ("library", "item"))

    def put(self, library: str, item: str, now: int, due: int) -> None:
        """Have the files of an item, published now (ms), looked for at `due` (ms)."""
        self._db.write(
            "INSERT OR REPLACE INTO new_files(library, item, since, next) VALUES(?,?,?,?)",
            (library, item, now, due),
        )

    def due(self, now: int) -> list[NewFiles]:
        """Return the items that are due."""
        return [NewFiles(*row) for row in self._table.due(now, order="next")]

    def later(self, new: NewFiles, until: int, why: str) -> None:
        """Look for the files of an item again at `until` (ms)."""
        self._table.later([(new.library, new.item)], until, why)

    def drop(self, new: NewFiles) -> None:
        """Look for the files of an item no more."""
        self._table.drop([(new.library, new.item)])

    def next_due(self) -> int | None:
        """Return when the next item is due (ms), None when none is."""
        return self._table.next_due()
