"""Durable queues of the outward half: hints that came in, and facts that wait to be told."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from mesharr.core.detect.model import Needs
from mesharr.core.events.chunking import chunked
from mesharr.core.events.schema import Body, FileImported, FileRenamed, LibraryFound, body_of, type_of
from mesharr.core.paths import same_key
from mesharr.state.db import Database, Row

Source = Literal["webhook", "script", "history", "compare"]
Phase = Literal["waiting", "sent", "done"]


class InboxEntry(msgspec.Struct, frozen=True):
    """A raw body an arr sent; `app` is the configured name of the arr."""

    n: int
    app: str
    source: Source
    body: bytes
    received: int
    tries: int
    why: str


class Inbox:
    """Hints, durable from `put` until `done`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, app: str, source: Source, body: bytes, now: int) -> None:
        """Keep a hint; it is on disk when this returns."""
        self._db.write(
            "INSERT INTO inbox(app, source, body, received) VALUES(?,?,?,?)", (app, source, body, now)
        )

    def due(self, now: int, limit: int = 100) -> list[InboxEntry]:
        """Return hints whose time has come, oldest first."""
        rows = self._db.rows(
            "SELECT n, app, source, body, received, tries, why FROM inbox WHERE next<=? ORDER BY n LIMIT ?",
            (now, limit),
        )
        return [InboxEntry(*row) for row in rows]

    def done(self, hints: Iterable[int]) -> None:
        """Forget hints that were dealt with."""
        self._db.write_many("DELETE FROM inbox WHERE n=?", [(n,) for n in hints])

    def later(self, hints: Iterable[int], until: int, why: str) -> None:
        """Keep hints for another time."""
        self._db.write_many(
            "UPDATE inbox SET next=?, tries=tries+1, why=? WHERE n=?", [(until, why, n) for n in hints]
        )

    def retry(self, now: int) -> int:
        """Make every waiting hint due now; return how many there are."""
        self._db.write("UPDATE inbox SET next=min(next, ?), tries=0", (now,))
        return self.count()

    def count(self) -> int:
        """Return how many hints wait."""
        row = self._db.row("SELECT count(*) FROM inbox")
        return int(row[0]) if row else 0

    def next_due(self) -> int | None:
        """Return when the next hint is due (ms)."""
        row = self._db.row("SELECT min(next) FROM inbox")
        return int(row[0]) if row and row[0] is not None else None


class OutboxEntry(msgspec.Struct, frozen=True):
    """A fact that waits: for nothing but its turn (`needs` ""), for the drive, or for proof of absence."""

    n: int
    library: str
    item: str
    body: Body
    needs: Needs
    why: str
    since: int
    gone_since: int
    tries: int
    waits: str


class Upload(msgspec.Struct, frozen=True):
    """One file on its way to the drive: "waiting" to be there, "sent" (there, but the local file not yet
    let go of), "done". `stat` is the local file as it was uploaded (JSON), "" before; `done` bytes have
    gone up so far, at `speed` bytes a second (0: it is not being uploaded now). `gone_since`: since when it
    has been nowhere (ms, 0: it is somewhere, as far as known).
    """

    n: int
    outbox: int
    library: str
    path: str
    size: int
    phase: Phase
    stat: bytes
    replaces: bool
    since: int
    tries: int
    why: str
    done: int = 0
    speed: int = 0
    gone_since: int = 0


_UNSAID = "n, library, item, type, body, needs, why, since, gone_since, tries, waits"
_UPLOAD = "n, outbox, library, path, size, phase, stat, replaces, since, tries, why, done, speed, gone_since"


