"""The conflicts of all items, kept so that `status` need not fold the events of every item."""

import msgspec

from mesharr.core.paths import same_key
from mesharr.core.registry.conflicts import Conflict
from mesharr.state.db import Database, decoder

_units = decoder(tuple[str, ...])


class Conflicts:
    """The tables `conflicts` and `kept_conflicts`. Their owner is `node.conflict_notes`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[tuple[str, str, Conflict]]:
        """Return (library, item, conflict) of every conflict that is not to be left as it is."""
        kept = {
            tuple(map(str, row)) for row in self._db.rows("SELECT library, item, files FROM kept_conflicts")
        }
        rows = self._db.rows(
            "SELECT library, item, units, owner, kept, other, node, kept_node, kept_size, other_size "
            "FROM conflicts ORDER BY library, item, n"
        )
        found = [
            (str(library), str(item), Conflict(_units(units), *rest)) for library, item, units, *rest in rows
        ]
        return [
            (library, item, each)
            for library, item, each in found
            if (library, item, _files(each.kept, each.other)) not in kept
        ]

    def keep_both(self, library: str, item: str, kept: str, other: str) -> None:
        """Keep that the user decided to leave both files of a conflict as they are."""
        self._db.write(
            "INSERT OR IGNORE INTO kept_conflicts VALUES(?,?,?)", (library, item, _files(kept, other))
        )

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
                each.kept_node,
                each.kept_size,
                each.other_size,
            )
            for n, each in enumerate(found)
        ]
        with self._db.transaction():
            self._db.write("DELETE FROM conflicts WHERE library=? AND item=?", (library, item))
            self._db.write_many("INSERT INTO conflicts VALUES(?,?,?,?,?,?,?,?,?,?,?)", rows)


def _files(*paths: str) -> str:
    """Return two paths as one text, the same in whatever order and spelling they are given."""
    return "|".join(sorted(map(same_key, paths)))
