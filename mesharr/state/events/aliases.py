"""What nodes say of ids: which of them are one item."""

from collections.abc import Iterable, Mapping

from mesharr.core.registry.identity.one_item import MOST_IDS, Aliases, Ids, around, connected
from mesharr.state.db import Database


class AliasTable:
    """The table `aliases`: by node the ids that it says are one, of events below every fork."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, aliases: Iterable[tuple[str, str, str, str]]) -> None:
        """Keep aliases, given as (library, id, alias, node)."""
        self._db.write_many("INSERT OR IGNORE INTO aliases VALUES(?,?,?,?)", list(aliases))

    def clear(self) -> None:
        """Forget all of them: they are made again."""
        self._db.write("DELETE FROM aliases")

    def are_none(self) -> bool:
        """Return whether no node has ever said that two ids are one."""
        return self._db.row("SELECT 1 FROM aliases LIMIT 1") is None

    def around(self, library: str, item: str) -> Aliases:
        """Return what nodes say of an item's id and of those around it."""
        return around(item, lambda id_: self._said_of(library, id_))

    def of(self, library: str, item: str, node: str) -> Ids:
        """Return the ids of which a node says that they are one with this one."""

        def linked(id_: str) -> Iterable[str]:
            rows = self._db.rows(
                "SELECT alias FROM aliases WHERE library=? AND id=? AND node=? UNION "
                "SELECT id FROM aliases WHERE library=? AND alias=? AND node=? LIMIT ?",
                (library, id_, node, library, id_, node, MOST_IDS + 2),
            )
            return (str(row[0]) for row in rows)

        return connected(item, linked)

    def _said_of(self, library: str, item: str) -> Mapping[str, Ids]:
        rows = self._db.rows(
            "SELECT node FROM aliases WHERE library=? AND id=? UNION ALL SELECT node FROM aliases WHERE library=? AND alias=?",
            (library, item, library, item),
        )
        said = {str(node): self.of(library, item, str(node)) for (node,) in rows}
        return {node: ids for node, ids in said.items() if len(ids) > 1}
