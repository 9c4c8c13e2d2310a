"""The events this node has verified and applied, its own among them, and how far it is in each stream."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events import Body, ItemAliased, body_of
from mesharr.core.facts import Cuts, Fact, Stamp
from mesharr.core.hlc import ZERO
from mesharr.state.db import Database


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A verified event as it is kept: its exact line (without newline), and the items it touches."""

    stream: str
    seq: int
    id: str
    hlc: str
    type: str
    line: bytes
    items: tuple[tuple[str, str], ...] = ()


class StreamRow(msgspec.Struct, frozen=True):
    """Where this node is in a stream. `head` is the highest seq ever seen in a listing;
    `gap_since` when what follows the cursor was first missing (ms, 0: nothing missing);
    `acknowledged` the seq of mine this peer said it has applied; `why` what stops the stream.
    """

    stream: str
    seq: int
    id: str
    hlc: str
    head: int
    applied_at: int
    gap_since: int
    acknowledged: int
    why: str


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


class _Line(msgspec.Struct):
    type: str
    body: msgspec.Raw


_decode = msgspec.json.Decoder(_Line).decode


class Streams:
    """All streams of the mesh as this node has applied them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def apply(self, events: Sequence[Stored], now: int) -> None:
        """Keep consecutive events of one stream and move its cursor behind the last.

        Events already there are kept once. The cursor never goes back.
        """
        if not events:
            return
        last = events[-1]
        with self._db.transaction():
            self._db.write_many(
                "INSERT OR IGNORE INTO events(stream, seq, id, hlc, type, line) VALUES(?,?,?,?,?,?)",
                [(event.stream, event.seq, event.id, event.hlc, event.type, event.line) for event in events],
            )
            self._db.write_many(
                "INSERT OR IGNORE INTO facts VALUES(?,?,?,?)",
                # in the order of their key, so that each page of the table is visited once
                sorted(
                    (library, item, event.stream, event.seq)
                    for event in events
                    for library, item in event.items
                ),
            )
            self._aliases(events)
            self._db.write(
                "INSERT INTO streams(stream, seq, id, hlc, applied_at) VALUES(?,?,?,?,?) ON CONFLICT(stream) DO UPDATE "
                "SET seq=excluded.seq, id=excluded.id, hlc=excluded.hlc, applied_at=excluded.applied_at, gap_since=0, why='' "
                "WHERE excluded.seq > seq",
                (last.stream, last.seq, last.id, last.hlc, now),
            )

    def _aliases(self, events: Iterable[Stored]) -> None:
        forks = self._forks()
        for event in events:
            if event.type == "item.aliased" and event.seq < forks.get(event.stream, event.seq + 1):
                body = _body(event.type, event.line)
                if isinstance(body, ItemAliased):
                    self._db.write(
                        "INSERT OR IGNORE INTO aliases VALUES(?,?,?)", (body.library, body.id, body.alias)
                    )

    def all(self) -> list[StreamRow]:
        """Return every stream this node knows, in order of name."""
        rows = self._db.rows(
            "SELECT stream, seq, id, hlc, head, applied_at, gap_since, acknowledged, why FROM streams ORDER BY stream"
        )
        return [StreamRow(*row) for row in rows]

    def cursor(self, stream: str) -> tuple[int, str]:
        """Return (seq, id) of the last applied event of a stream; (0, 64 zeros) before the first."""
        row = self._db.row("SELECT seq, id FROM streams WHERE stream=?", (stream,))
        return (int(row[0]), str(row[1])) if row and row[0] else (0, "0" * 64)

    def note_head(self, stream: str, head: int, now: int) -> None:
        """Remember the head a listing showed, and since when events before it are missing."""
        self._db.write(
            "INSERT INTO streams(stream, seq, id, hlc, head, gap_since) VALUES(?,0,?,?,?,?) ON CONFLICT(stream) DO UPDATE "
            "SET head=max(head, excluded.head), gap_since=CASE WHEN seq >= excluded.head THEN 0 WHEN gap_since THEN gap_since ELSE ? END",
            (stream, "0" * 64, ZERO, head, now, now),
        )

    def stop(self, stream: str, why: str) -> None:
        """Say why a stream is not read further, "" when it is."""
        self._db.write("UPDATE streams SET why=? WHERE stream=?", (why, stream))

    def acknowledge(self, stream: str, seq: int) -> None:
        """Remember that the author of `stream` has applied my events up to `seq`."""
        self._db.write("UPDATE streams SET acknowledged=max(acknowledged, ?) WHERE stream=?", (seq, stream))

    def forget_acknowledged(self) -> None:
        """Forget what peers said they applied: my events begin anew, at seq 1 of another stream."""
        self._db.write("UPDATE streams SET acknowledged=0")

    def newest_hlc(self, until: str) -> str:
        """Return the greatest clock value up to `until` that a stream has reached.

        One peer's wrong clock, far ahead, does not hide what the others' clocks say.
        """
        row = self._db.row("SELECT max(hlc) FROM streams WHERE hlc<=?", (until,))
        return str(row[0]) if row and row[0] else ZERO

    def known_id(self, stream: str, seq: int) -> str | None:
        """Return the id of an applied event, None when it was not applied."""
        row = self._db.row("SELECT id FROM events WHERE stream=? AND seq=?", (stream, seq))
        return str(row[0]) if row else None

    def event(self, stream: str, seq: int) -> Stored | None:
        """Return one applied event."""
        row = self._db.row(
            "SELECT stream, seq, id, hlc, type, line FROM events WHERE stream=? AND seq=?", (stream, seq)
        )
        return Stored(*row) if row else None

    def latest(self, stream: str, type_name: str) -> Stored | None:
        """Return the newest event of one type in a stream."""
        row = self._db.row(
            "SELECT stream, seq, id, hlc, type, line FROM events INDEXED BY events_type WHERE type=? "
            "AND type IN ('node.left','stream.opened','node.hello') AND stream=? ORDER BY seq DESC LIMIT 1",
            (type_name, stream),
        )
        return Stored(*row) if row else None

    def since(self, stream: str, seq: int, limit: int = 1_000_000) -> list[Stored]:
        """Return the applied events of a stream from `seq` on, in order."""
        rows = self._db.rows(
            "SELECT stream, seq, id, hlc, type, line FROM events WHERE stream=? AND seq>=? ORDER BY seq LIMIT ?",
            (stream, seq, limit),
        )
        return [Stored(*row) for row in rows]

    def newest(self, limit: int, after: int = 0) -> list[tuple[int, Stored]]:
        """Return the events applied last, in the order they were applied, each with its place in that order.

        Only those whose place is higher than `after`.
        """
        rows = self._db.rows(
            "SELECT rowid, stream, seq, id, hlc, type, line FROM events WHERE rowid>? ORDER BY rowid DESC LIMIT ?",
            (after, limit),
        )
        return [(int(place), Stored(*row)) for place, *row in reversed(rows)]

    def about(self, library: str, ids: Iterable[str]) -> list[Stored]:
        """Return the events about an item, which may have several ids, in the order of their clocks."""
        found: dict[tuple[str, int], Stored] = {}
        for id_ in ids:
            rows = self._db.rows(
                "SELECT e.stream, e.seq, e.id, e.hlc, e.type, e.line FROM facts f JOIN events e ON e.stream=f.stream AND e.seq=f.seq "
                "WHERE f.library=? AND f.item=?",
                (library, id_),
            )
            found |= {(row[0], row[1]): Stored(*row) for row in rows}
        return sorted(found.values(), key=lambda event: (event.hlc, event.stream, event.seq))

    def count(self) -> int:
        """Return how many events are kept."""
        row = self._db.row("SELECT count(*) FROM events")
        return int(row[0]) if row else 0

    def fork(self, stream: str, seq: int, line: bytes) -> None:
        """Keep a second valid line at a seq as proof; from there on the stream is out of the fold."""
        with self._db.transaction():
            self._db.write("INSERT OR IGNORE INTO forks VALUES(?,?,?)", (stream, seq, line))
            self._alias_anew()
            self.stop(
                stream, f"forked at {seq}: two machines wrote with one key, or its database was restored"
            )

    def _alias_anew(self) -> None:
        """Make the aliases of the events that are still in the fold."""
        rows = self._db.rows(
            "SELECT stream, seq, id, hlc, type, line FROM events WHERE type='item.aliased' ORDER BY stream, seq"
        )
        self._db.write("DELETE FROM aliases")
        self._aliases(Stored(*row) for row in rows)

    def _forks(self) -> dict[str, int]:
        rows = self._db.rows("SELECT stream, min(seq) FROM forks GROUP BY stream")
        return {str(stream): int(seq) for stream, seq in rows}

    def cuts(self) -> Cuts:
        """Return what concerns every item: forks, and nodes that left, unless they said so in a fork."""
        forks = self._forks()
        left: dict[str, Stamp] = {}
        for stream, seq, hlc in self._db.rows("SELECT stream, seq, hlc FROM events WHERE type='node.left'"):
            if int(seq) >= forks.get(str(stream), int(seq) + 1):
                continue
            node, _, inc = str(stream).rpartition(".")
            left[node] = max(left.get(node, ("", "", "", 0)), (str(hlc), node, inc, int(seq)))
        return Cuts(forks=forks, left=left)

    def facts_of(self, library: str, ids: Iterable[str]) -> list[Fact]:
        """Return the facts about an item, which may have several ids."""
        found: list[Fact] = []
        for id_ in ids:
            rows = self._db.rows(
                "SELECT e.stream, e.seq, e.hlc, e.type, e.line FROM facts f JOIN events e ON e.stream=f.stream AND e.seq=f.seq "
                "WHERE f.library=? AND f.item=?",
                (library, id_),
            )
            for stream, seq, hlc, type_name, line in rows:
                body = _body(type_name, line)
                if body is not None:
                    found.append(Fact(stream, seq, hlc, body))
        return found

    # -- files that did not verify

    def is_aside(self, place: str, now: int) -> bool:
        """Return whether a file was put aside and its time to be tried again has not come."""
        return self._db.row("SELECT 1 FROM quarantine WHERE place=? AND next>?", (place, now)) is not None

    def put_aside(self, place: str, why: str, now: int, wait: Callable[[int], int]) -> int:
        """Put a file aside for `wait(tries)` ms; return how often that has happened. 1 000 names are kept."""
        with self._db.transaction():
            row = self._db.row("SELECT tries FROM quarantine WHERE place=?", (place,))
            tries = int(row[0]) if row else 0
            self._db.write(
                "INSERT INTO quarantine VALUES(?,?,?,?,1) ON CONFLICT(place) DO UPDATE SET why=excluded.why, next=excluded.next, tries=tries+1",
                (place, why, now, now + wait(tries)),
            )
            self._db.write(
                "DELETE FROM quarantine WHERE place NOT IN (SELECT place FROM quarantine ORDER BY since DESC LIMIT 1000)"
            )
        return tries + 1

    def retry_aside(self, now: int) -> int:
        """Have every file that was put aside tried again at the next poll; return how many there are."""
        self._db.write("UPDATE quarantine SET next=min(next, ?), tries=0", (now,))
        return len(self.aside())

    def aside(self) -> list[tuple[str, str, int]]:
        """Return (place, why, since) of every file that was put aside."""
        return [
            (str(place), str(why), int(since))
            for place, why, since in self._db.rows(
                "SELECT place, why, since FROM quarantine ORDER BY since, place"
            )
        ]

    # -- my own files on the store

    def files(self) -> list[OwnFileRow]:
        """Return the files of my stream that are on the store, as far as I know."""
        rows = self._db.rows(
            "SELECT place, first, last, k, confirmed, written, lost FROM files ORDER BY last, first"
        )
        return [
            OwnFileRow(place, first, last, k, bool(confirmed), written, bool(lost))
            for place, first, last, k, confirmed, written, lost in rows
        ]

    def wrote(self, file: OwnFileRow) -> None:
        """Remember a file that was written."""
        self._db.write(
            "INSERT OR REPLACE INTO files VALUES(?,?,?,?,?,?,?)",
            (file.place, file.first, file.last, file.k, int(file.confirmed), file.written, int(file.lost)),
        )

    def lose(self, place: str) -> None:
        """Remember that a file of mine is missing or torn: what it held is written again."""
        self._db.write("UPDATE files SET lost=1, confirmed=0 WHERE place=?", (place,))

    def confirm(self, place: str) -> None:
        """Remember that a witness has seen the file."""
        self._db.write("UPDATE files SET confirmed=1 WHERE place=?", (place,))

    def dropped(self, place: str) -> None:
        """Forget a file that was deleted."""
        self._db.write("DELETE FROM files WHERE place=?", (place,))


def _body(type_name: str, line: bytes) -> Body | None:
    try:
        return body_of(type_name, _decode(line).body)
    except Rejected:
        return None
