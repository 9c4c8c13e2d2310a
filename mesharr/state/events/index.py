"""By which items and types a kept event is found: made of its line, as far as this program understands it."""

from collections.abc import Sequence

import msgspec

from mesharr.core.events.schema import is_found_by_type
from mesharr.state.db import Database
from mesharr.state.events.runs import Runs, body_said, said


class IndexedRows(msgspec.Struct, frozen=True):
    """What some kept events say: `about` are (library, item, place), once for each item an event speaks of,
    `typed` (type, stream, seq, clock value) of those whose type is `found_by_type`; `last` is the last one's place.
    """

    last: int
    about: Sequence[tuple[str, str, int]]
    typed: Sequence[tuple[str, str, int, str]]

    @property
    def items(self) -> Sequence[tuple[str, str]]:
        """The (library, item) pairs that the events speak of."""
        return _items(self.about)


class Index:
    """The tables `about` and `by_type`, beside the lines they are made of."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runs = Runs(db)

    def look(self, after: int, rows: int) -> IndexedRows | None:
        """Return what the events of the next rows (`mesharr.state.events.runs`) behind a place say; None: there are none."""
        kept = self._runs.after(after, rows)
        if not kept:
            return None
        about: list[tuple[str, str, int]] = []
        typed: list[tuple[str, str, int, str]] = []
        for each in kept:
            what = said(each.line)
            body = body_said(what)
            about += [(library, item, each.place) for library, item in (body.touched_items() if body else ())]
            if is_found_by_type(what.type):
                typed.append((what.type, each.stream, each.seq, what.hlc))
        return IndexedRows(kept[-1].place, about, typed)

    def complete(self, looked: IndexedRows) -> Sequence[tuple[str, str]]:
        """Have the events found by all they speak of; what was found before stays found.

        Returns the (library, item) pairs that one of them was not found by.
        """
        fresh = sorted(entry for entry in looked.about if not self._has(entry))
        self._db.write_many("INSERT OR IGNORE INTO about VALUES(?,?,?)", fresh)
        self._db.write_many("INSERT OR IGNORE INTO by_type VALUES(?,?,?,?)", looked.typed)
        return _items(fresh)

    def _has(self, entry: tuple[str, str, int]) -> bool:
        return self._db.row("SELECT 1 FROM about WHERE library=? AND item=? AND place=?", entry) is not None


def _items(about: Sequence[tuple[str, str, int]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((library, item) for library, item, _ in about))