class Outbox:
    """Facts between the decision to tell them and their signature, and the uploads they wait for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, item: str, body: Body, needs: Needs, why: str, now: int) -> int:
        """Keep a fact, and an upload for each of its copies when it needs the drive; return its number.

        One too long for an event is kept as several (`mesharr.core.events.chunking`); the number is the first one's.
        """
        with self._db.transaction():
            return min(self._put(item, part, needs, why, now) for part in chunked(body))

    def _put(self, item: str, body: Body, needs: Needs, why: str, now: int) -> int:
        library = getattr(body, "library", "")
        n = self._db.write(
            "INSERT INTO outbox(library, item, type, body, needs, why, since) VALUES(?,?,?,?,?,?,?)",
            (library, item, type_of(body), msgspec.json.encode(body), needs, why, now),
        )
        if needs == "drive":
            self._put_uploads(n, body, now)
        return n

    def _put_uploads(self, n: int, body: Body, now: int) -> None:
        library = getattr(body, "library", "")
        replaces = int(isinstance(body, FileImported) and bool(body.replaced))
        self._db.write_many(
            "INSERT INTO uploads(outbox, library, path, size, phase, replaces, since) VALUES(?,?,?,?,'waiting',?,?)",
            [(n, library, path, size, replaces, now) for path, size in copies_of(body)],
        )

    def all(self) -> list[OutboxEntry]:
        """Return every fact that waits, in the order they were decided."""
        return self._unsaid("1=1 ORDER BY n", ())

    def ready(self, limit: int = 1000, first: str = "") -> list[OutboxEntry]:
        """Return the facts that wait for nothing but their turn, in the order they were decided.

        Those of the type `first` come before all others.
        """
        if first:
            return self._unsaid("needs='' ORDER BY type!=?, n LIMIT ?", (first, limit))
        return self._unsaid("needs='' ORDER BY n LIMIT ?", (limit,))

    def get(self, n: int) -> OutboxEntry | None:
        """Return one fact that waits, None when it does no more."""
        return next(iter(self._unsaid("n=?", (n,))), None)

    def has(self, n: int) -> bool:
        """Return whether a fact still waits."""
        return self._db.row("SELECT 1 FROM outbox WHERE n=?", (n,)) is not None

    def is_telling(self, library: str) -> bool:
        """Return whether a fact about a library waits for nothing but its turn."""
        row = self._db.row("SELECT 1 FROM outbox WHERE library=? AND needs='' LIMIT 1", (library,))
        return row is not None

    def due(self, needs: Needs, now: int) -> list[OutboxEntry]:
        """Return the facts that wait for the drive or for proof, and whose time has come."""
        return self._unsaid("needs=? AND next<=? ORDER BY n", (needs, now))

    def on_the_drive(self) -> list[OutboxEntry]:
        """Return the facts that wait for the drive, and of which no file is still on its way there."""
        on_its_way = "SELECT 1 FROM uploads WHERE uploads.outbox=outbox.n AND phase='waiting'"
        return self._unsaid(f"needs='drive' AND NOT EXISTS ({on_its_way}) ORDER BY n", ())

    def of(self, library: str, item: str) -> list[OutboxEntry]:
        """Return the facts about an item that wait."""
        return self._unsaid("library=? AND item=? ORDER BY n", (library, item))

    def _unsaid(self, where: str, values: Sequence[object]) -> list[OutboxEntry]:
        found: list[OutboxEntry] = []
        for row in self._db.rows(f"SELECT {_UNSAID} FROM outbox WHERE {where}", values):
            n, library, item, type_name, body, *rest = row
            decoded = body_of(type_name, body)
            assert decoded is not None
            found.append(OutboxEntry(n, library, item, decoded, *rest))
        return found

    def pending(self, library: str, item: str) -> dict[str, int]:
        """Return path key and size of every copy of an item that waits to be told."""
        return {
            same_key(path): size for unsaid in self.of(library, item) for path, size in copies_of(unsaid.body)
        }

    def be_ready(self, n: int, body: Body) -> None:
        """What the fact waited for holds; `body` is what will be told."""
        self._db.write(
            "UPDATE outbox SET needs='', waits='', body=? WHERE n=?", (msgspec.json.encode(body), n)
        )

    def prove_again(self, unsaid: OutboxEntry) -> None:
        """The files of a fact are looked for anew, as if none of them had reached the drive yet."""
        with self._db.transaction():
            self._db.write("UPDATE outbox SET needs='drive', waits='' WHERE n=?", (unsaid.n,))
            self._db.write("DELETE FROM uploads WHERE outbox=?", (unsaid.n,))
            self._put_uploads(unsaid.n, unsaid.body, unsaid.since)

    def wait(self, n: int, until: int, why: str, gone_since: int = 0) -> None:
        """The fact waits on, until then."""
        self._db.write(
            "UPDATE outbox SET next=?, tries=tries+1, waits=?, gone_since=? WHERE n=?",
            (until, why, gone_since, n),
        )

    def hurry(self, library: str, item: str, now: int) -> None:
        """What waits of an item is due now."""
        self._db.write("UPDATE outbox SET next=min(next, ?) WHERE library=? AND item=?", (now, library, item))

    def drop(self, n: int) -> None:
        """Forget a fact that was signed, or is no longer so."""
        with self._db.transaction():
            self._db.write("DELETE FROM uploads WHERE outbox=? AND phase!='sent'", (n,))
            self._db.write("DELETE FROM outbox WHERE n=?", (n,))

    def withdraw(self, library: str, item: str, keys: frozenset[str], only: int = 0) -> None:
        """Tell no more of these paths, in no fact or not in that one: facts left without a copy are dropped."""
        with self._db.transaction():
            for unsaid in self.of(library, item):
                if only not in {0, unsaid.n}:
                    continue
                rest = tuple(
                    (path, size) for path, size in copies_of(unsaid.body) if same_key(path) not in keys
                )
                if len(rest) == len(copies_of(unsaid.body)):
                    continue
                self.drop(unsaid.n)
                if rest:
                    kept = {path for path, _ in rest}
                    self.put(item, _only(unsaid.body, kept), "drive", unsaid.why, unsaid.since)

    def count(self) -> dict[str, int]:
        """Return how many facts wait, by what they need ("" as `ready`)."""
        rows = self._db.rows("SELECT needs, count(*) FROM outbox GROUP BY needs")
        return {str(needs) or "ready": int(count) for needs, count in rows}

    # -- uploads

    def uploads(self, now: int | None = None) -> list[Upload]:
        """Return the uploads that are not done, those due at `now` only when given."""
        rows = self._db.rows(
            f"SELECT {_UPLOAD} FROM uploads WHERE phase!='done' AND next<=? ORDER BY replaces DESC, n",
            (now if now is not None else 2**62,),
        )
        return [_upload(row) for row in rows]

    def upload(self, n: int) -> Upload | None:
        """Return one upload as it is now, None when nobody waits for it any more."""
        row = self._db.row(f"SELECT {_UPLOAD} FROM uploads WHERE n=?", (n,))
        return _upload(row) if row else None

    def swapping(self, library: str) -> list[str]:
        """Return the files of a library that are between their upload and the unlinking of the local one."""
        rows = self._db.rows("SELECT path FROM uploads WHERE phase='sent' AND library=?", (library,))
        return [str(path) for (path,) in rows]

    def is_swapping(self, library: str, folder: str) -> bool:
        """Return whether a file of a folder is between its upload and the unlinking of the local one."""
        return any(path.rpartition("/")[0] == folder for path in self.swapping(library))

    def uploads_of(self, n: int) -> list[Upload]:
        """Return the uploads of one fact."""
        return [
            _upload(row)
            for row in self._db.rows(f"SELECT {_UPLOAD} FROM uploads WHERE outbox=? ORDER BY n", (n,))
        ]

    def upload_to(self, upload: Upload, phase: Phase, *, size: int, stat: bytes = b"") -> None:
        """An upload reached a phase: at once due for the next."""
        self._db.write(
            "UPDATE uploads SET phase=?, size=?, stat=?, next=0, tries=0, why='' WHERE n=?",
            (phase, size, stat, upload.n),
        )

    def upload_is_nowhere(self, upload: Upload, since: int) -> None:
        """A file is neither here nor on the drive since then (ms); 0: it is somewhere."""
        self._db.write("UPDATE uploads SET gone_since=? WHERE n=?", (since, upload.n))

    def vanished(self, library: str, item: str, since: int) -> frozenset[str]:
        """Return the files (keys) of an item that wait to be told and have been nowhere at least since then."""
        rows = self._db.rows(
            "SELECT u.path FROM uploads u JOIN outbox o ON o.n=u.outbox "
            "WHERE o.library=? AND o.item=? AND u.phase='waiting' AND u.gone_since>0 AND u.gone_since<=?",
            (library, item, since),
        )
        return frozenset(same_key(path) for (path,) in rows)

    def upload_later(self, upload: Upload, until: int, why: str) -> None:
        """An upload is tried again later."""
        self._db.write(
            "UPDATE uploads SET next=?, tries=tries+1, why=?, done=0, speed=0 WHERE n=?",
            (until, why, upload.n),
        )

    def retry(self, now: int) -> int:
        """Make every upload and every fact that waits for the drive due now; return how many uploads there are."""
        with self._db.transaction():
            self._db.write("UPDATE outbox SET next=min(next, ?), tries=0", (now,))
            self._db.write("UPDATE uploads SET next=min(next, ?), tries=0 WHERE phase!='done'", (now,))
            return len(self.uploads())

    def hurry_uploads(self, why: str, now: int) -> None:
        """The uploads that wait for this reason are due now."""
        self._db.write("UPDATE uploads SET next=min(next, ?) WHERE phase!='done' AND why=?", (now, why))

    def note_progress(self, upload: Upload, done: int, speed: int) -> None:
        """Remember how far a running upload is."""
        self._db.write("UPDATE uploads SET done=?, speed=?, why='' WHERE n=?", (done, speed, upload.n))

    def forget_upload(self, upload: Upload) -> None:
        """Forget an upload whose fact was told and whose local file is let go of."""
        self._db.write("DELETE FROM uploads WHERE n=?", (upload.n,))

    def next_due(self) -> int | None:
        """Return when the next upload or proof is due (ms). A fact whose uploads are done is due with them."""
        row = self._db.row(
            "SELECT min(next) FROM (SELECT next FROM outbox WHERE needs='gone' UNION ALL SELECT next FROM uploads WHERE phase!='done')"
        )
        return int(row[0]) if row and row[0] is not None else None

    def sent_bytes(self, since: int) -> int:
        """Return how many bytes were uploaded since then (ms)."""
        row = self._db.row("SELECT coalesce(sum(bytes),0) FROM uploaded WHERE at>=?", (since,))
        return int(row[0]) if row else 0

    def note_sent(self, size: int, now: int) -> None:
        """Count uploaded bytes."""
        with self._db.transaction():
            self._db.write("INSERT INTO uploaded(day, bytes, at) VALUES('',?,?)", (size, now))
            self._db.write("DELETE FROM uploaded WHERE at<?", (now - 2 * 86_400_000,))


def copies_of(body: Body) -> tuple[tuple[str, int], ...]:
    """Return (path, size) of every copy a fact states."""
    match body:
        case FileImported(copies=copies):
            return tuple((copy.path, copy.size) for copy in copies)
        case FileRenamed(files=files):
            return tuple((renamed.new.path, renamed.new.size) for renamed in files)
        case LibraryFound(items=items):
            return tuple((copy.path, copy.size) for found in items for copy in found.copies)
        case _:
            return ()


def _only(body: Body, paths: set[str]) -> Body:
    match body:
        case FileImported(copies=copies):
            return msgspec.structs.replace(body, copies=tuple(copy for copy in copies if copy.path in paths))
        case FileRenamed(files=files):
            return msgspec.structs.replace(
                body, files=tuple(each for each in files if each.new.path in paths)
            )
        case LibraryFound(items=items):
            some = (
                msgspec.structs.replace(
                    each, copies=tuple(copy for copy in each.copies if copy.path in paths)
                )
                for each in items
            )
            return msgspec.structs.replace(body, items=tuple(each for each in some if each.copies))
        case _:
            return body


def _upload(row: Row) -> Upload:
    n, outbox, library, path, size, phase, stat, replaces, since, tries, why, *rest = row
    replacing = bool(replaces)
    return Upload(
        n, outbox, library, path, size, phase, bytes(stat or b""), replacing, since, tries, why, *rest
    )
