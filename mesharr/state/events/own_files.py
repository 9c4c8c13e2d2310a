"""The files that this node wrote to the store for its own streams."""

from collections.abc import Collection

import msgspec

from mesharr.state.db import Database


class OwnFileRow(msgspec.Struct, frozen=True):
    """One file of this node on the store."""

    place: str
    """Its path, relative to the root of the store."""
    first: int
    """The seq of its first event."""
    last: int
    """The seq of its last event."""
    k: int
    """How often a file of the same range was written before it."""
    confirmed: bool
    """Whether the drive or a peer has it, and not only the mount's cache."""
    written: float
    """When it was written, in seconds of the running time of this node (`Engine.tick`)."""
    lost: bool = False
    """Whether it is missing or torn on the store."""
    unlisted: bool = False
    """Whether the last audit did not list it: one listing may be old."""


class OwnFiles:
    """The table `files`: which of this node's files were written, confirmed and lost."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[OwnFileRow]:
        """Return every file, in order of its last seq."""
        rows = self._db.rows(
            "SELECT place, first, last, k, confirmed, written, lost, unlisted FROM files ORDER BY last, first"
        )
        return [
            OwnFileRow(place, first, last, k, bool(confirmed), written, bool(lost), bool(unlisted))
            for place, first, last, k, confirmed, written, lost, unlisted in rows
        ]

    def put(self, file: OwnFileRow) -> None:
        """Keep a file, in place of what is known of its place."""
        self._db.write(
            "INSERT OR REPLACE INTO files(place, first, last, k, confirmed, written, lost) VALUES(?,?,?,?,?,?,?)",
            (file.place, file.first, file.last, file.k, int(file.confirmed), file.written, int(file.lost)),
        )

    def note_unlisted(self, places: Collection[str]) -> None:
        """Keep which files the last audit did not list: these and no others."""
        changed = [
            (int(row.place in places), row.place)
            for row in self.all()
            if row.unlisted != (row.place in places)
        ]
        if changed:
            self._db.write_many("UPDATE files SET unlisted=? WHERE place=?", changed)

    def note_lost(self, place: str) -> None:
        """Keep that a file is missing or torn on the store: its events are written again."""
        self._db.write("UPDATE files SET lost=1, confirmed=0 WHERE place=?", (place,))

    def confirm(self, place: str) -> None:
        """Keep that the drive or a peer has the file."""
        self._db.write("UPDATE files SET confirmed=1 WHERE place=?", (place,))

    def forget(self, place: str) -> None:
        """Forget a file that was deleted on the store."""
        self._db.write("DELETE FROM files WHERE place=?", (place,))
