"""Make the catalogue: fold each item once after its last event, and keep what lists show.

It is made in small steps, each of few folds and one short transaction, so that a database of many events is
never read at once. A list that is asked for meanwhile shows what there is, and says so.
"""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

import msgspec

from mesharr.core.registry.facts import Cuts
from mesharr.core.registry.fold import FOLD
from mesharr.core.registry.item_state import ItemState
from mesharr.node.library_items import title_in
from mesharr.state.events.catalogue import CatalogueProgress, CatalogueRow, CatalogueSearch, OwnerCount
from mesharr.state.state import State

ITEMS = 50
"""Items that one step of the first making folds."""
ROWS = 2
"""Rows of events (`mesharr.state.events.runs`) that one step reads afterwards."""
PAGE = 50
"""Items of one page of a list."""


class LibraryItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the mesh, as lists show it."""

    library: str
    item: str
    title: str
    kind: str
    """movie, series, artist or author."""
    owners: tuple[str, ...]
    """The nodes that own a unit of it, who owns most first."""
    has: tuple[str, ...]
    """The nodes known to have it: this one by its app, others by what they published. What a peer was only
    given it does not publish.
    """
    files: int
    size: int
    """The bytes of its files."""


class LibraryDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Items of the mesh in order of title, and how many there are."""

    items: tuple[LibraryItem, ...]
    count: int
    """How many items match."""
    owners: tuple[OwnerCount, ...]
    """How much each node owns, of all items."""
    complete: bool
    """Whether every event counts already: after a start, the list is made item by item."""


def library_document(
    state: State, me: str, what: CatalogueSearch, page: int = 1, per_page: int = PAGE
) -> LibraryDocument:
    """Return one page of the items that match, without a fold; `me` is this node."""
    count, rows = state.catalogue.search(what, per_page, (max(1, page) - 1) * per_page)
    return LibraryDocument(
        items=tuple(_listed(state, me, row) for row in rows),
        count=count,
        owners=tuple(state.catalogue.owners()),
        complete=is_complete(state),
    )


def _listed(state: State, me: str, row: CatalogueRow) -> LibraryItem:
    """Return an item as lists show it."""
    return LibraryItem(
        library=row.library,
        item=row.item,
        title=row.title,
        kind=row.kind,
        owners=row.owners,
        has=known_holders(state, me, row.library, row.item, row.has),
        files=row.files,
        size=row.size,
    )


def is_complete(state: State) -> bool:
    """Return whether the catalogue has every applied event."""
    known = state.catalogue.progress()
    return known.whole and known.place >= state.catalogue.last_place()


def refresh(state: State) -> bool:
    """Make one step; return whether another one is needed."""
    cuts = state.streams.cuts()
    made_by = f"{FOLD} {sha256(msgspec.json.encode(cuts, order='deterministic')).hexdigest()[:16]}"
    known = state.catalogue.progress()
    if known.made_by != made_by:
        # the place is noted first: what is applied while all items are read is read again after it
        known = CatalogueProgress(made_by, state.catalogue.last_place())
    return _next_items(state, cuts, known) if not known.whole else _next_events(state, cuts, known)


def _next_items(state: State, cuts: Cuts, known: CatalogueProgress) -> bool:
    """Read the next items of all: the catalogue is new, or of another fold."""
    items = state.catalogue.next_items(known.library, known.item, ITEMS)
    library, item = items[-1] if items else ("", "")
    _put(state, cuts, items, CatalogueProgress(known.made_by, known.place, library, item, whole=not items))
    return bool(items) or not is_complete(state)


def _next_events(state: State, cuts: Cuts, known: CatalogueProgress) -> bool:
    """Read the items that the next events are about."""
    read = state.index.read(known.place, ROWS)
    if read is None:
        return False
    _put(state, cuts, read.items, msgspec.structs.replace(known, place=read.last))
    return True


def _put(state: State, cuts: Cuts, items: Iterable[tuple[str, str]], progress: CatalogueProgress) -> None:
    rows: list[CatalogueRow] = []
    gone: list[tuple[str, str]] = []
    for library, item in state.items.with_those_around(items):
        found = state.items.state(library, item, cuts)
        rows.append(_row(found))
        gone += [(library, id_) for id_ in found.ids if id_ != found.id]
    state.catalogue.put(rows, gone, progress)


def owners_of(found: ItemState) -> tuple[str, ...]:
    """Return the nodes that own a unit of an item, who owns most first."""
    owned = Counter(owner for unit in found.owned_units if (owner := found.owner_of(unit)))
    return tuple(sorted(owned, key=lambda node: (-owned[node], node)))


def holders_of(found: ItemState) -> tuple[str, ...]:
    """Return the nodes that added an item, own or brought a part of it, and did not leave it."""
    brought = {living.brought_by for living in found.copies.values()}
    return tuple(sorted(brought.union(found.adders, owners_of(found)) - found.left_by))


def known_holders(
    state: State, me: str, library: str, item: str, published: tuple[str, ...]
) -> tuple[str, ...]:
    """Return who has an item: those who published that, and this node when its app lists it."""
    return tuple(sorted({*published, me})) if me and state.items.is_listed(library, item) else published


def _row(found: ItemState) -> CatalogueRow:
    return CatalogueRow(
        library=found.library,
        item=found.id,
        ids=found.item.all_ids if found.item else (),
        title=found.item.called if found.item else title_in(found, found.id),
        kind=found.item.kind if found.item else "",
        owners=owners_of(found),
        has=holders_of(found),
        files=len(found.copies),
        size=sum(living.copy.size for living in found.copies.values()),
        present=found.present and not found.moved_to,
    )
