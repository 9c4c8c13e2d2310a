"""What the media servers have scanned of each item, so that each change is scanned once."""

from collections.abc import Iterable

from mesharr.state.db import Database


class ScanMarks:
    """The table `scan_marks`: a mark for each folder of an item. Owner: `node.scan_state`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, library: str, item: str) -> frozenset[str]:
        """Return the marks of an item's folders that the media servers have scanned."""
        row = self._db.row("SELECT marks FROM scan_marks WHERE library=? AND item=?", (library, item))
        return frozenset(str(row[0]).split()) if row else frozenset()

    def put(self, library: str, item: str, marks: Iterable[str]) -> None:
        """Keep the marks of an item's folders in place of those kept before."""
        self._db.write(
            "INSERT OR REPLACE INTO scan_marks VALUES(?,?,?)", (library, item, " ".join(sorted(marks)))
        )
