"""Which files of an item peers removed, as far as this node's mount proves them gone.

The media servers take those out of their trash. A file that was replaced or renamed is none of them: what a
media server had of it becomes the new one.
"""

from collections.abc import Collection, Mapping
from itertools import islice

import msgspec

from mesharr.core.events.schema import FileRemoved, ItemRemoved
from mesharr.core.paths import folder_of, same_key
from mesharr.core.registry.item_state import ItemState
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.model import Library, LibraryStorage
from mesharr.state.state import State

_AT_ONCE = 50
"""How many files are looked for at a time: the first that is there ends the look."""


def are_gone(storage: LibraryStorage, files: Mapping[str, int | None]) -> bool:
    """Return whether no file is left of these, neither on the drive nor on its way to it.

    Raises `Unavailable` while the library is not proven alive.
    """
    rest = iter(files.items())
    while some := dict(islice(rest, _AT_ONCE)):
        if len(storage.gone(some)) < len(some):
            return False
    return True


class Removals(msgspec.Struct, frozen=True):
    """What peers removed of an item since that was looked at last."""

    proven: bool = False
    """Whether files of the folders to scan are proven gone."""
    place: int = 0
    """The place of the newest event to which all removals are dealt with now, 0: as before."""

    def note(self, state: State, library: Library, item: str, now: int) -> None:
        """Have the media servers' trash emptied after the scans; the caller holds a transaction."""
        if self.proven:
            state.trash.put(library.trash_of, library.name, now)
        if self.place:
            state.trash.note_mark(library.name, item, self.place)


def removals_by_peers(
    context: VisitContext, library: Library, item: str, registry: ItemState, folders: Collection[str]
) -> Removals:
    """Return what peers removed of an item whose folders are scanned now.

    Raises `Unavailable` when the library is: what is absent then is not proven gone.
    """
    if not library.trash_of:
        return Removals()
    events = context.state.items.facts(library.name, item)
    removed: set[str] = set()
    for fact in events.after(context.state.trash.mark(library.name, item)):
        body = fact.body
        if fact.node == context.me.node:
            continue  # its files were noted when this household's app dropped them
        if isinstance(body, FileRemoved) and not (body.is_of_upgrade or body.is_reassigned):
            removed.update(map(same_key, body.paths))
        elif isinstance(body, ItemRemoved) and not body.is_reassigned:
            removed.update(registry.ended)
    ended = {
        key: path for key, path in registry.ended.items() if key in removed - registry.handed_over.keys()
    }
    here = [path for path in ended.values() if folder_of(path) in folders]
    stated = {copy.path: copy.size for fact in events.after(0) for copy in fact.body.stated_copies()}
    proven = bool(here) and are_gone(library.storage, {path: stated.get(path) for path in here})
    dealt_with = len(here) == len(ended) and proven == bool(here)
    return Removals(proven, max(events.version.last, default=0) if dealt_with else 0)
