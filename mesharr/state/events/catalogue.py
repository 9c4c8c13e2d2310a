"""The catalogue: a row for each item with what lists show of it, as it was folded last.

It is a copy of what the events say, made so that no list folds every item
(`mesharr.node.reports.catalogue` makes it). It may be behind, and can be made again at any time.
"""

from collections.abc import Iterable, Sequence

import msgspec

from mesharr.core.text import id_of
from mesharr.state.db import Database, Row, decoder


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item, as lists show it."""

    library: str
    item: str
    """Its id, such as `tmdb:603`."""
    ids: tuple[str, ...] = ()
    """Its ids of every source, such as `imdb:tt0133093`."""
    title: str
    """With its year."""
    kind: str
    """movie, series, artist or author; "" while no event describes it."""
    owners: tuple[str, ...]
    """The nodes that own a unit of it, who owns most first."""
    has: tuple[str, ...]
    """The nodes whose app lists it, or that brought a file of it, as far as they published that."""
    files: int
    """How many files of it are on the drive."""
    size: int
    """Their bytes."""
    present: bool
    """Whether the mesh has it still."""


class CatalogueProgress(msgspec.Struct, frozen=True):
    """How far the catalogue is made."""

    made_by: str = ""
    """Of which fold it is, and what that leaves out: of another one, it is made again as a whole."""
    place: int = 0
    """The place of the last event that counts."""
    library: str = ""
    item: str = ""
    """The item up to which it was made as a whole, in the order of the index."""
    whole: bool = False
    """Whether it has every item up to that place."""


class CatalogueSearch(msgspec.Struct, frozen=True):
    """What is searched for; "" for anything."""

    text: str = ""
    """A part of the title, or an id of any source; one of IMDb also as `tt0133093`."""
    library: str = ""
    owner: str = ""


class OwnerCount(msgspec.Struct, frozen=True):
    """How much of the mesh one node owns."""

    owner: str
    """The node, "" for what nobody owns."""
    items: int
    size: int
    """In bytes."""


_row = decoder(CatalogueRow)


class Catalogue:
    """The tables `catalogue` and `catalogue_made`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def progress(self) -> CatalogueProgress:
        """Return how far the catalogue is made."""
        row = self._db.row("SELECT made_by, place, library, item, whole FROM catalogue_made")
        return CatalogueProgress(*row) if row else CatalogueProgress()

    def put(
        self, rows: Iterable[CatalogueRow], gone: Iterable[tuple[str, str]], progress: CatalogueProgress
    ) -> None:
        """Keep rows, and how far the catalogue is.

        `gone` are (library, item) ids that no row has any more.
        """
        with self._db.transaction():
            self._db.write_many("DELETE FROM catalogue WHERE library=? AND item=?", list(gone))
            self._db.write_many(
                "INSERT OR REPLACE INTO catalogue VALUES(?,?,?,?,?,?,?,?)", list(map(_columns, rows))
            )
            self._db.write(
                "INSERT OR REPLACE INTO catalogue_made VALUES(1,?,?,?,?,?)", msgspec.structs.astuple(progress)
            )

    def forget(self) -> None:
        """Forget every row: the catalogue is made again."""
        with self._db.transaction():
            self._db.write("DELETE FROM catalogue")
            self._db.write("DELETE FROM catalogue_made")

    def next_items(self, library: str, item: str, limit: int) -> list[tuple[str, str]]:
        """Return the next (library, item) pairs that an event is about, in the order of the index."""
        rows = self._db.rows(
            "SELECT DISTINCT library, item FROM about WHERE (library, item) > (?,?) ORDER BY library, item LIMIT ?",
            (library, item, limit),
        )
        return [(str(library), str(item)) for library, item in rows]

    def last_place(self) -> int:
        """Return the place of the event that was applied last, 0 without any."""
        row = self._db.row("SELECT place + last - first FROM runs ORDER BY place DESC LIMIT 1")
        return int(row[0]) if row else 0

    def get(self, library: str, item: str) -> CatalogueRow | None:
        """Return the row of an item, None when it has none."""
        row = self._db.row("SELECT value FROM catalogue WHERE library=? AND item=?", (library, item))
        return _row(row[0]) if row else None

    def search(self, what: CatalogueSearch, limit: int, skip: int = 0) -> tuple[int, Sequence[CatalogueRow]]:
        """Return how many present items match, and some of them in order of title."""
        where, values = _where(what)
        count = self._db.row(f"SELECT count(*) FROM catalogue WHERE {where}", values)
        rows = self._db.rows(
            f"SELECT value FROM catalogue WHERE {where} ORDER BY sort, library, item LIMIT ? OFFSET ?",
            (*values, limit, skip),
        )
        return (int(count[0]) if count else 0), [_row(value) for (value,) in rows]

    def owners(self) -> list[OwnerCount]:
        """Return how much each node owns, who owns most first."""
        rows = self._db.rows(
            "SELECT owner, count(*), sum(size) FROM catalogue WHERE present=1 GROUP BY owner ORDER BY 2 DESC, 1"
        )
        return [OwnerCount(*row) for row in rows]


def _columns(row: CatalogueRow) -> Row:
    owner = row.owners[0] if row.owners else ""
    return (
        row.library, row.item, row.title.casefold(), owner, row.size, row.present,
        f" {' '.join(row.ids).lower()} ", msgspec.json.encode(row),
    )  # fmt: skip


def _where(what: CatalogueSearch) -> tuple[str, tuple[str, ...]]:
    parts, values = ["present=1"], []
    if what.text:
        text = what.text.casefold()
        for special in "\\%_":
            text = text.replace(special, f"\\{special}")
        parts.append("(sort LIKE ? ESCAPE '\\' OR item=?)")
        values += [f"%{text}%", what.text]
        if ":" in (id_ := id_of(what.text.strip()).lower()):
            parts[-1] = f"({parts[-1]} OR instr(ids, ?))"
            values.append(f" {id_} ")
    for column, value in (("library", what.library), ("owner", what.owner)):
        if value:
            parts.append(f"{column}=?")
            values.append(value)
    return " AND ".join(parts), tuple(values)
