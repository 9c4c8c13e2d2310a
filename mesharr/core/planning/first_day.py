"""Decide what the first day publishes of an app's existing library and changes in the app.

An inventory makes nobody an owner, and changes nothing that a household already has.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.events.schema import Copy, Found
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Action, Add, Move, Remove, SetMonitored, SetSeriesType
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import number_text


def unknown_copies(
    snapshot: Snapshot, baseline: Baseline, registry: ItemState, pending: Mapping[str, int]
) -> tuple[Copy, ...]:
    """Return the files in both the app's first and current listing that the mesh lacks.

    A path that the mesh has with another size, or had and has ended, is no part of an inventory: this node
    may see an old listing. `pending` are the keys of paths that wait to be published.
    """
    before = {same_key(path): size for path, size in baseline.files.items()}
    return tuple(
        copy
        for key, copy in snapshot.files.items()
        if before.get(key) == copy.size
        and not (key in registry.copies or key in registry.ended or key in pending)
    )


def is_wanted(snapshot: Snapshot, registry: ItemState) -> bool:
    """Return whether the item has no file here, is monitored, and was never in the mesh."""
    known = registry.present or registry.removed_by or registry.left_by
    return not snapshot.files and any(snapshot.monitored.values()) and not known


def on_the_drive(copies: Iterable[Copy], sizes: Mapping[str, int | None]) -> tuple[Copy, ...]:
    """Return the copies that are on the drive with their sizes.

    `sizes` is by path, None for a file that is not there.
    """
    return tuple(copy for copy in copies if sizes.get(copy.path) == copy.size)


def still_unknown(found: Found, registry: ItemState, pending: Mapping[str, int]) -> Found | None:
    """Return what the mesh still lacks of an inventory entry, None when it lacks nothing.

    `pending` are the keys of paths that wait to be published.
    """
    copies = tuple(
        copy
        for copy in found.copies
        if not ((key := same_key(copy.path)) in registry.copies or key in registry.ended or key in pending)
    )
    return msgspec.structs.replace(found, copies=copies) if copies else None


class MergeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The number of items that two nodes have in one library, and what the first day does.

    The first day is the one with that peer, and what it does is what it does on this node.
    """

    common: int = 0
    """The items that both have."""
    only_here: int = 0
    """The items that only this node has."""
    adds: int = 0
    removes: int = 0
    unmonitors: int = 0
    moves: int = 0

    def __str__(self) -> str:
        moves = f" · {number_text(self.moves)} to move" if self.moves else ""
        return (
            f"{number_text(self.common)} in common: nothing to do · "
            f"{number_text(self.only_here)} only here · {number_text(self.adds)} to add unmonitored · "
            f"{number_text(self.removes)} to remove · "
            f"{number_text(self.unmonitors)} to unmonitor{moves}"
        )


def merge_summary(
    peer: str, mine: Collection[str], mesh: Iterable[ItemState], caused: Iterable[Action]
) -> MergeSummary:
    """Return the summary of the first day with a peer.

    `mine` are the ids of the items in this node's app, `mesh` the states of all items of the library,
    `caused` the actions that are done because of this peer (`cause_of`).
    """
    theirs = {state.id for state in mesh if has(peer, state)}
    kinds = [type(action) for action in caused]
    return MergeSummary(
        common=len(theirs & set(mine)),
        only_here=len(set(mine) - theirs),
        adds=kinds.count(Add),
        removes=kinds.count(Remove),
        unmonitors=kinds.count(SetMonitored),
        moves=kinds.count(Move),
    )


def has(node: str, state: ItemState) -> bool:
    """Return whether a node has the item, as far as it published."""
    if node in state.left_by:
        return False
    return (
        node in state.adders
        or node in state.contributors
        or any(living.node == node for living in state.copies.values())
    )


def cause_of(action: Action, desired: ItemState) -> str:
    """Return the node that causes an action of the first plan, "" when it changes nothing here."""
    match action:
        case Add(origin=origin):
            return origin
        case Remove():
            return desired.removed_by
        case Move():
            return desired.origin
        case SetSeriesType():
            return desired.series_type_by
        case SetMonitored(monitored=False, units=units):
            return desired.owner_of(units[0]) or desired.removed_by
        case _:
            return ""
