"""The events that this node has applied, its own too, and how far it is in each stream."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from mesharr.core.events.schema import Body, ItemAliased, StreamOpened, is_found_by_type
from mesharr.core.hlc import ZERO
from mesharr.core.registry.facts import Cuts, Stamp
from mesharr.core.text import author_of
from mesharr.state.db import Database
from mesharr.state.events.aliases import AliasTable
from mesharr.state.events.item_facts import shortened
from mesharr.state.events.runs import PlacedEvent, Runs, body_of_content, content_of


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One verified event."""

    stream: str
    seq: int
    id: str
    """The hash of the line, in hex."""
    hlc: str
    """The clock value."""
    type: str
    line: bytes
    """The exact line, without the newline."""
    items: tuple[tuple[str, str], ...] = ()
    """The (library, item) pairs that the event is about."""


class StreamRow(msgspec.Struct, frozen=True):
    """How far this node is in one stream."""

    stream: str
    seq: int
    """The seq of the event that was applied last, 0 before the first."""
    id: str
    """The id of that event, 64 zeros before the first."""
    hlc: str
    """The clock value of that event."""
    head: int
    """The highest seq of a file that verified by itself, even one beyond a gap."""
    applied_at: int
    """When an event was applied last, by the clock of this node (ms)."""
    gap_since: int
    """Since when the event after the cursor is missing on the store (ms), 0: it is not."""
    acknowledged: int
    """The seq of this node's own stream up to which the author has applied it, by the author's hello."""
    why: str
    """Why the stream is not read further, "" when it is."""
    archive_at: int
    """When its archive was last looked at for another branch, by the clock of this node (ms)."""


class Run(msgspec.Struct, frozen=True):
    """Consecutive verified events of one stream, as columns."""

    stream: str
    first: int
    """The seq of the first event."""
    ids: Sequence[str]
    """The ids of the events, in order."""
    lines: Sequence[bytes]
    """Their exact lines, without the newlines."""
    hlc: str
    """The clock value of the last event."""
    items: Sequence[tuple[str, str, int]]
    """(library, item, seq), once for each item that an event is about."""
    typed: Sequence[tuple[str, int, str]]
    """(type, seq, clock value) of each event whose type is `found_by_type`."""


