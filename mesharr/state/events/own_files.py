"""The files of this node's own stream on the store, as far as it knows."""

import msgspec

from mesharr.state.db import Database


class OwnFileRow(msgspec.Struct, frozen=True):
    """A file of my own stream on the store; `written` is in seconds of my own running time, `lost` says that
    it is missing or torn there.
    """

    place: str
    first: int
    last: int
    k: int
    confirmed: bool
    written: float
    lost: bool = False


class OwnFiles:
    """What was written, and what of it a witness has seen."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[OwnFileRow]:
        """Return the files of my stream that are on the store, as far as I know."""
        rows = self._db.rows(
            "SELECT place, first, last, k, confirmed, written, lost FROM files ORDER BY last, first"
        )
        return [
            OwnFileRow(place, first, last, k, bool(confirmed), written, bool(lost))
            for place, first, last, k, confirmed, written, lost in rows
        ]

    def put(self, file: OwnFileRow) -> None:
        """Remember a file that was written."""
        self._db.write(
            "INSERT OR REPLACE INTO files VALUES(?,?,?,?,?,?,?)",
            (file.place, file.first, file.last, file.k, int(file.confirmed), file.written, int(file.lost)),
        )

    def note_lost(self, place: str) -> None:
        """Remember that a file of mine is missing or torn: what it held is written again."""
        self._db.write("UPDATE files SET lost=1, confirmed=0 WHERE place=?", (place,))

    def confirm(self, place: str) -> None:
        """Remember that a witness has seen the file."""
        self._db.write("UPDATE files SET confirmed=1 WHERE place=?", (place,))

    def forget(self, place: str) -> None:
        """Forget a file that was deleted."""
        self._db.write("DELETE FROM files WHERE place=?", (place,))
