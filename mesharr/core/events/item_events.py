"""The events about items, and the inventory.

An item is added, changed, moved, given another id, left or removed.
"""

from collections.abc import Callable, Collection, Iterable
from typing import ClassVar, Self

import msgspec

from mesharr.core.events.base import (
    PLACE,
    REASSIGNED,
    ActivityKind,
    Body,
    Copy,
    Heads,
    InNewIncarnation,
    Item,
    ItemBodyById,
    ItemBodyInFull,
    Part,
    Vector,
    count_words,
)
from mesharr.core.events.chunking import grouped, room_inside, size_of
from mesharr.core.text import quantity


class ItemAdded(ItemBodyInFull, frozen=True, kw_only=True):
    """The author's app has a new item."""

    type_name: ClassVar[str] = "item.added"
    in_new_incarnation: ClassVar[InNewIncarnation] = "prove_again"
    activity: ClassVar[ActivityKind] = "added"

    def deed(self, title: str) -> str:
        """Return that the author added the item."""
        return f"added {title}"


class ItemChanged(ItemBodyById, frozen=True, kw_only=True):
    """The folder or the series type of an item changed."""

    type_name: ClassVar[str] = "item.changed"
    activity: ClassVar[ActivityKind] = "changed"

    folder: str = ""
    """The new folder, "" when the folder is the same."""
    series_type: str = ""
    """The new series type, "" when the series type is the same."""
    version: int = 1
    """1 + the version that the author saw."""
    over: Heads = {}
    """The changes at the maximum version that this one supersedes."""

    @property
    def rank(self) -> int:
        """The version of the change."""
        return self.version

    @property
    def registers(self) -> tuple[str, ...]:
        """The register of folder and series type."""
        return (PLACE,)

    def deed(self, title: str) -> str:
        """Return what the author changed of the item."""
        if self.folder:
            return f"moved {title} to the folder {self.folder}"
        return f"made {title} a series of the type {self.series_type}"


class ItemMoved(ItemBodyById, frozen=True, kw_only=True):
    """An item went to another library."""

    type_name: ClassVar[str] = "item.moved"
    activity: ClassVar[ActivityKind] = "changed"

    to: str
    """The name of the other library."""

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return the item in both libraries."""
        return ((self.library, self.id), (self.to, self.id))

    def deed(self, title: str) -> str:
        """Return to which library the author moved the item."""
        return f"moved {title} to the library {self.to}"


class ItemAliased(ItemBodyById, frozen=True, kw_only=True):
    """The foreign id of an item was replaced by another one."""

    type_name: ClassVar[str] = "item.aliased"
    activity: ClassVar[ActivityKind] = "changed"
    found_by_type: ClassVar[bool] = True

    alias: str
    """The new id; it names the same item as `id`."""

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return the item under both of its ids."""
        return ((self.library, self.id), (self.library, self.alias))

    def deed(self, title: str) -> str:
        """Return by which other id the author knows the item."""
        return f"knows {title} by another id now: {self.alias}"


class ItemLeft(ItemBodyById, frozen=True, kw_only=True):
    """The author's app no longer lists an item, whose files are untouched."""

    type_name: ClassVar[str] = "item.left"
    in_new_incarnation: ClassVar[InNewIncarnation] = "prove_again"
    activity: ClassVar[ActivityKind] = "removed"

    def deed(self, title: str) -> str:
        """Return that the author's app has the item no more."""
        return f"removed {title} from the app"


class ItemRemoved(ItemBodyById, frozen=True, kw_only=True):
    """An item left the author's app, and its files are proven gone from the drive."""

    type_name: ClassVar[str] = "item.removed"
    in_new_incarnation: ClassVar[InNewIncarnation] = "prove_again"
    notice: ClassVar[str] = "removed"
    activity: ClassVar[ActivityKind] = "removed"

    reason: str = ""
    """The app's word for the deletion, "" when the user deleted the item."""
    seen: Vector
    """What the author had applied: the removal ends nothing that it had not seen."""

    @property
    def is_reassigned(self) -> bool:
        """Whether the files are on the drive still, and are another item's now."""
        return self.reason == REASSIGNED

    def deed(self, title: str) -> str:
        """Return that the author deleted the item, or to what its files belong."""
        if self.is_reassigned:
            return f"gave the files of {title} to another item"
        return f"deleted {title} with its files"


class Found(Part, frozen=True, kw_only=True):
    """One entry of an inventory."""

    item: Item
    copies: tuple[Copy, ...] = ()


class LibraryFound(Body, frozen=True, kw_only=True):
    """The author's app already had these items when the author joined. It makes nobody an owner."""

    type_name: ClassVar[str] = "library.found"
    in_new_incarnation: ClassVar[InNewIncarnation] = "first_day"
    activity: ClassVar[ActivityKind] = "added"
    divisible: ClassVar[str] = "items"

    library: str
    items: tuple[Found, ...]

    def touched_items(self) -> tuple[tuple[str, str], ...]:
        """Return every item of the inventory."""
        return tuple((self.library, found.item.id) for found in self.items)

    def item_in(self, ids: Collection[str]) -> Item | None:
        """Return the first entry's item that has one of these ids."""
        return next((found.item for found in self.items if found.item.id in ids), None)

    def stated_copies(self) -> tuple[Copy, ...]:
        """Return the copies of all entries."""
        return tuple(copy for found in self.items for copy in found.copies)

    def stated_copies_of(self, ids: Collection[str]) -> tuple[Copy, ...]:
        """Return the copies of the entries with one of these ids."""
        return tuple(copy for found in self.items if found.item.id in ids for copy in found.copies)

    def map_copies(self, change: Callable[[Copy], Copy | None]) -> Self:
        """Return the inventory with its copies changed; an entry may be left without copies."""
        items = (
            msgspec.structs.replace(
                found, copies=tuple(new for copy in found.copies if (new := change(copy)) is not None)
            )
            for found in self.items
        )
        return msgspec.structs.replace(self, items=tuple(items))

    def only_copies(self, paths: Collection[str]) -> Self:
        """Return the inventory of the copies at these paths, without entries that have none."""
        some = super().only_copies(paths)
        return msgspec.structs.replace(some, items=tuple(found for found in some.items if found.copies))

    def members_within(self, room: int) -> tuple[object, ...]:
        """Return the entries, one with more copies than fit into a line as several of the same item."""
        return tuple(part for found in self.items for part in _divided(found, room))

    def deed(self, title: str) -> str:
        """Return how many items the author had; an inventory has no title."""
        return f"listed {quantity(len(self.items), 'item')} that {self.library} had before mesharr"

    def counts(self) -> tuple[str, ...]:
        """Return how many entries the inventory has."""
        return (count_words(self.items, "item"),)


def _divided(found: Found, room: int) -> Iterable[Found]:
    if size_of(found) <= room or not found.copies:
        return (found,)
    copies = grouped(found.copies, room_inside(room, msgspec.structs.replace(found, copies=())))
    return (msgspec.structs.replace(found, copies=some) for some in copies)
