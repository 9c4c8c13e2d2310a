"""The units this node downloads: those it holds a grab lock of, or is about to."""

from collections.abc import Iterable

import msgspec

from mesharr.state.db import Database


class Grab(msgspec.Struct, frozen=True):
    """A unit this node downloads since `since`. `told` is when its lock was last renewed, `gone` since when
    neither the arr's queue nor an upload holds it (all ms, 0: not gone). `first` names the peer that
    downloads it too and began before, "" when there is none.
    """

    library: str
    item: str
    unit: str
    since: int
    told: int
    gone: int = 0
    first: str = ""


class Grabs:
    """This node's own grabs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Grab]:
        """Return every grab."""
        return [
            Grab(*row) for row in self._db.rows(f"SELECT {_GRAB} FROM grabs ORDER BY library, item, unit")
        ]

    def of(self, library: str, item: str) -> list[Grab]:
        """Return the grabs of one item."""
        rows = self._db.rows(
            f"SELECT {_GRAB} FROM grabs WHERE library=? AND item=? ORDER BY unit", (library, item)
        )
        return [Grab(*row) for row in rows]

    def put(self, grabs: Iterable[Grab]) -> None:
        """Keep grabs, replacing those that are there."""
        self._db.write_many(
            "INSERT OR REPLACE INTO grabs VALUES(?,?,?,?,?,?,?)",
            [
                (each.library, each.item, each.unit, each.since, each.told, each.gone, each.first)
                for each in grabs
            ],
        )

    def drop(self, grabs: Iterable[Grab]) -> None:
        """Forget grabs that are over."""
        self._db.write_many(
            "DELETE FROM grabs WHERE library=? AND item=? AND unit=?",
            [(each.library, each.item, each.unit) for each in grabs],
        )


_GRAB = "library, item, unit, since, told, gone, first"
