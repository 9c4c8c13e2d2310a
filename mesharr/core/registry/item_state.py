"""The state of one item in the registry, as `mesharr.core.registry.fold` makes it."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from mesharr.core.events.base import Copy, Heads, Item, Vector
from mesharr.core.registry.facts import Stamp
from mesharr.core.registry.ownership import Lock, Owner
from mesharr.core.registry.places import Standing


class LivingCopy(msgspec.Struct, frozen=True, gc=False):
    """A copy that no event has ended."""

    copy: Copy
    node: str
    """The node that stated the copy last."""
    stamp: Stamp
    """The stamp of that statement."""
    origin: str = ""
    """The node that imported or found the file, whoever renamed it since; "" for the one in `node`."""

    def is_seen(self, seen: Vector) -> bool:
        """Return whether this node, when it had applied this much, knew of the statement."""
        _, node, inc, seq = self.stamp
        reached, _ = seen.get(f"{node}.{inc}", (0, ""))
        return seq <= reached

    @property
    def brought_by(self) -> str:
        """The node that imported or found the file, whoever renamed it since."""
        return self.origin or self.node

    def is_known_by(self, node: str) -> bool:
        """Return whether the app of a node says which units the file is.

        That is who brought it, until another one renames it: an app may read a file by the name that it has.
        """
        return node == self.node == self.brought_by

    def restated(self, listed: Copy, by: str) -> Copy:
        """Return the file as a node states it whose app lists it with another name or size.

        It stays the units that the mesh has it as, unless it is known by that node. The same episode may have
        another number since.
        """
        copy = self.copy
        is_same = set(listed.units) == set(copy.units)
        is_renumbered = bool(copy.checks) and set(listed.checks.values()) == set(copy.checks.values())
        if is_same or is_renumbered or self.is_known_by(by):
            return listed
        return msgspec.structs.replace(
            listed, units=copy.units, checks=copy.checks, parts=copy.parts, release=copy.release
        )


class ItemState(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the mesh holds of one item: the fold of all events about it."""

    library: str
    id: str
    """The id under which the item is known now."""
    ids: tuple[str, ...] = ()
    """All ids that are this item, sorted (`mesharr.core.registry.identity.one_item`)."""
    stated_ids: frozenset[str] = frozenset()
    """Those under which an add, an inventory entry or a copy that counts is stated."""
    item: Item | None = None
    """The description by the node that may describe it, None when no event describes the item
    (`mesharr.core.registry.identity.description`).
    """
    folder: str = ""
    standing: Standing = Standing()
    """Which of two items in this folder keeps it: the one with the greater standing."""
    series_type: str = ""
    series_type_version: int = 0
    """The version of the last change of the series type, 0 when it was never changed."""
    series_type_by: str = ""
    """The node that published that change."""
    version: int = 0
    """The highest version, below the maximum, of a change of folder or series type."""
    copies: Mapping[str, LivingCopy] = {}
    """The living copies, by `same_key` of their path."""
    ended: Mapping[str, str] = {}
    """The paths of copies that were stated and have ended, by `same_key`."""
    handed_over: Mapping[str, Stamp] = {}
    """The keys of ended paths whose file is on the drive still, as another item's; since which event."""
    former_spellings: Mapping[str, tuple[str, ...]] = {}
    """By the key of a living copy, the other spellings of its path that an event has ended."""
    concurrent_endings: Mapping[str, str] = {}
    """By the key of a living copy, when (HLC) another stream ended its path, neither author knowing of the
    other's event.
    """
    owners: Mapping[str, Owner] = {}
    """The owner of each unit."""
    upgrading: tuple[str, ...] = ()
    """The units without a file whose owner took it away for a better one, which is on its way."""
    terms: Mapping[str, int] = {}
    """The highest term, below the maximum, of each unit."""
    events_at_maximum: Heads = {}
    """The events at the maximum term that an import, a claim or a change has to name in `over`
    (`mesharr.core.registry.supersede`).
    """
    locks: Mapping[str, tuple[Lock, ...]] = {}
    """The grabs of each unit that were not ended, the first one first."""
    owner_changes: Mapping[str, tuple[str, ...]] = {}
    """When (HLC) claims last took each unit from another owner, oldest first."""
    adders: tuple[str, ...] = ()
    """The nodes whose app lists the item, as far as they published an add or an inventory."""
    left_by: frozenset[str] = frozenset()
    """The nodes whose app no longer lists the item."""
    contributors: frozenset[str] = frozenset()
    """The nodes that ever imported or claimed a unit of the item."""
    removed_by: str = ""
    """The node whose removal made the item go, "" while the item is present or was never removed."""
    moved_to: str = ""
    """The library that the item went to, "" when it is here."""
    moved_from: tuple[str, ...] = ()
    """The libraries that the item came from, and did not go back to."""
    origin: str = ""
    """The node that the item is tagged with: its owner, else who has a file, else who added it."""
    seen: Vector = {}
    """What an event that is decided on this state names in `seen`: of each stream the last event that the
    state is made of. Of more streams than fit, those that an ending would have to name come first.
    """

    left_out: Mapping[str, int] = {}
    """By stream how many of its events are too many of one item to count (`mesharr.core.registry.bounds`)."""

    @property
    def present(self) -> bool:
        """Whether an add, an inventory entry or a copy of the item counts still."""
        return bool(self.adders or self.copies)

    def copies_of(self, unit: str) -> tuple[LivingCopy, ...]:
        """Return the living copies that satisfy a unit."""
        return tuple(living for living in self.copies.values() if unit in living.copy.units)

    def is_looked_after(self, living: LivingCopy, node: str) -> bool:
        """Return whether a node tells when a copy is gone: its own, or of who left the item."""
        return living.node == node or living.node in self.left_by

    def owner_of(self, unit: str) -> str:
        """Return the node that owns a unit, "" when nobody does or it is not in `owned_units`."""
        owner = self.owners.get(unit)
        return owner.node if owner and unit in self.owned_units else ""

    def was_owned(self, units: Iterable[str]) -> bool:
        """Return whether anybody has ever imported or claimed one of these units."""
        return any(unit in self.terms or unit in self.owners for unit in units)

    @cached_property
    def owned_units(self) -> frozenset[str]:
        """The units that an owner counts for: those with a file, or whose better file is on its way."""
        # Cached, because a series is asked for the owner of each of its units.
        units = (unit for living in self.copies.values() for unit in living.copy.units)
        return frozenset((*units, *self.upgrading))

    def encoded(self) -> bytes:
        """Return the state as bytes that are equal exactly when the states are."""
        return msgspec.json.encode(self, order="deterministic")


def whole_sets(copies: Mapping[str, LivingCopy], owner: str) -> dict[str, list[str]]:
    """Return the sets of a unit's copies that are the whole unit each, by who brought them.

    All are named by their keys. What one node brought is the whole unit, with the tracks that are not in it
    and that others brought: of two files for such a track the one of the unit's `owner`.
    """
    sets: dict[str, list[str]] = {}
    for node in dict.fromkeys(living.brought_by for living in copies.values()):
        sets[node] = whole = [key for key, living in copies.items() if living.brought_by == node]
        own = [copies[key].copy for key in whole]
        if not all(copy.parts for copy in own):
            continue
        releases, parts = {copy.release for copy in own}, {part for copy in own for part in copy.parts}
        for key in sorted(copies.keys() - whole, key=lambda key: (copies[key].brought_by != owner, key)):
            copy = copies[key].copy
            if copy.parts and {copy.release} == releases and parts.isdisjoint(copy.parts):
                whole.append(key)
                parts.update(copy.parts)
    return sets
