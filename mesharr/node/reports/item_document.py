"""Show one item: who owns it, who has it, where its files are, and what happened to it."""

from collections.abc import Sequence

import msgspec

from mesharr.core.registry.item_state import ItemState
from mesharr.node.library_items import title_in
from mesharr.node.reports.activity import Activity, item_history
from mesharr.node.reports.catalogue import holders_of, known_holders, owners_of
from mesharr.state.peers import Peer
from mesharr.state.state import State

MOST_FILES = 1_000
"""Files of one item that are listed: a series may have as many, and a hostile peer states more."""


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an item on the drive."""

    path: str
    """Relative to the library."""
    size: int
    """In bytes."""
    quality: str
    units: tuple[str, ...]
    """What of the item it is: episodes, albums, a book; a film is one unit."""
    owners: tuple[str, ...]
    """The nodes that own these units."""
    node: str
    """The node that brought it."""


class ItemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the mesh."""

    library: str
    item: str
    title: str
    kind: str
    present: bool
    """Whether the mesh has it still."""
    folder: str
    """Relative to the library."""
    listed_here: bool
    """Whether this node's app listed it when mesharr last finished with it."""
    owners: tuple[str, ...]
    """The nodes that own a unit of it, who owns most first."""
    has: tuple[str, ...]
    """The nodes known to have it: this one by its app, others by what they published."""
    files: tuple[FileReport, ...]
    """In order of their paths; lists are bounded."""
    files_in_all: int
    """How many there are."""
    waits: str
    """Why this node's app is not as the mesh wants it yet, "" when it is."""
    downloads: tuple[str, ...]
    """The nodes that download units of it."""
    history: tuple[Activity, ...]
    """The newest events about it."""


def item_document(
    state: State, node: str, peers: Sequence[Peer], library: str, item: str, most_files: int = MOST_FILES
) -> ItemDocument | None:
    """Return one item, None when no event is about it; `node` is this node."""
    if not state.streams.last_place(library, item):
        return None
    found = state.items.state(library, item)
    dirty = state.dirty.get(library, item)
    return ItemDocument(
        library=library,
        item=found.id,
        title=found.item.called if found.item else title_in(found, item),
        kind=found.item.kind if found.item else "",
        present=found.present and not found.moved_to,
        folder=found.folder,
        listed_here=state.items.was_listed(library, found.id),
        owners=owners_of(found),
        has=known_holders(state, node, library, found.id, holders_of(found)),
        files=_files(found, most_files),
        files_in_all=len(found.copies),
        waits=(dirty.why or "its turn is to come") if dirty and not dirty.is_done else "",
        downloads=tuple(sorted({lock.node for locks in found.locks.values() for lock in locks})),
        history=item_history(state, node, peers, library, found.id),
    )


def _files(found: ItemState, most: int) -> tuple[FileReport, ...]:
    return tuple(
        FileReport(
            path=living.copy.path,
            size=living.copy.size,
            quality=living.copy.quality,
            units=living.copy.units,
            owners=tuple(dict.fromkeys(filter(None, map(found.owner_of, living.copy.units)))),
            node=living.brought_by,
        )
        for living in sorted(found.copies.values(), key=lambda each: each.copy.path)[:most]
    )
