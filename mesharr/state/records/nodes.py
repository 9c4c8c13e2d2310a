"""What nodes are called; who is not trusted here, whose clock is wrong, who was adopted."""

from collections.abc import Collection

from mesharr.core.text import author_of, name_of, short_names
from mesharr.state.db import Database


class NodeNames:
    """What people read for each node: its name, or its id where another one has that name, too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, str]:
        """Return what people read for each node of which a stream is known, by its id."""
        streams = self._db.rows("SELECT stream FROM streams ORDER BY stream")
        return short_names(author_of(str(stream)) for (stream,) in streams)

    def called(self, node: str) -> str:
        """Return what people read for a node, "" for none."""
        return self.all().get(node) or name_of(node)


class NodeWarnings:
    """The tables `unknown_nodes`, `wrong_clocks`, `fork_reports`, of `node.inward.streams`.

    `adopted_nodes` is of the command `adopt`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def unknown(self) -> dict[str, int]:
        """Return since when (ms) nodes write to the mesh that were never trusted here, by their ids."""
        rows = self._db.rows("SELECT node, since FROM unknown_nodes ORDER BY node")
        return {str(node): int(since) for node, since in rows}

    def note_unknown(self, nodes: Collection[str], now: int) -> list[str]:
        """Keep which nodes write to the mesh and are not trusted; return those that are new."""
        known = self.unknown()
        fresh = sorted(set(nodes) - known.keys())
        if fresh or known.keys() - set(nodes):
            with self._db.transaction():
                self._db.write_many(
                    "INSERT OR IGNORE INTO unknown_nodes VALUES(?,?)", [(node, now) for node in fresh]
                )
                gone = [(node,) for node in known.keys() - set(nodes)]
                self._db.write_many("DELETE FROM unknown_nodes WHERE node=?", gone)
        return fresh

    def wrong_clocks(self) -> dict[str, str]:
        """Return the clock values of the nodes whose clock is too far ahead, by their ids."""
        rows = self._db.rows("SELECT node, clock FROM wrong_clocks ORDER BY node")
        return {str(node): str(clock) for node, clock in rows}

    def note_clock(self, node: str, clock: str) -> None:
        """Keep the clock value of a node whose clock is too far ahead, "" when it is not."""
        if clock:
            self._db.write("INSERT OR REPLACE INTO wrong_clocks VALUES(?,?)", (node, clock))
        elif self._db.row("SELECT 1 FROM wrong_clocks WHERE node=?", (node,)):
            self._db.write("DELETE FROM wrong_clocks WHERE node=?", (node,))

    def adopted(self) -> dict[str, int]:
        """Return when this node took over all that it could of other nodes (ms), by their ids."""
        return {str(node): int(at) for node, at in self._db.rows("SELECT node, at FROM adopted_nodes")}

    def note_adopted(self, node: str, now: int) -> None:
        """Keep that nothing is left of a node that this one could take over."""
        self._db.write("INSERT OR REPLACE INTO adopted_nodes VALUES(?,?)", (node, now))

    def fork_reported(self, node: str) -> int:
        """Return when a peer named an event of this node that it lacks itself (ms), 0: never."""
        row = self._db.row("SELECT at FROM fork_reports WHERE node=?", (node,))
        return int(row[0]) if row else 0

    def note_fork_report(self, node: str, now: int) -> None:
        """Keep that a peer names an event of this node that it lacks itself."""
        self._db.write("INSERT OR REPLACE INTO fork_reports VALUES(?,?)", (node, now))
