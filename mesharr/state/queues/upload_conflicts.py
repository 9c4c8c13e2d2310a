"""Uploads in whose place the drive has another file, and what the user decided about each."""

from typing import Final, Literal

import msgspec

from mesharr.core.paths import same_key
from mesharr.state.db import Database, Row

Resolution = Literal["", "keep-theirs", "keep-mine", "keep-both"]
"""`keep-theirs`: the local file is set aside; `keep-mine`: it replaces the one on the drive; `keep-both`: it is
uploaded under another name.
"""


class UploadConflict(msgspec.Struct, frozen=True):
    """A file that waits to be uploaded to a path at which the drive has another one."""

    library: str
    path: str
    """Relative to the root of the library."""
    item: str
    node: str
    """The household whose file is there, "" while no event tells."""
    size: int
    """That of the file on the drive, in bytes."""
    since: int
    """When it was first found (ms)."""
    answer: Resolution = ""
    """What the user decided, "" for nothing yet."""
    name: str = ""
    """The other path of the local file when both are kept, "" before it is chosen."""
    is_twin: bool = False
    """Whether both files are on the drive, under one name."""


class UploadConflicts:
    """The table `upload_conflicts`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[UploadConflict]:
        """Return every conflict, the answered ones included."""
        rows = self._db.rows(f"SELECT {_CONFLICT} FROM upload_conflicts ORDER BY library, key")
        return [_conflict(row) for row in rows]

    def get(self, library: str, path: str) -> UploadConflict | None:
        """Return the conflict at a path, None when there is none."""
        row = self._db.row(
            f"SELECT {_CONFLICT} FROM upload_conflicts WHERE library=? AND key=?", (library, same_key(path))
        )
        return _conflict(row) if row else None

    def note(self, found: UploadConflict) -> UploadConflict:
        """Keep what the drive has at a path; since when, and what was decided, stay as they are."""
        with self._db.transaction():
            self._db.write(
                "INSERT INTO upload_conflicts(library, key, path, item, node, size, since, is_twin) VALUES(?,?,?,?,?,?,?,?) "
                "ON CONFLICT(library, key) DO UPDATE SET node=excluded.node, size=excluded.size, is_twin=excluded.is_twin",
                (
                    found.library, same_key(found.path), found.path, found.item, found.node, found.size, found.since,
                    found.is_twin,
                ),
            )  # fmt: skip
            kept = self.get(found.library, found.path)
            assert kept is not None
            return kept

    def answer(self, conflict: UploadConflict, answer: Resolution) -> None:
        """Keep what the user decided; the upload is due at once."""
        with self._db.transaction():
            self._set(conflict, "answer", answer)
            self._db.write(
                "UPDATE uploads SET next=0, tries=0 WHERE library=? AND path=? AND phase='waiting'",
                (conflict.library, conflict.path),
            )

    def end_twin(self, conflict: UploadConflict) -> None:
        """Keep that the local file is not on the drive beside the other one any more."""
        self._set(conflict, "is_twin", 0)

    def note_name(self, conflict: UploadConflict, name: str) -> None:
        """Keep the other path that the local file gets."""
        self._set(conflict, "name", name)

    def _set(self, conflict: UploadConflict, column: str, value: str | int) -> None:
        self._db.write(
            f"UPDATE upload_conflicts SET {column}=? WHERE library=? AND key=?",
            (value, conflict.library, same_key(conflict.path)),
        )

    def drop(self, conflict: UploadConflict) -> None:
        """Forget a conflict that ended."""
        self._db.write(
            "DELETE FROM upload_conflicts WHERE library=? AND key=?",
            (conflict.library, same_key(conflict.path)),
        )

    def drop_ended(self) -> None:
        """Forget the conflicts of files that do not wait to be uploaded any more."""
        if self._db.row("SELECT 1 FROM upload_conflicts LIMIT 1"):
            self._db.write(
                "DELETE FROM upload_conflicts WHERE NOT EXISTS (SELECT 1 FROM uploads u "
                "WHERE u.library=upload_conflicts.library AND u.path=upload_conflicts.path AND u.phase='waiting')"
            )


_CONFLICT: Final = "library, path, item, node, size, since, answer, name, is_twin"


def _conflict(row: Row) -> UploadConflict:
    library, path, item, node, size, since, answer, name, is_twin = row
    return UploadConflict(library, path, item, node, size, since, answer, name, bool(is_twin))
