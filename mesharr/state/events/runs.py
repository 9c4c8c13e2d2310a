"""The exact lines of verified events: consecutive events of one stream in one row, a run.

A row for each event would cost more than verifying the event. The *place* of an event is its number in the
order in which this node applied events. A run has the place of its first event; the others follow.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Body, LibraryFound, body_of
from mesharr.core.hlc import text_of
from mesharr.state.db import Database, Row, decoder

MAX_RUN: Final = 16 * 1024
"""The most bytes of a row, unless a single line has more: to find one event, a whole row is read."""
_ID: Final = 64
_COLUMNS: Final = "place, stream, first, last, ids, lines"


class PlacedEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a run."""

    place: int
    """Its number in the order in which this node applied events."""
    stream: str
    seq: int
    id: str
    """The hash of the line, in hex."""
    line: bytes
    """The exact line, without the newline."""


class EventContent(msgspec.Struct, frozen=True, gc=False):
    """The content of a line: without the signature, and without where in its stream it is."""

    hlc: str
    type: str
    body: msgspec.Raw


content_of: Final = decoder(EventContent)
"""Return the content of a line that was verified."""


def body_of_content(what: EventContent) -> Body | None:
    """Return the checked body, None when this program does not know its type or rejects it."""
    raw = bytes(what.body)
    return _inventory(raw) if what.type == LibraryFound.type_name else _decoded(what.type, raw)


@lru_cache(32)
def _inventory(raw: bytes) -> Body | None:
    """Return the body of a part of an inventory, cached: it is read once for each item."""
    return _decoded(LibraryFound.type_name, raw)


def _decoded(type_name: str, raw: bytes) -> Body | None:
    try:
        return body_of(type_name, raw)
    except Rejected:
        return None


class Runs:
    """The table `runs`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, stream: str, first: int, ids: Sequence[str], lines: Sequence[bytes], now: int) -> int:
        """Add consecutive events, the first of seq `first`, applied `now` (ms); return its place.

        No event of the stream from `first` on may be there already.
        """
        row = self._db.row("SELECT place + last - first + 1 FROM runs ORDER BY place DESC LIMIT 1")
        place = int(row[0]) if row else 1
        self._db.write_many(
            f"INSERT INTO runs({_COLUMNS}, hlc, applied) VALUES(?,?,?,?,?,?,?,?)",
            [
                (
                    place + at,
                    stream,
                    first + at,
                    first + end - 1,
                    "".join(ids[at:end]),
                    b"\n".join(lines[at:end]),
                    content_of(lines[end - 1]).hlc,
                    now,
                )
                for at, end in _parts(lines)
            ],
        )
        return place

    def last(self, stream: str) -> int:
        """Return the highest seq of a stream, 0 when there is none."""
        row = self._db.row("SELECT max(last) FROM runs WHERE stream=?", (stream,))
        return int(row[0] or 0) if row else 0

    def id_at(self, stream: str, seq: int) -> str | None:
        """Return the id of an event, None when it is not there."""
        row = self._db.row(
            f"SELECT last, substr(ids, 1 + {_ID} * (? - first), {_ID}) FROM runs WHERE stream=? AND first<=? "
            "ORDER BY first DESC LIMIT 1",
            (seq, stream, seq),
        )
        return str(row[1]) if row and seq <= row[0] else None

    def since(self, stream: str, seq: int, limit: int) -> list[PlacedEvent]:
        """Return at most `limit` events of a stream from `seq` on, in order."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE stream=? AND first<? "
            "AND first>=ifnull((SELECT max(first) FROM runs WHERE stream=? AND first<=?), 0) ORDER BY first",
            (stream, seq + limit, stream, seq),
        )
        return [kept for row in rows for kept in events_of_row(row) if seq <= kept.seq < seq + limit]

    def after(self, place: int, rows: int) -> list[PlacedEvent]:
        """Return the events of the next rows after a place, the last of its row (0: from the start)."""
        found = self._db.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE place>? ORDER BY place LIMIT ?", (place, rows)
        )
        return [kept for row in found for kept in events_of_row(row)]

    def newest(self, limit: int, after: int) -> list[PlacedEvent]:
        """Return the last events whose place is above `after`, at most `limit`, in order of place."""
        lengths = self._db.rows(
            "SELECT place, last - first + 1 FROM runs WHERE place + last - first > ? ORDER BY place DESC LIMIT ?",
            (after, limit),
        )
        found = start = 0
        for place, length in lengths:
            if found < limit:
                start, found = int(place), found + int(length)
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE ?>0 AND place>=? ORDER BY place", (start, start)
        )
        return [kept for row in rows for kept in events_of_row(row) if kept.place > after][-limit:]

    def at(self, places: Iterable[int]) -> Iterator[PlacedEvent]:
        """Yield the events at these places, in order of place."""
        row: Row | None = None
        for place in sorted(set(places)):
            if row is None or place > row[0] + row[3] - row[2]:
                row = self._db.row(
                    f"SELECT {_COLUMNS} FROM runs WHERE place<=? ORDER BY place DESC LIMIT 1", (place,)
                )
            if row is not None and place <= row[0] + row[3] - row[2]:
                yield _event(row, place - row[0])

    def stated_between(self, since: int, now: int) -> Iterator[PlacedEvent]:
        """Yield the events stamped since `since` (ms), and applied between that and `now`.

        Both, so that a clock that was ahead for a year makes nothing new for a year: an event that its author
        stamped so is new only while it was applied recently, and an event that was applied while the clock of
        this node was ahead is not new at all.
        """
        hlc = text_of(since)
        sql = "SELECT place FROM runs WHERE hlc>=? AND applied BETWEEN ? AND ?"
        for (place,) in self._db.rows(sql, (hlc, since, now)):
            for row in self._db.rows(f"SELECT {_COLUMNS} FROM runs WHERE place=?", (place,)):
                yield from (kept for kept in events_of_row(row) if content_of(kept.line).hlc >= hlc)

    def count(self) -> int:
        """Return how many events there are."""
        row = self._db.row("SELECT ifnull(sum(last - first + 1), 0) FROM runs")
        return int(row[0]) if row else 0


def _parts(lines: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the rows, each of at most `MAX_RUN` bytes or one line."""
    at = size = 0
    for number, line in enumerate(lines):
        if size and size + len(line) > MAX_RUN:
            yield at, number
            at, size = number, 0
        size += len(line)
    yield at, len(lines)


def events_of_row(row: Row) -> list[PlacedEvent]:
    """Return the events of a row of (place, stream, first, last, ids, lines), in order."""
    place, stream, first, _, ids, lines = row
    return [
        PlacedEvent(place + number, stream, first + number, ids[_ID * number : _ID * (number + 1)], line)
        for number, line in enumerate(lines.split(b"\n"))
    ]


def _event(row: Row, number: int) -> PlacedEvent:
    place, stream, first, _, ids, lines = row
    line = lines.split(b"\n", number + 1)[number]
    return PlacedEvent(place + number, stream, first + number, ids[_ID * number : _ID * (number + 1)], line)
