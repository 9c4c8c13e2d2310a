"""The units that this node downloads, and whose grab lock it keeps."""

from collections.abc import Iterable

import msgspec

from mesharr.state.db import Database


class Grab(msgspec.Struct, frozen=True):
    """One unit that this node downloads."""

    library: str
    item: str
    unit: str
    since: int
    """When the download began, as far as this node knows (ms)."""
    renewed_at: int
    """When the grab lock was published last (ms)."""
    gone_since: int = 0
    """Since when neither the app's queue nor an upload has the unit (ms), 0: one of them has it."""
    earlier_peer: str = ""
    """The peer that downloads the unit too and began before, "" for none."""


class Grabs:
    """The grabs of this node."""

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
        """Keep grabs; each replaces the one of its unit."""
        self._db.write_many(
            "INSERT OR REPLACE INTO grabs VALUES(?,?,?,?,?,?,?)",
            [
                (
                    each.library,
                    each.item,
                    each.unit,
                    each.since,
                    each.renewed_at,
                    each.gone_since,
                    each.earlier_peer,
                )
                for each in grabs
            ],
        )

    def drop(self, grabs: Iterable[Grab]) -> None:
        """Forget grabs that are over."""
        self._db.write_many(
            "DELETE FROM grabs WHERE library=? AND item=? AND unit=?",
            [(each.library, each.item, each.unit) for each in grabs],
        )


_GRAB = "library, item, unit, since, renewed_at, gone_since, earlier_peer"
