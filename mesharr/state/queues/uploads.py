"""The uploads: files on their way to the drive, for which events in the outbox wait."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.paths import folder_of, same_key
from mesharr.state.db import Database, Row
from mesharr.state.queues.due_table import DueTable

Phase = Literal["waiting", "sent", "shown", "done"]
_UPLOAD = "n, outbox, library, path, size, phase, stat, replaces, since, tries, why, done, speed, gone_since, target, other_size, other_since"
_FIRST = "replaces DESC, since, n"
_SWAPPING = "phase IN ('sent','shown')"  # as the index has it


READ_ELSEWHERE = "uploaded; another program still reads the local file"
"""Why a local copy is not removed yet: a program that reads it may be another uploader.

Whatever that one leaves of the upload on the drive, the file is still here.
"""


class Upload(msgspec.Struct, frozen=True):
    """One file that has to reach the drive: an event waits for it, or it is a sidecar."""

    n: int
    """The number of the upload."""
    outbox: int
    """The number of the event in the outbox that waits for the file; 0 for a sidecar, as none does."""
    library: str
    path: str
    """Relative to the root of the library."""
    size: int
    """In bytes."""
    phase: Phase
    """"waiting" to be on the drive; "sent" to it, and not shown by this node's mount yet; "shown" there with its
    size, and the local copy not removed yet; "done".
    """
    stat: bytes
    """The local file as it was uploaded, or seen before (JSON); empty when it was not seen yet."""
    replaces: bool
    """Whether the file takes the place of another one: such files go first."""
    since: int
    """When the event was decided (ms)."""
    tries: int
    """How often the upload failed."""
    why: str
    """Why the upload waits, "" when it waits for its turn only."""
    done: int = 0
    """How many bytes are on the drive so far."""
    speed: int = 0
    """Bytes a second, 0 when the file is not being uploaded now."""
    gone_since: int = 0
    """Since when the file is neither on the local disk nor on the drive (ms), 0 while it is on one of them."""
    target: str = ""
    """The folder of the remote that it was sent to, or began to be, "" before."""
    other_size: int = -1
    """The other size that the drive shows of the file since `other_since`, -1 for none."""
    other_since: int = 0
    """When the drive first showed that size (ms)."""


class UploadTotals(msgspec.Struct, frozen=True):
    """All uploads that are not done, counted."""

    count: int = 0
    left: int = 0
    """How many bytes are not uploaded yet."""
    speed: int = 0
    """Bytes a second, of all that is being uploaded now."""


class Uploads:
    """The uploads of every event that waits for the drive."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = DueTable(db, "uploads", _UPLOAD, ("n",), work="phase!='done'")

    def put(
        self, outbox: int, library: str, copies: Iterable[tuple[str, int]], *, replaces: bool, since: int
    ) -> None:
        """Add an upload for each copy, given as (path, size), that an event in the outbox waits for."""
        self._db.write_many(
            "INSERT INTO uploads(outbox, library, path, size, phase, replaces, since) VALUES(?,?,?,?,'waiting',?,?)",
            [(outbox, library, path, size, int(replaces), since) for path, size in copies],
        )

    def put_sidecar(
        self, library: str, path: str, size: int, since: int, *, replaces: bool = False
    ) -> Upload:
        """Add an upload that no event waits for, unless there is one; return it."""
        with self._db.transaction():
            known = self._where("outbox=0 AND library=? AND path=?", library, path)
            if not known:
                self.put(0, library, [(path, size)], replaces=replaces, since=since)
                known = self._where("outbox=0 AND library=? AND path=?", library, path)
            return known[0]

    def all(self) -> list[Upload]:
        """Return every upload that is not done: those that replace a file, then the oldest."""
        return self._where("phase!='done'", order=_FIRST)

    def first(self, limit: int, blocked: Sequence[str] = ()) -> list[Upload]:
        """Return at most `limit` uploads that are not done (-1: all), as they are listed.

        Those that are being sent are the first, then those that replace a file, then the oldest; what waits
        for a reason that is in `blocked` comes last.
        """
        order = f"why IN ({_places(blocked)}), done=0, {_FIRST} LIMIT ?"
        return self._where("phase!='done'", *blocked, limit, order=order)

    def totals(self) -> UploadTotals:
        """Return all uploads that are not done, counted."""
        left = "CASE phase WHEN 'waiting' THEN max(0, size-done) ELSE 0 END"
        row = self._db.row(
            f"SELECT count(*), coalesce(sum({left}),0), coalesce(sum(speed),0) FROM uploads WHERE phase!='done'"
        )
        return UploadTotals(*row) if row else UploadTotals()

    def waiting_for(self, reasons: Sequence[str]) -> dict[tuple[str, str], int]:
        """Return how many uploads wait for each of some reasons, by library and reason."""
        rows = self._db.rows(
            f"SELECT library, why, count(*) FROM uploads WHERE phase!='done' AND why IN ({_places(reasons)}) "
            "GROUP BY library, why",
            reasons,
        )
        return {(library, why): count for library, why, count in rows}

    def waiting_before(self, since: int) -> list[Upload]:
        """Return the uploads that are not done, of events decided on before `since` (ms)."""
        return self._where("phase!='done' AND since<?", since, order=_FIRST)

    def due(self, now: int) -> list[Upload]:
        """Return the uploads that are due: those that replace a file, then the oldest."""
        return [_upload(row) for row in self._table.due(now, order=_FIRST)]

    def due_to_send(self, now: int, limit: int) -> list[Upload]:
        """Return at most `limit` due uploads that wait: those that replace a file, then the oldest."""
        rows = self._table.due(now, "phase='waiting'", order=_FIRST, limit=limit)
        return [_upload(row) for row in rows]

    def due_after_sending(self, now: int) -> list[Upload]:
        """Return the due uploads that were sent."""
        return [_upload(row) for row in self._table.due(now, "phase!='waiting'", order=_FIRST)]

    def get(self, n: int) -> Upload | None:
        """Return one upload as it is now, None when no event waits for it any more."""
        return next(iter(self._where("n=?", n)), None)

    def has(self, library: str, path: str = "") -> bool:
        """Return whether a file ("": any) is to be uploaded, or its local copy to be removed."""
        where = "library=? AND (path=? OR ?='') AND phase!='done'"
        return self._table.count(where, (library, path, path)) > 0

    def size_of(self, library: str, path: str) -> int:
        """Return the size of a file that is to be uploaded, 0 for none."""
        row = self._db.row("SELECT size FROM uploads WHERE library=? AND path=?", (library, path))
        return int(row[0]) if row else 0

    def of(self, outbox: int) -> list[Upload]:
        """Return the uploads that one event in the outbox waits for, done or not."""
        return self._where("outbox=?", outbox)

    def _where(self, where: str, *values: object, order: str = "n") -> list[Upload]:
        return [_upload(row) for row in self._table.rows(where, values, order=order)]

    def unfinished(self, library: str) -> list[str]:
        """Return a library's files to upload, and those whose local copy is to be removed."""
        rows = self._db.rows("SELECT path FROM uploads WHERE phase!='done' AND library=?", (library,))
        return [str(path) for (path,) in rows]

    def swapping(self, library: str) -> list[str]:
        """Return the files of a library that are uploaded and whose local copy is to be removed."""
        # while another program reads the local copy the file is in its place, and stays there for long
        rows = self._db.rows(
            f"SELECT path FROM uploads WHERE {_SWAPPING} AND library=? AND why!=?", (library, READ_ELSEWHERE)
        )
        return [str(path) for (path,) in rows]

    def is_swapping(self, library: str, folder: str) -> bool:
        """Return whether a file of a folder is uploaded and its local copy is to be removed."""
        key = same_key(folder)
        return any(same_key(path.rpartition("/")[0]) == key for path in self.swapping(library))

    def vanished(self, library: str, item: str, since: int) -> frozenset[str]:
        """Return the files (path keys) of an item that are nowhere since `since` (ms) or longer."""
        rows = self._db.rows(
            "SELECT u.path FROM uploads u JOIN outbox o ON o.n=u.outbox "
            "WHERE o.library=? AND o.item=? AND u.phase='waiting' AND u.gone_since>0 AND u.gone_since<=?",
            (library, item, since),
        )
        return frozenset(same_key(path) for (path,) in rows)

    def resized(self, library: str, item: str, since: int) -> dict[str, int]:
        """Return the sizes on the drive, by path, of files of an item that were overwritten.

        They have this size since `since` (ms) or longer.
        """
        rows = self._db.rows(
            "SELECT u.path, u.other_size FROM uploads u JOIN outbox o ON o.n=u.outbox WHERE o.library=? AND o.item=? "
            "AND u.phase='waiting' AND u.other_since>0 AND u.other_since<=?",
            (library, item, since),
        )
        return {str(path): int(size) for path, size in rows}

    def note_other_size(self, upload: Upload, size: int, now: int) -> None:
        """Keep that the drive shows a file with another size, -1: no other one."""
        self._db.write(
            "UPDATE uploads SET other_size=?, other_since=? WHERE n=?",
            (size, now if size >= 0 else 0, upload.n),
        )

    def advance(
        self, upload: Upload, phase: Phase, *, size: int, stat: bytes = b"", target: str = ""
    ) -> None:
        """Move an upload to its next phase, due at once."""
        self._db.write(
            "UPDATE uploads SET phase=?, size=?, stat=?, target=?, next=0, tries=0, why='' WHERE n=?",
            (phase, size, stat, target, upload.n),
        )

    def note_local(self, upload: Upload, stat: bytes) -> None:
        """Keep the local file as it is seen before its upload (JSON)."""
        self._db.write("UPDATE uploads SET stat=? WHERE n=?", (stat, upload.n))

    def note_target(self, upload: Upload, target: str) -> None:
        """Keep the folder of the remote that a file is sent to from now on, "" for none."""
        self._db.write("UPDATE uploads SET target=? WHERE n=?", (target, upload.n))

    def note_replaces(self, upload: Upload) -> None:
        """Keep that a file takes the place of another one, and is sent among the first."""
        self._db.write("UPDATE uploads SET replaces=1 WHERE n=?", (upload.n,))

    def note_gone(self, upload: Upload, since: int) -> None:
        """Keep since when a file is neither local nor on the drive (ms), 0: it is one of them."""
        self._db.write("UPDATE uploads SET gone_since=? WHERE n=?", (since, upload.n))

    def note_progress(self, upload: Upload, done: int, speed: int) -> None:
        """Keep how many bytes are on the drive, and at which speed (bytes a second)."""
        self._db.write("UPDATE uploads SET done=?, speed=?, why='' WHERE n=?", (done, speed, upload.n))

    def later(self, upload: Upload, until: int, why: str) -> None:
        """Try an upload again at `until` (ms), from its beginning."""
        with self._db.transaction():
            self._table.later([(upload.n,)], until, why)
            self._db.write("UPDATE uploads SET done=0, speed=0 WHERE n=?", (upload.n,))

    def seen_here(self, limit: int = -1) -> list[Upload]:
        """Return at most `limit` files (-1: all) that wait, and were seen on the local branch."""
        where = "phase='waiting' AND outbox>0 AND length(stat)>0"
        return [_upload(row) for row in self._table.rows(where, (limit,), order="n LIMIT ?")]

    def taken_away(self, uploads: Iterable[Upload], now: int) -> None:
        """Make uploads due now, as if they had never waited: their local files went."""
        self._db.write_many(
            "UPDATE uploads SET next=?, tries=0, stat='' WHERE n=?", [(now, each.n) for each in uploads]
        )

    def retry(self, now: int) -> int:
        """Make every upload due now, as if none had ever failed; return how many there are."""
        with self._db.transaction():
            self._db.write("UPDATE uploads SET why=''")
            return self._table.retry(now)

    def hurry(self, now: int) -> None:
        """Make every upload due now; its failures still count."""
        self._table.hurry(now)

    def next_due(self) -> int | None:
        """Return when the next upload is due (ms), None when there is none."""
        return self._table.next_due()

    def drop(self, upload: Upload) -> None:
        """Forget an upload whose event was signed and whose local copy is removed."""
        self._table.drop([(upload.n,)])

    def drop_of(self, outbox: int, *, even_sent: bool = False) -> None:
        """Forget the uploads of an event, but those whose local copy has still to be removed."""
        kept = "" if even_sent else " AND phase NOT IN ('sent','shown')"
        self._db.write(f"DELETE FROM uploads WHERE outbox=?{kept}", (outbox,))

    def note_sent_sidecar(self, library: str, path: str, size: int, hashed: str) -> None:
        """Keep what this node sent as a sidecar, as the remote lists it."""
        self._db.write(
            "INSERT INTO sent_sidecars VALUES(?,?,?,?) "
            "ON CONFLICT(library, path) DO UPDATE SET size=excluded.size, hash=excluded.hash",
            (library, path, size, hashed),
        )

    def was_sent_as_sidecar(self, library: str, path: str, size: int, hashed: str) -> bool:
        """Return whether this is what this node last sent there as a sidecar."""
        row = self._db.row("SELECT size, hash FROM sent_sidecars WHERE library=? AND path=?", (library, path))
        return row is not None and (row[0], row[1]) == (size, hashed)

    def sidecars_sent_like(self, library: str, path: str, size: int, hashed: str) -> list[str]:
        """Return up to five other paths to which this node last sent the same, the nearest first."""
        folder = folder_of(path)
        rows = self._db.rows(
            "SELECT path FROM sent_sidecars WHERE library=? AND path<>? AND size=? AND hash=? "
            "ORDER BY substr(path, 1, ?)<>?, path LIMIT 5",
            (library, path, size, hashed, len(folder) + 1, f"{folder}/"),
        )
        return [str(each) for (each,) in rows]

    def move_sent_sidecar(self, library: str, former: str, path: str) -> None:
        """Keep that a sidecar which this node sent has another path now."""
        self._db.write(
            "UPDATE OR REPLACE sent_sidecars SET path=? WHERE library=? AND path=?", (path, library, former)
        )

    # -- the daily limit

    def sent_bytes(self, since: int) -> int:
        """Return how many bytes were uploaded since then (ms); at most two days are known."""
        row = self._db.row("SELECT coalesce(sum(bytes),0) FROM uploaded WHERE at>=?", (since,))
        return int(row[0]) if row else 0

    def sent_by_day(self, days: int, now: int) -> list[tuple[int, int]]:
        """Return (day, bytes) of each of the last days, today the last.

        A day is its number since the epoch, in UTC.
        """
        today = now // DAY_MS
        rows = self._db.rows("SELECT day, bytes FROM uploaded_days WHERE day>?", (today - days,))
        sent = {int(day): int(size) for day, size in rows}
        return [(day, sent.get(day, 0)) for day in range(today - days + 1, today + 1)]

    def sent_in_all(self) -> int:
        """Return how many bytes were uploaded since this database was made."""
        row = self._db.row("SELECT coalesce(sum(bytes),0) FROM uploaded_days")
        return int(row[0]) if row else 0

    def note_sent(self, size: int, now: int) -> None:
        """Add uploaded bytes to what was uploaded by now (ms)."""
        with self._db.transaction():
            self._db.write(
                "INSERT INTO uploaded_days VALUES(?,?) ON CONFLICT(day) DO UPDATE SET bytes=bytes+excluded.bytes",
                (now // DAY_MS, size),
            )
            self._db.write("INSERT INTO uploaded VALUES(?,?)", (size, now))
            self._db.write("DELETE FROM uploaded WHERE at<?", (now - 2 * DAY_MS,))


def _places(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _upload(row: Row) -> Upload:
    n, outbox, library, path, size, phase, stat, replaces, since, tries, why, *rest = row
    replacing = bool(replaces)
    return Upload(
        n, outbox, library, path, size, phase, bytes(stat or b""), replacing, since, tries, why, *rest
    )
