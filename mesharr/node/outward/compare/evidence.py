"""Collect what is known of an item beside what its app lists now."""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.detect.model import Evidence
from mesharr.core.detect.returned import may_have_returned
from mesharr.core.durations import HOUR_MS
from mesharr.core.events.schema import ItemLeft, ItemMoved
from mesharr.node.model import Library, Me, libraries_of
from mesharr.node.outward.compare.read_item import Listing, ReadItem
from mesharr.node.outward.compare.signals import evidence_of, unheard
from mesharr.node.outward.names.replaced_ids import is_known_row
from mesharr.state.state import State

JUST_ADDED_MS = HOUR_MS
"""For how long the files that an app finds by itself are those of an item that the user added in it."""


class ItemEvidence:
    """Collects the evidence of items."""

    def __init__(self, me: Me, libraries: Mapping[str, Library], state: State) -> None:
        self._me = me
        self._libraries = libraries
        self._state = state

    def of(self, read: ReadItem, now: int) -> Evidence:
        """Return all evidence of an item that was read."""
        library, item, listing = read.library, read.id, read.listing
        return msgspec.structs.replace(
            self.told(library, item, read.signals),
            moved_to=listing.moved_to,
            moved_here=listing.snapshot is not None and self._has_moved_here(library, item),
            came_back=self._came_back(read),
            wanted_again=self._is_wanted_again(library, item),
            only_local=read.only_local,
            namesakes=listing.namesakes,
            found_after_add=self._was_just_added(library, item, listing.snapshot, now),
            outside_folder=listing.outside_folder,
        )

    def told(self, library: Library, item: str, signals: Iterable[Signal]) -> Evidence:
        """Return what webhooks, scripts and the app's history state of an item."""
        baseline, began = (
            self._state.items.baseline(library.name, item),
            self._state.libraries.began(library.name),
        )
        new = unheard(signals, library.root, baseline.heard if baseline else {})
        found = evidence_of(new, library.root, began)
        if found.news and item in self._state.outbox.new_ids(library.name):
            return msgspec.structs.replace(found, news=frozenset())  # the mesh has its files by the former id
        return found

    def last_seen(
        self, library: Library, item: str, listing: Listing, signals: Iterable[Signal]
    ) -> Baseline | None:
        """Return what the app listed of an item when mesharr last finished with it, None: nothing.

        Of an item that is deleted while a new incarnation's first day goes on, this was before that began.
        """
        known = self._state.items.baseline(library.name, item)
        if known is None and listing.snapshot is None and any(each.kind == "deleted" for each in signals):
            known = self._state.items.former_baseline(library.name, item)
        return known if known and known.present else None

    def may_have_returned(self, library: Library, item: str) -> bool:
        """Return whether this household or the mesh has removed an item that the app lists."""
        queued = (entry.body for entry in self._state.outbox.of(library.name, item))
        return may_have_returned(
            self._state.items.baseline(library.name, item),
            self._state.items.state(library.name, item),
            self._me.node,
            is_leaving=any(isinstance(body, ItemLeft) for body in queued),
        )

    def _came_back(self, read: ReadItem) -> bool:
        """Return whether an item came back with a start of the app, unapproved by the user.

        Unapproved: the user did not state that the item may come back. A user's add has a webhook; a row of
        an older database has none.
        """
        if any(signal.kind == "added" for signal in read.signals):
            return False
        question = self._state.asked.get(read.library.name, read.id)
        if question is not None and question.kind == "returned":
            return question.answer in {"", "remove"}
        return read.restarted and self.may_have_returned(read.library, read.id)

    def _is_wanted_again(self, library: Library, item: str) -> bool:
        question = self._state.asked.get(library.name, item)
        return question is not None and question.answer in {"restore", "queued"}

    def _was_just_added(self, library: Library, item: str, snapshot: Snapshot | None, now: int) -> bool:
        """Return whether this household, not mesharr, added an item in its app a short time ago."""
        if snapshot is None or snapshot.mirrored or self._state.items.memory(library.name, item).added_at:
            return False
        baseline = self._state.items.baseline(library.name, item)
        if baseline is None or not baseline.present:
            return not is_known_row(self._state, library.name, snapshot)
        return 0 <= now - baseline.added_at < JUST_ADDED_MS

    def _has_moved_here(self, library: Library, item: str) -> bool:
        """Return whether an item of this library was in another library of the same app before."""
        others = {each.name for each in libraries_of(self._libraries, library.app)} - {library.name}
        if not others or any(self._state.items.was_listed(name, item) for name in others):
            return bool(others)
        queued = [entry.body for name in others for entry in self._state.outbox.of(name, item)]
        moves = {body.library for body in queued if isinstance(body, ItemMoved) and body.to == library.name}
        return bool(others & {*moves, *self._state.items.state(library.name, item).moved_from})
