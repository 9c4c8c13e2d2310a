"""The outbox: events that were decided on and are not signed yet."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from mesharr.core.detect.model import Needs
from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Body, FileRemoved, ItemAliased, ItemRemoved, LibraryFound, body_of
from mesharr.core.paths import same_key
from mesharr.state.db import Database, unreadable
from mesharr.state.queues.due_table import DueTable
from mesharr.state.queues.uploads import Uploads

KEPT_BOTH: Final = "kept beside another household's file"
"""The cause of events about files in whose place the app shows another one, under their former name."""
MOVED_ALONG: Final = "moved with the folder by a peer"
"""The cause of renames of own files that a peer's app moved: this node's may list another file."""
UNLISTED: Final = frozenset({KEPT_BOTH, MOVED_ALONG})
"""The causes of events about files that the app may not list: no comparison of files withdraws them."""


class OutboxEntry(msgspec.Struct, frozen=True):
    """One event that waits to be signed."""

    n: int
    """The number of the entry; events are signed in this order."""
    library: str
    """The library that the event is about, "" for none."""
    item: str
    """The item that the event is about, "" for none."""
    body: Body
    needs: Needs
    """What it waits for: "drive" (its files to be there), "gone" (proof that they are not), "again" (to be
    proven again, in a new incarnation), "" (its turn).
    """
    cause: str
    """Why the event was decided on."""
    since: int
    """When it was decided on (ms)."""
    gone_since: int
    """Since when its files are seen to be gone (ms), 0: they are not."""
    tries: int
    """How often the drive was asked in vain."""
    why: str
    """Why it still waits, "" when the drive was not asked yet."""


class Outbox:
    """The events that wait to be signed, with an upload for each file that needs the drive."""

    def __init__(self, db: Database, uploads: Uploads) -> None:
        self._db = db
        self._uploads = uploads
        columns = "n, library, item, type, body, needs, cause, since, gone_since, tries, why"
        self._table = DueTable(db, "outbox", columns, ("n",))

    def put(self, item: str, body: Body, needs: Needs, cause: str, now: int, *, looked: int = 0) -> int:
        """Add an event, and uploads for its files when it needs the drive; return its number.

        One that is too long is added as several (`Body.parts`): then it is the first number. `looked` is when
        the drive was seen to be as the event states (ms), 0: it was not.
        """
        with self._db.transaction():
            return min(self._put(item, part, needs, cause, now, looked) for part in body.parts())

    def _put(self, item: str, body: Body, needs: Needs, cause: str, now: int, looked: int) -> int:
        seen = looked if _is_of_drive(body) else None
        n = self._db.write(
            "INSERT INTO outbox(library, item, type, body, needs, cause, since, looked) VALUES(?,?,?,?,?,?,?,?)",
            (body.library, item, body.type_name, msgspec.json.encode(body), needs, cause, now, seen),
        )
        if needs == "drive":
            self._put_uploads(n, body, now)
        return n

    def _put_uploads(self, n: int, body: Body, now: int) -> None:
        copies = [(copy.path, copy.size) for copy in body.stated_copies()]
        self._uploads.put(n, body.library, copies, replaces=body.replaces_files, since=now)

    def all(self) -> list[OutboxEntry]:
        """Return every event that waits, in the order of their numbers."""
        return self._entries("")

    def ready(self, limit: int = 1000, first: str = "", *, looked_since: int = 0) -> list[OutboxEntry]:
        """Return at most `limit` events that wait for their turn only, the type `first` first.

        Those about files only if the drive was as they state at `looked_since` (ms) or later.
        """
        seen = "needs='' AND (looked IS NULL OR looked>=?)"
        return self._entries(seen, looked_since, order="type!=?, n LIMIT ?", values=(first, limit))

    def to_look_at(self, since: int, now: int) -> list[OutboxEntry]:
        """Return the events that wait for their turn and were last seen before `since` (ms).

        A look of the future is none: the clock was set back.
        """
        return self._entries("needs='' AND looked IS NOT NULL AND looked NOT BETWEEN ? AND ?", since, now)

    def note_look(self, n: int, now: int) -> None:
        """Keep that the drive is as an event states now (ms)."""
        self._db.write("UPDATE outbox SET looked=? WHERE n=?", (now, n))

    def look_again(self, items: Collection[tuple[str, str]]) -> None:
        """Have the files of ready events about these (library, item) looked at again.

        A peer published something of the item since the last look: it may have written over the same file.
        """
        looked = self._db.rows("SELECT n, library, item FROM outbox WHERE needs='' AND looked IS NOT NULL")
        named = frozenset(items if looked else ())
        about = [(n,) for n, library, item in looked if (library, item) in named]
        self._db.write_many("UPDATE outbox SET looked=0 WHERE n=?", about)

    def look_failed(self, entry: OutboxEntry, absent: Collection[str], now: int) -> None:
        """Let an event wait for the drive again, which lacks the stated copies at these paths.

        Of an inventory only these are waited for, and nothing else of it. A file that a peer moved along may
        be moved again, which no comparison tells: it is looked for anew.
        """
        if entry.cause == MOVED_ALONG:
            self.drop(entry.n)
            return
        stated = {copy.path for copy in entry.body.stated_copies()}
        kept = stated.difference(absent)
        if not kept or not isinstance(entry.body, LibraryFound):
            self.check_again(entry)
            return
        with self._db.transaction():
            self.drop(entry.n)
            seen, rest = entry.body.only_copies(kept), entry.body.only_copies(stated - kept)
            self.put(entry.item, seen, "", entry.cause, entry.since, looked=now)
            self.put(entry.item, rest, "drive", entry.cause, entry.since)

    def prove_again(self, entry: OutboxEntry) -> None:
        """Let a removal wait for its proof from the beginning."""
        self._db.write("UPDATE outbox SET needs='gone', next=0, gone_since=0 WHERE n=?", (entry.n,))

    def prove_anew(self, entry: OutboxEntry) -> None:
        """Let an event wait until it is proven again: the database may be an old one."""
        self._db.write("UPDATE outbox SET needs='again', next=0, gone_since=0 WHERE n=?", (entry.n,))

    def get(self, n: int) -> OutboxEntry | None:
        """Return one event, None when it does not wait any more."""
        return next(iter(self._entries("n=?", n)), None)

    def has(self, n: int) -> bool:
        """Return whether an event still waits."""
        return self._table.count("n=?", (n,)) > 0

    def is_publishing(self, library: str) -> bool:
        """Return whether an event about a library waits for its turn only."""
        row = self._db.row("SELECT 1 FROM outbox WHERE library=? AND needs='' LIMIT 1", (library,))
        return row is not None

    def new_ids(self, library: str) -> frozenset[str]:
        """Return the ids that items of a library got, and that no event has stated yet."""
        waiting = self._entries("library=? AND type='item.aliased'", library)
        return frozenset(each.body.alias for each in waiting if isinstance(each.body, ItemAliased))

    def due(self, needs: Needs, now: int) -> list[OutboxEntry]:
        """Return the events that wait for the drive or for proof, and whose next check is due."""
        return self._entries("needs=? AND next<=?", needs, now)

    def items_gone(self, library: str) -> frozenset[str]:
        """Return the items of a library of which a removal waits whose files are seen to be gone."""
        rows = self._db.rows(
            "SELECT DISTINCT item FROM outbox WHERE library=? AND needs='gone' AND gone_since>0", (library,)
        )
        return frozenset(str(item) for (item,) in rows)

    def newest_removal(self, library: str) -> int:
        """Return when the latest removal of a library that waits for its proof was decided on (ms)."""
        row = self._db.row("SELECT max(since) FROM outbox WHERE library=? AND needs='gone'", (library,))
        return int(row[0] or 0) if row else 0

    def on_drive(self) -> list[OutboxEntry]:
        """Return the events that wait for the drive and all of whose files this node's mount shows."""
        to_come = "SELECT 1 FROM uploads WHERE uploads.outbox=outbox.n AND phase IN ('waiting','sent')"
        return self._entries(f"needs='drive' AND NOT EXISTS ({to_come})")

    def newest(self, limit: int) -> list[OutboxEntry]:
        """Return the events that were decided on last, the newest first."""
        return self._entries("", order="n DESC LIMIT ?", values=(limit,))

    def of_type(self, body_type: type[Body]) -> list[OutboxEntry]:
        """Return the events of one type."""
        return self._entries("type=?", body_type.type_name)

    def of(self, library: str, item: str) -> list[OutboxEntry]:
        """Return the events about an item."""
        return self._entries("library=? AND item=?", library, item)

    def _entries(
        self, where: str, *keys: object, order: str = "n", values: Sequence[object] = ()
    ) -> list[OutboxEntry]:
        found: list[OutboxEntry] = []
        for row in self._table.rows(where, (*keys, *values), order=order):
            n, library, item, type_name, body, *rest = row
            found.append(OutboxEntry(n, library, item, _stored_body(type_name, body), *rest))
        return found

    def pending(self, library: str, item: str) -> dict[str, int]:
        """Return the files of an item that an event waits to publish: their sizes by path key."""
        return {
            same_key(copy.path): copy.size
            for entry in self.of(library, item)
            for copy in entry.body.stated_copies()
        }

    def make_ready(self, n: int, body: Body, now: int) -> None:
        """Let an event wait for its turn only; `body`, true of the drive now, will be signed."""
        seen = now if _is_of_drive(body) else None
        self._db.write(
            "UPDATE outbox SET needs='', why='', body=?, looked=? WHERE n=?",
            (msgspec.json.encode(body), seen, n),
        )

    def restate(self, n: int, body: Body) -> None:
        """Give an event another body, which waits for the same as before."""
        self._db.write("UPDATE outbox SET body=? WHERE n=?", (msgspec.json.encode(body), n))

    def check_again(self, entry: OutboxEntry) -> None:
        """Let an event wait for the drive, as if none of its files had reached it yet."""
        with self._db.transaction():
            self._db.write("UPDATE outbox SET needs='drive', why='' WHERE n=?", (entry.n,))
            self._uploads.drop_of(entry.n, even_sent=True)
            self._put_uploads(entry.n, entry.body, entry.since)

    def later(self, n: int, until: int, why: str, gone_since: int = 0) -> None:
        """Check an event again at `until` (ms), and keep since when its files are gone."""
        with self._db.transaction():
            self._table.later([(n,)], until, why)
            self._db.write("UPDATE outbox SET gone_since=? WHERE n=?", (gone_since, n))

    def hurry(self, library: str, item: str, now: int) -> None:
        """Make the events about an item due now."""
        self._table.hurry(now, "library=? AND item=?", (library, item))

    def retry(self, now: int) -> None:
        """Make every event due now."""
        self._table.retry(now)

    def next_due(self) -> int | None:
        """Return when the next proof is due (ms). What waits for the drive is due with its uploads."""
        return self._table.next_due("needs IN ('gone', 'again')")

    def drop(self, n: int) -> None:
        """Forget an event that was signed, or that is no longer true."""
        with self._db.transaction():
            self._uploads.drop_of(n)
            self._table.drop([(n,)])

    def withdraw(self, library: str, item: str, keys: frozenset[str], only: int = 0) -> None:
        """Take files (path keys) out of the events about an item, or out of the one numbered `only`.

        An event that is left without a file is dropped.
        """
        with self._db.transaction():
            for entry in self.of(library, item):
                if only not in {0, entry.n}:
                    continue
                stated = {copy.path for copy in entry.body.stated_copies()}
                kept = {path for path in stated if same_key(path) not in keys}
                if kept == stated:
                    continue
                self.drop(entry.n)
                if kept:
                    rest = entry.body.only_copies(kept)
                    self.put(item, rest, "drive", entry.cause, entry.since)

    def drop_moved_along(self, library: str, item: str, replaced: frozenset[str], now: int) -> None:
        """Take replaced files (path keys) out of the renames of what a peer moved along.

        An import that ends a file by its old path would not end it in the new place.
        """
        for entry in self.of(library, item):
            old = entry.body.old_paths() if entry.cause == MOVED_ALONG else {}
            left = {new for new, was in old.items() if same_key(was) not in replaced}
            if left == old.keys():
                continue
            self.drop(entry.n)
            if left:
                self.put(item, entry.body.only_copies(left), "", MOVED_ALONG, now)

    def keep_files(self, library: str, item: str, keys: frozenset[str], cause: str, now: int) -> None:
        """Take files (path keys) out of the removals queued for `cause`.

        These files are there again. What is left of a removal is to be proven from its beginning; without a
        file it is dropped.
        """
        with self._db.transaction():
            for entry in self.of(library, item):
                ended = entry.body.ended_paths() if entry.cause == cause else ()
                left = tuple(path for path in ended if same_key(path) not in keys)
                if left == ended or not isinstance(entry.body, FileRemoved):
                    continue
                self.drop(entry.n)
                if left:
                    self.put(item, msgspec.structs.replace(entry.body, paths=left), "gone", cause, now)

    def count(self) -> dict[str, int]:
        """Return how many events wait, by what they need ("ready": for their turn only)."""
        rows = self._db.rows("SELECT needs, count(*) FROM outbox GROUP BY needs")
        return {str(needs) or "ready": int(count) for needs, count in rows}


def _is_of_drive(body: Body) -> bool:
    """Return whether a body states which files the drive has or has no more."""
    return bool(body.stated_copies()) or isinstance(body, FileRemoved | ItemRemoved)


def _stored_body(type_name: str, stored: bytes) -> Body:
    try:
        found = body_of(type_name, stored)
    except Rejected as error:
        raise unreadable(error) from error
    if found is None:
        raise unreadable(f"an event of type {type_name}")
    return found
