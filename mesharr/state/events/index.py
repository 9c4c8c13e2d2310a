"""The index of the events, made of their lines: by which items and types each is found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from mesharr.core.events.schema import is_found_by_type
from mesharr.state.db import Database
from mesharr.state.events.runs import Runs, body_of_content, content_of


class IndexedRows(msgspec.Struct, frozen=True):
    """The index of some events, as it is read from their lines."""

    last: int
    """The place of the last of them."""
    about: Sequence[tuple[str, str, int]]
    """(library, item, place), once for each item that an event is about."""
    typed: Sequence[tuple[str, str, int, str]]
    """(type, stream, seq, clock value) of each event whose type is `found_by_type`."""

    not_understood: Mapping[str, int]
    """By stream the bytes of the lines that are found by nothing."""

    @property
    def items(self) -> Sequence[tuple[str, str]]:
        """The (library, item) pairs that the events are about, each once."""
        return _items(self.about)


class IndexProgress(msgspec.Struct, frozen=True):
    """Which program made the index, and how far another one is in making it again."""

    made_by: str
    """What the program made of events that made the index last: the words of `refold.understood`, "" unknown."""
    remade_by: str
    """The same of the program that is making it again, "" when none is."""
    place: int
    """The place up to which that one is."""


class Index:
    """The tables `about` and `by_type`, and `index_made`: which program they are of."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runs = Runs(db)

    def read(self, after: int, rows: int) -> IndexedRows | None:
        """Return the index of the events in the next rows after a place, None when none follow."""
        kept = self._runs.after(after, rows)
        if not kept:
            return None
        about: list[tuple[str, str, int]] = []
        typed: list[tuple[str, str, int, str]] = []
        unknown: dict[str, int] = defaultdict(int)
        for each in kept:
            what = content_of(each.line)
            body = body_of_content(what)
            items = body.touched_items() if body else ()
            about += [(library, item, each.place) for library, item in items]
            if is_found_by_type(what.type):
                typed.append((what.type, each.stream, each.seq, what.hlc))
            elif not items:
                unknown[each.stream] += len(each.line)
        return IndexedRows(kept[-1].place, about, typed, unknown)

    def add(self, looked: IndexedRows) -> Sequence[tuple[str, str]]:
        """Add rows to the index; what is in it stays.

        Returns the (library, item) pairs of the entries that were not in it, each once.
        """
        fresh = sorted(entry for entry in looked.about if not self._has(entry))
        self._db.write_many("INSERT OR IGNORE INTO about VALUES(?,?,?)", fresh)
        self._db.write_many("INSERT OR IGNORE INTO by_type VALUES(?,?,?,?)", looked.typed)
        return _items(fresh)

    def progress(self) -> IndexProgress:
        """Return which program made the index, and how far another one is in making it again."""
        row = self._db.row("SELECT made_by, remade_by, place FROM index_made")
        assert row is not None  # inserted with the table
        return IndexProgress(*row)

    def note_progress(self, remade_by: str, place: int) -> None:
        """Keep how far a program is in making the index again."""
        self._db.write("UPDATE index_made SET remade_by=?, place=?", (remade_by, place))

    def note_made(self, made_by: str) -> None:
        """Keep which program made the index."""
        self._db.write("UPDATE index_made SET made_by=?, remade_by='', place=0", (made_by,))

    def _has(self, entry: tuple[str, str, int]) -> bool:
        return self._db.row("SELECT 1 FROM about WHERE library=? AND item=? AND place=?", entry) is not None


def _items(about: Sequence[tuple[str, str, int]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((library, item) for library, item, _ in about))
