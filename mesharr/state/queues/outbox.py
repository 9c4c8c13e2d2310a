"""The outbox: events that were decided and are not signed yet."""

from collections.abc import Sequence

import msgspec

from mesharr.core.detect.model import Needs
from mesharr.core.events.chunking import chunked
from mesharr.core.events.schema import Body, FileImported, FileRenamed, LibraryFound, body_of, type_of
from mesharr.core.paths import same_key
from mesharr.state.db import Database
from mesharr.state.queues.uploads import Uploads


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


_UNSAID = "n, library, item, type, body, needs, why, since, gone_since, tries, waits"


class Outbox:
    """Facts between the decision to tell them and their signature, and the uploads they wait for."""

    def __init__(self, db: Database, uploads: Uploads) -> None:
        self._db = db
        self._uploads = uploads

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
        replaces = isinstance(body, FileImported) and bool(body.replaced)
        self._uploads.put(n, library, copies_of(body), replaces=replaces, since=now)

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
            self._uploads.drop_of(unsaid.n, even_sent=True)
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
            self._uploads.drop_of(n)
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

    def retry(self, now: int) -> None:
        """Make every event that waits for the drive or for proof due now."""
        self._db.write("UPDATE outbox SET next=min(next, ?), tries=0", (now,))

    def next_due(self) -> int | None:
        """Return when the next proof is due (ms). An event that waits for uploads is due with them."""
        row = self._db.row("SELECT min(next) FROM outbox WHERE needs='gone'")
        return int(row[0]) if row and row[0] is not None else None

    def count(self) -> dict[str, int]:
        """Return how many facts wait, by what they need ("" as `ready`)."""
        rows = self._db.rows("SELECT needs, count(*) FROM outbox GROUP BY needs")
        return {str(needs) or "ready": int(count) for needs, count in rows}


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
