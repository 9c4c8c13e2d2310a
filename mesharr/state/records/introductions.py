"""How the nodes that are not trusted here introduce themselves, as far as that was read."""

from collections.abc import Collection
from typing import Final

import msgspec

from mesharr.core.events.introduction import Introduction
from mesharr.state.db import Database, decoder

MAX_KEPT: Final = 64
"""More are not kept: whoever can write to the drive can make any number of nodes."""
_introduction = decoder(Introduction)


class Introductions:
    """The table `introductions`, of `node.inward.streams`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, Introduction]:
        """Return the last introduction of each node, by its label."""
        rows = self._db.rows("SELECT node, value FROM introductions ORDER BY node")
        return {str(node): _introduction(value) for node, value in rows}

    def note(self, introduction: Introduction, now: int) -> None:
        """Keep a node's newest introduction; of too many nodes the first read is dropped."""
        with self._db.transaction():
            before = self.all().get(introduction.node)
            if before and before.hlc > introduction.hlc:
                return
            value = msgspec.json.encode(introduction)
            self._db.write(
                "INSERT OR REPLACE INTO introductions VALUES(?,?,?)", (introduction.node, value, now)
            )
            self._db.write(
                "DELETE FROM introductions WHERE node NOT IN (SELECT node FROM introductions ORDER BY read DESC, node LIMIT ?)",
                (MAX_KEPT,),
            )

    def keep(self, nodes: Collection[str]) -> None:
        """Forget all but these nodes: the others are trusted by now, or gone."""
        gone = [(node,) for (node,) in self._db.rows("SELECT node FROM introductions") if node not in nodes]
        if gone:
            self._db.write_many("DELETE FROM introductions WHERE node=?", gone)