class Streams:
    """All streams of the mesh, as far as this node has applied them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runs = Runs(db)
        self.aliases = AliasTable(db)

    def apply(self, events: Sequence[StoredEvent], now: int) -> None:
        """Apply consecutive events of one stream: keep them, and move its cursor behind the last.

        An event that was applied before is kept once. The cursor never goes back.
        """
        if events:
            self.keep([_run(events)], now)

    def keep(self, runs: Sequence[Run], now: int) -> list[tuple[str, str]]:
        """Apply runs of events, as `apply` does.

        Returns the (library, item) pairs that the events not applied before are about, sorted.
        """
        with self._db.transaction():
            about: list[tuple[str, str, int]] = []
            for whole in runs:
                self._moved(whole, now)
                run = _after(whole, self._runs.last(whole.stream))
                if run.lines:
                    shift = self._runs.put(run.stream, run.first, run.ids, run.lines, now) - run.first
                    about += [(library, item, seq + shift) for library, item, seq in run.items]
                    self._typed(run)
                    self._note_not_understood(run)
            about.sort()  # in the order of their key, so that each page of the table is visited once
            self._db.write_many("INSERT OR IGNORE INTO about VALUES(?,?,?)", about)
        return list(dict.fromkeys([(library, item) for library, item, _ in about]))

    def _moved(self, run: Run, now: int) -> None:
        self._db.write(
            "INSERT INTO streams(stream, seq, id, hlc, applied_at, archive_at) VALUES(?,?,?,?,?,?) ON CONFLICT(stream) DO UPDATE "
            "SET seq=excluded.seq, id=excluded.id, hlc=excluded.hlc, applied_at=excluded.applied_at, gap_since=0, why='' "
            "WHERE excluded.seq > seq",
            (run.stream, run.first + len(run.lines) - 1, run.ids[-1], run.hlc, now, now),
        )

    def _note_not_understood(self, run: Run) -> None:
        found = {seq for _, _, seq in run.items} | {seq for _, seq, _ in run.typed}
        if len(found) < len(run.lines):
            size = sum(len(line) for seq, line in enumerate(run.lines, run.first) if seq not in found)
            self.note_not_understood({run.stream: size})

    def note_not_understood(self, sizes: Mapping[str, int]) -> None:
        """Keep that so many bytes more of the events of these streams are found by nothing."""
        self._db.write_many(
            "INSERT INTO not_understood VALUES(?,?) ON CONFLICT(stream) DO UPDATE SET bytes=bytes+excluded.bytes",
            list(sizes.items()),
        )

    def not_understood(self) -> dict[str, int]:
        """Return by node the bytes of its events that are kept and found by nothing.

        They are of types that this program does not know, or have bodies that it refuses.
        """
        found: dict[str, int] = defaultdict(int)
        for stream, size in self._db.rows("SELECT stream, bytes FROM not_understood"):
            found[author_of(str(stream))] += int(size)
        return dict(found)

    def forget_not_understood(self) -> None:
        """Count events that are not understood anew: this program may know more types."""
        self._db.write("DELETE FROM not_understood")

    def _typed(self, run: Run) -> None:
        if not run.typed:
            return
        self._db.write_many(
            "INSERT OR IGNORE INTO by_type VALUES(?,?,?,?)",
            [(type_name, run.stream, seq, hlc) for type_name, seq, hlc in run.typed],
        )
        aliases = [seq for type_name, seq, _ in run.typed if type_name == ItemAliased.type_name]
        self._aliases((run.stream, seq, run.lines[seq - run.first]) for seq in aliases)

    def _aliases(self, lines: Iterable[tuple[str, int, bytes]]) -> None:
        forks = self.forks()
        found = [
            (body.library, body.id, body.alias, author_of(stream))
            for stream, seq, line in lines
            if seq < forks.get(stream, seq + 1)
            and isinstance(body := body_of_content(content_of(line)), ItemAliased)
        ]
        self.aliases.put(found)

    def all(self) -> list[StreamRow]:
        """Return every stream that this node knows, in order of name."""
        rows = self._db.rows(
            "SELECT stream, seq, id, hlc, head, applied_at, gap_since, acknowledged, why, archive_at "
            "FROM streams ORDER BY stream"
        )
        return [StreamRow(*row) for row in rows]

    def note_archive(self, stream: str, now: int) -> None:
        """Keep when the archive of a stream was looked at."""
        self._db.write("UPDATE streams SET archive_at=? WHERE stream=?", (now, stream))

    def cursor(self, stream: str) -> tuple[int, str]:
        """Return (seq, id) of the last applied event of a stream; (0, 64 zeros) before the first."""
        row = self._db.row("SELECT seq, id FROM streams WHERE stream=?", (stream,))
        return (int(row[0]), str(row[1])) if row and row[0] else (0, "0" * 64)

    def reached(self, stream: str) -> int:
        """Return the highest seq known of a stream: applied, or in a file that verified."""
        row = self._db.row("SELECT max(seq, head) FROM streams WHERE stream=?", (stream,))
        return int(row[0]) if row else 0

    def note_gap(self, stream: str, head: int, now: int, *, unreadable: bool = False) -> None:
        """Keep the head that a file proves (0: none), and since when an event before it is missing.

        With `unreadable` the store lists a file that would continue the stream, and that cannot be read.
        """
        row = self._db.row("SELECT seq, head, gap_since FROM streams WHERE stream=?", (stream,))
        seq, known, since = row or (0, 0, 0)
        has_gap = unreadable or max(head, known) > seq
        if head <= known and bool(since) == has_gap:
            return  # a name that nothing stands behind costs no write, however often it is listed
        with self._db.transaction():
            self._db.write(
                "INSERT OR IGNORE INTO streams(stream, seq, id, hlc, archive_at) VALUES(?,0,?,?,?)",
                (stream, "0" * 64, ZERO, now),
            )
            self._db.write("UPDATE streams SET head=max(head, ?) WHERE stream=?", (head, stream))
            if has_gap:
                self._db.write("UPDATE streams SET gap_since=? WHERE stream=? AND gap_since=0", (now, stream))
            else:
                # a gap was what stopped it; the reason of a fork stays
                self._db.write(
                    "UPDATE streams SET gap_since=0, why=CASE WHEN stream IN (SELECT stream FROM forks) THEN why ELSE '' END "
                    "WHERE stream=? AND gap_since",
                    (stream,),
                )

    def stop(self, stream: str, why: str) -> None:
        """Keep why a stream is not read further, "" when it is."""
        self._db.write("UPDATE streams SET why=? WHERE stream=?", (why, stream))

    def acknowledge(self, stream: str, seq: int) -> None:
        """Keep that the author of `stream` has applied this node's own events up to `seq`."""
        self._db.write("UPDATE streams SET acknowledged=max(acknowledged, ?) WHERE stream=?", (seq, stream))

    def forget_acknowledged(self) -> None:
        """Forget what peers have applied of this node's own events, for a new stream."""
        self._db.write("UPDATE streams SET acknowledged=0")

    def newest_hlc(self, until: str) -> str:
        """Return the greatest clock value of a stream's last event that is not above `until`.

        So a peer whose clock is far ahead does not hide the values of the others.
        """
        row = self._db.row("SELECT max(hlc) FROM streams WHERE hlc<=?", (until,))
        return str(row[0]) if row and row[0] else ZERO

    def known_id(self, stream: str, seq: int) -> str | None:
        """Return the id of an applied event, None when it was not applied."""
        return self._runs.id_at(stream, seq)

    def lines_between(self, stream: str, first: int, last: int) -> dict[int, bytes]:
        """Return the exact lines of a stream's applied events from one seq to another, by seq."""
        return {kept.seq: kept.line for kept in self._runs.since(stream, first, last - first + 1)}

    def event(self, stream: str, seq: int) -> StoredEvent | None:
        """Return one applied event, None when it was not applied."""
        return next(iter(self.since(stream, seq, 1)), None)

    def latest(self, stream: str, type_name: str) -> StoredEvent | None:
        """Return the newest event of a type (`found_by_type`) in a stream, None when there is none."""
        row = self._db.row("SELECT max(seq) FROM by_type WHERE type=? AND stream=?", (type_name, stream))
        return self.event(stream, int(row[0])) if row and row[0] else None

    def since(self, stream: str, seq: int, limit: int = 1_000_000) -> list[StoredEvent]:
        """Return the applied events of a stream from `seq` on, in order."""
        return [_stored(kept) for kept in self._runs.since(stream, seq, limit)]

    def newest(self, limit: int, after: int = 0) -> list[tuple[int, StoredEvent]]:
        """Return the events applied last and after a place, as (place, event) in order of place."""
        return [(kept.place, _stored(kept)) for kept in self._runs.newest(limit, after)]

    def about(self, library: str, ids: Iterable[str]) -> list[StoredEvent]:
        """Return the events about an item, given with all its ids, in order of their clock values."""
        found = [_stored(kept) for kept in self._about(library, ids)]
        return sorted(found, key=lambda event: (event.hlc, event.stream, event.seq))

    def _about(self, library: str, ids: Iterable[str]) -> Iterator[PlacedEvent]:
        places = [
            int(row[0])
            for id_ in ids
            for row in self._db.rows("SELECT place FROM about WHERE library=? AND item=?", (library, id_))
        ]
        return self._runs.at(places)

    def bodies_since(self, since: int, now: int) -> Iterator[Body]:
        """Yield the bodies of events stamped since then (ms), and applied between then and now."""
        for kept in self._runs.stated_between(since, now):
            body = body_of_content(content_of(kept.line))
            if body is not None:
                yield body

    def authors(self, library: str) -> frozenset[str]:
        """Return the nodes that published an event about a library."""
        rows = self._db.rows(
            "SELECT DISTINCT (SELECT stream FROM runs WHERE place<=about.place ORDER BY place DESC LIMIT 1) "
            "FROM about WHERE library=?",
            (library,),
        )
        return frozenset(author_of(str(row[0])) for row in rows)

    def count(self) -> int:
        """Return how many events were applied."""
        return self._runs.count()

    def fork(self, stream: str, seq: int, line: bytes) -> None:
        """Keep a second valid line at a seq: from there on the stream is forked and not folded."""
        with self._db.transaction():
            self._db.write("INSERT OR IGNORE INTO forks VALUES(?,?,?)", (stream, seq, line))
            self.remake_aliases()
            lowest = self.forks()[stream]
            self.stop(
                stream, f"forked at {lowest}: two machines wrote with one key, or its database was restored"
            )

    def remake_aliases(self) -> None:
        """Make the aliases again, of the events that are in the fold."""
        rows = self._db.rows("SELECT stream, seq FROM by_type WHERE type='item.aliased' ORDER BY stream, seq")
        self.aliases.clear()
        events = (event for stream, seq in rows if (event := self.event(stream, seq)))
        self._aliases((event.stream, event.seq, event.line) for event in events)

    def forks(self) -> dict[str, int]:
        """Return by stream the lowest seq that is known to be signed twice."""
        rows = self._db.rows("SELECT stream, min(seq) FROM forks GROUP BY stream")
        return {str(stream): int(seq) for stream, seq in rows}

    def closed(self) -> frozenset[str]:
        """Return the streams that their owner closed, to continue in another one."""
        forks = self.forks()
        found: set[str] = set()
        for stream, seq in self._db.rows("SELECT stream, seq FROM by_type WHERE type='stream.opened'"):
            event = self.event(stream, seq)
            body = (
                body_of_content(content_of(event.line))
                if event and seq < forks.get(stream, seq + 1)
                else None
            )
            if isinstance(body, StreamOpened):
                node = author_of(stream)
                found |= {f"{node}.{inc}" for inc in body.closes} - {stream}
        return frozenset(found)

    def cuts(self) -> Cuts:
        """Return what cuts events off of every item: forks, departures, forgotten removals."""
        forks = self.forks()
        left: dict[str, Stamp] = {}
        for stream, seq, hlc in self._db.rows("SELECT stream, seq, hlc FROM by_type WHERE type='node.left'"):
            if int(seq) >= forks.get(str(stream), int(seq) + 1):
                continue
            node, _, inc = str(stream).rpartition(".")
            left[node] = max(left.get(node, ("", "", "", 0)), (str(hlc), node, inc, int(seq)))
        return Cuts(forks=forks, left=left, forgotten=self._forgotten())

    def forget_removals(self, node: str) -> None:
        """Have all that a node removed, renamed or replaced so far end nothing here."""
        for row in self.all():
            if author_of(row.stream) == node:
                self._db.write("INSERT OR REPLACE INTO forgotten_removals VALUES(?,?)", (row.stream, row.seq))

    def _forgotten(self) -> dict[str, int]:
        rows = self._db.rows("SELECT stream, seq FROM forgotten_removals ORDER BY stream")
        return {str(stream): int(seq) for stream, seq in rows}

    def count_about(self, library: str, item: str) -> int:
        """Return how many events are about an item under one of its ids."""
        row = self._db.row("SELECT count(*) FROM about WHERE library=? AND item=?", (library, item))
        return int(row[0]) if row else 0

    def last_place(self, library: str, item: str) -> int:
        """Return the place of the newest event about an item under one of its ids, 0 for none."""
        row = self._db.row("SELECT max(place) FROM about WHERE library=? AND item=?", (library, item))
        return int(row[0] or 0) if row else 0

    def events_about(self, library: str, ids: Iterable[str]) -> list[PlacedEvent]:
        """Return the events about an item, given with all its ids, in the order they were applied.

        What one stream states of it beyond `item_facts.MAX_BYTES` is without its lines.
        """
        return shortened(self._about(library, ids))


def _run(events: Sequence[StoredEvent]) -> Run:
    return Run(
        events[0].stream,
        events[0].seq,
        [event.id for event in events],
        [event.line for event in events],
        events[-1].hlc,
        [(library, item, event.seq) for event in events for library, item in event.items],
        [(event.type, event.seq, event.hlc) for event in events if is_found_by_type(event.type)],
    )


def _after(run: Run, seq: int) -> Run:
    """Return the part of a run after a seq."""
    if run.first > seq:
        return run
    start = seq + 1 - run.first
    items = [each for each in run.items if each[2] > seq]
    typed = [each for each in run.typed if each[1] > seq]
    return Run(run.stream, seq + 1, run.ids[start:], run.lines[start:], run.hlc, items, typed)


def _stored(kept: PlacedEvent) -> StoredEvent:
    what = content_of(kept.line)
    return StoredEvent(kept.stream, kept.seq, kept.id, what.hlc, what.type, kept.line)
