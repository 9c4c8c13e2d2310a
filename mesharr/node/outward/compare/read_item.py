"""Hold what a comparison reads of an item: where its app lists it, and what was asked."""

from collections.abc import Mapping, Sequence

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.node.model import Library


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Where an app lists an item, seen from one of the app's libraries.

    All fields are empty when the app does not list the item.
    """

    snapshot: Snapshot | None = None
    """The item in this library, None when it is not in this library."""
    moved_to: str = ""
    """The other library of the app that the item is in, "" when there is none."""
    outside_folder: str = ""
    """The item's folder when it is in no library of the app, else ""."""
    title: str = ""
    """The item's title in the app."""
    unshared: Mapping[str, str] = {}
    """Why each path of the item in this library cannot be stated by an event."""
    namesakes: frozenset[str] = frozenset()
    """The keys of its files beside which another one lies whose name differs in spelling only."""

    @property
    def is_unshared(self) -> bool:
        """Whether the item is in this library, in a folder that no event can state."""
        return self.snapshot is None and bool(self.unshared)


class ReadItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as its app was read, to be compared in one of the app's libraries."""

    library: Library
    id: str
    listing: Listing
    signals: Sequence[Signal]
    """What webhooks, scripts and the app's history state of it."""
    before: Baseline | None
    """What was kept of it when its app was read: another baseline means that it was processed since."""
    only_local: frozenset[str]
    """The keys of its files that are on the local branch only."""
    restarted: bool
    """Whether the app was started again since the whole library was compared."""
