"""The exact lines of verified events, kept as runs: consecutive events of one stream in one row.

Row by row a long log costs more than verifying it. Each event has a *place*: its number in the order in
which this node applied what it knows. A run holds the places from its own on, one for each of its lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Body, body_of
from mesharr.core.hlc import text_of
from mesharr.state.db import Database, Row

MAX_RUN: Final = 16 * 1024
"""Bytes of a row, unless one line has more: finding one event reads a whole row."""
_ID: Final = 64
_COLUMNS: Final = "place, stream, first, last, ids, lines"


class PlacedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as it is kept: its place, id in hex, and exact line without the newline."""

    place: int
    stream: str
    seq: int
    id: str
    line: bytes


class EventContent(msgspec.Struct, frozen=True, gc=False):
    """What a line says, its signature and its place in the stream left out."""

    hlc: str
    type: str
    body: msgspec.Raw


content_of: Final = msgspec.json.Decoder(EventContent).decode
"""Return what a line that was verified says."""


def body_of_content(what: EventContent) -> Body | None:
    """Return the checked body of what was said; None when this program knows no such type, or believes it not."""
    raw = bytes(what.body)
    return _inventory(raw) if what.type == "library.found" else _decoded(what.type, raw)


@lru_cache(32)
def _inventory(raw: bytes) -> Body | None:
    """Return what a part of an inventory says: it speaks of many items, which are looked at one by one."""
    return _decoded("library.found", raw)


def _decoded(type_name: str, raw: bytes) -> Body | None:
    try:
        return body_of(type_name, raw)
    except Rejected:
        return None


class Runs:
    """The table of runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, stream: str, first: int, ids: Sequence[str], lines: Sequence[bytes], now: int) -> int:
        """Keep consecutive events applied `now` (ms), the first of which has the seq `first`; return its place.

        Nothing of the stream may be held from `first` on.
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
        """Return the highest seq held of a stream, 0 when there is none."""
        row = self._db.row("SELECT max(last) FROM runs WHERE stream=?", (stream,))
        return int(row[0] or 0) if row else 0

    def id_at(self, stream: str, seq: int) -> str | None:
        """Return the id of an event, None when it is not held."""
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
        return [kept for row in rows for kept in _events(row) if seq <= kept.seq < seq + limit]

    def after(self, place: int, rows: int) -> list[PlacedEvent]:
        """Return the events of the next rows behind an event, which is the last of its row (0: from the first on)."""
        found = self._db.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE place>? ORDER BY place LIMIT ?", (place, rows)
        )
        return [kept for row in found for kept in _events(row)]

    def newest(self, limit: int, after: int) -> list[PlacedEvent]:
        """Return the events applied last whose place is above `after`, at most `limit`, in their order."""
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
        return [kept for row in rows for kept in _events(row) if kept.place > after][-limit:]

    def at(self, places: Iterable[int]) -> Iterator[PlacedEvent]:
        """Yield the events at these places, in the order of their places."""
        row: Row | None = None
        for place in sorted(set(places)):
            if row is None or place > row[0] + row[3] - row[2]:
                row = self._db.row(
                    f"SELECT {_COLUMNS} FROM runs WHERE place<=? ORDER BY place DESC LIMIT 1", (place,)
                )
            if row is not None and place <= row[0] + row[3] - row[2]:
                yield _event(row, place - row[0])

    def stated_between(self, since: int, now: int) -> Iterator[PlacedEvent]:
        """Yield the events said since then (ms, by the clocks of their authors), and applied between then and now.

        No clock that is a year ahead keeps things new for a year: what an author stamped so is new while it
        came lately, and what came while this node's own clock was ahead came at no time that was.
        """
        hlc = text_of(since)
        sql = "SELECT place FROM runs WHERE hlc>=? AND applied BETWEEN ? AND ?"
        for (place,) in self._db.rows(sql, (hlc, since, now)):
            for row in self._db.rows(f"SELECT {_COLUMNS} FROM runs WHERE place=?", (place,)):
                yield from (kept for kept in _events(row) if content_of(kept.line).hlc >= hlc)

    def count(self) -> int:
        """Return how many events are held."""
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


def _events(row: Row) -> Iterator[PlacedEvent]:
    place, stream, first, _, ids, lines = row
    for number, line in enumerate(lines.split(b"\n")):
        yield PlacedEvent(
            place + number, stream, first + number, ids[_ID * number : _ID * (number + 1)], line
        )


def _event(row: Row, number: int) -> PlacedEvent:
    place, stream, first, _, ids, lines = row
    line = lines.split(b"\n", number + 1)[number]
    return PlacedEvent(place + number, stream, first + number, ids[_ID * number : _ID * (number + 1)], line)
