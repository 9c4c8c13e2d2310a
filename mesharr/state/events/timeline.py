"""The events of all streams, the one that this node applied last first."""

from collections.abc import Iterable, Iterator

import msgspec

from mesharr.state.db import Database
from mesharr.state.events.runs import PlacedEvent, Runs, events_of_row


class AppliedEvent(msgspec.Struct, frozen=True):
    """One event, and when this node applied it."""

    event: PlacedEvent
    applied: int
    """By the clock of this node (ms)."""


class Timeline:
    """The table `runs`, read backwards in small steps."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runs = Runs(db)

    def before(self, place: int) -> Iterator[AppliedEvent]:
        """Yield the events before a place (0: all of them), the one that was applied last first.

        Each row of the table is read when it is reached.
        """
        while True:
            row = self._db.row(
                "SELECT place, stream, first, last, ids, lines, applied FROM runs WHERE place<? ORDER BY place DESC LIMIT 1",
                (place or 1 << 62,),
            )
            if row is None:
                return
            *columns, applied = row
            for event in reversed(events_of_row(tuple(columns))):
                if not place or event.place < place:
                    yield AppliedEvent(event, int(applied))
            place = int(row[0])

    def about(self, library: str, ids: Iterable[str], limit: int) -> list[AppliedEvent]:
        """Return the newest events about an item, given with all its ids, newest first."""
        places = {
            int(row[0])
            for id_ in ids
            for row in self._db.rows(
                "SELECT place FROM about WHERE library=? AND item=? ORDER BY place DESC LIMIT ?",
                (library, id_, limit),
            )
        }
        newest = sorted(places)[-limit:]
        found = [AppliedEvent(event, self._applied(event.place)) for event in self._runs.at(newest)]
        return found[::-1]

    def _applied(self, place: int) -> int:
        row = self._db.row("SELECT applied FROM runs WHERE place<=? ORDER BY place DESC LIMIT 1", (place,))
        return int(row[0]) if row else 0
