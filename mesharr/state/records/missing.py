"""The items that an app no longer lists although no event says that they were deleted."""

from mesharr.core.detect.model import NOT_LISTED
from mesharr.state.db import Database


class MissingItems:
    """The table `missing_items`. Its owner is `node.missing_items`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[tuple[str, str, str]]:
        """Return (library, item, why) of every missing item."""
        rows = self._db.rows("SELECT library, item, why FROM missing_items ORDER BY library, item")
        return [(str(library), str(item), str(why)) for library, item, why in rows]

    def of(self, library: str) -> frozenset[str]:
        """Return the missing items of a library."""
        rows = self._db.rows("SELECT item FROM missing_items WHERE library=?", (library,))
        return frozenset(str(item) for (item,) in rows)

    def why(self, library: str, item: str) -> str:
        """Return why an item is missing, "" when it is not."""
        row = self._db.row("SELECT why FROM missing_items WHERE library=? AND item=?", (library, item))
        return str(row[0]) if row else ""

    def note(self, library: str, item: str, why: str) -> bool:
        """Keep why an item is missing, "" that it is not; return whether it was missing before.

        That the app does not list the item replaces no better reason.
        """
        before = self.why(library, item)
        if why and why != before:
            self._db.write(
                "INSERT INTO missing_items VALUES(?,?,?) "
                "ON CONFLICT(library, item) DO UPDATE SET why=excluded.why WHERE excluded.why!=?",
                (library, item, why, NOT_LISTED),
            )
        elif before and not why:
            self._db.write("DELETE FROM missing_items WHERE library=? AND item=?", (library, item))
        return bool(before)
