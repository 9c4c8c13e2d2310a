"""The files that this household's apps dropped, until its mount shows them gone."""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.state.db import Database, Row
from mesharr.state.queues.due_table import DueTable


class DroppedFile(msgspec.Struct, frozen=True):
    """One file that an app of this node listed and lists no more."""

    library: str
    item: str
    path: str
    """Relative to the root of the library, as the app spelled it."""
    size: int | None
    """In bytes, as the app listed it; None where it did not tell."""
    since: int
    """When the app was seen without it (ms)."""
    tries: int
    """How often the mount still showed it, or did not answer."""
    scanned: bool
    """Whether it was gone, and the media servers had its folder to scan."""


class DroppedFiles:
    """The table `dropped_files`: rows wait until they are scanned, and are then kept for a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        columns = "library, item, path, size, since, tries, scanned"
        self._table = DueTable(db, "dropped_files", columns, ("library", "item", "path"), work="scanned=0")

    def put(self, library: str, item: str, files: Mapping[str, int | None], now: int) -> None:
        """Have files of these sizes looked for; one that is known already is not looked for anew."""
        self._db.write_many(
            "INSERT INTO dropped_files(library, item, path, size, since, next) VALUES(?,?,?,?,?,?) "
            "ON CONFLICT(library, item, path) DO NOTHING",
            [(library, item, path, size, now, now) for path, size in files.items()],
        )

    def of(self, library: str, item: str) -> list[DroppedFile]:
        """Return the files of an item, scanned or not."""
        rows = self._table.rows("library=? AND item=?", (library, item), order="path")
        return [_file(row) for row in rows]

    def due(self, now: int) -> list[DroppedFile]:
        """Return the files to look for now."""
        rows = self._table.due(now, order="library, item, path")
        return [_file(row) for row in rows]

    def later(self, files: Iterable[DroppedFile], until: int, why: str) -> None:
        """Look for files again at `until` (ms), and keep why."""
        self._table.later([_key(file) for file in files], until, why)

    def note_scanned(self, files: Iterable[DroppedFile]) -> None:
        """Keep that files are gone and their folders are being scanned."""
        self._db.write_many(
            "UPDATE dropped_files SET scanned=1 WHERE library=? AND item=? AND path=?",
            [_key(file) for file in files],
        )

    def drop(self, files: Iterable[DroppedFile]) -> None:
        """Forget files."""
        self._table.drop([_key(file) for file in files])

    def forget_scanned(self, before: int) -> None:
        """Forget the scanned files that were dropped before a time (ms)."""
        self._db.write("DELETE FROM dropped_files WHERE scanned AND since<?", (before,))

    def hurry(self, now: int) -> None:
        """Look for every file now."""
        self._table.hurry(now)

    def next_due(self) -> int | None:
        """Return when the next file is to be looked for (ms), None when none is."""
        return self._table.next_due()


def _file(row: Row) -> DroppedFile:
    library, item, path, size, since, tries, scanned = row
    return DroppedFile(library, item, path, size, since, tries, bool(scanned))


def _key(file: DroppedFile) -> tuple[str, str, str]:
    return file.library, file.item, file.path
