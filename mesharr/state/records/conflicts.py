"""The conflicts of all items, kept so that `status` need not fold the events of every item."""

import msgspec

from mesharr.core.registry.conflicts import Conflict
from mesharr.state.db import Database, decoder

_units = decoder(tuple[str, ...])


class Conflicts:
    """The table `conflicts`. Its owner is `node.conflict_notes`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[tuple[str, str, Conflict]]:
        """Return (library, item, conflict) of every conflict."""
        rows = self._db.rows(
            "SELECT library, item, units, owner, kept, other, node FROM conflicts ORDER BY library, item, n"
        )
        return [
            (str(library), str(item), Conflict(_units(units), *rest)) for library, item, units, *rest in rows
        ]

    def put(self, library: str, item: str, found: tuple[Conflict, ...]) -> None:
        """Keep the conflicts of an item in place of those kept before; none are kept as none."""
        if (
            not found
            and self._db.row("SELECT 1 FROM conflicts WHERE library=? AND item=?", (library, item)) is None
        ):
            return  # of nearly every item
        rows = [
            (
                library,
                item,
                n,
                msgspec.json.encode(each.units).decode(),
                each.owner,
                each.kept,
                each.other,
                each.node,
            )
            for n, each in enumerate(found)
        ]
        with self._db.transaction():
            self._db.write("DELETE FROM conflicts WHERE library=? AND item=?", (library, item))
            self._db.write_many("INSERT INTO conflicts VALUES(?,?,?,?,?,?,?,?)", rows)
