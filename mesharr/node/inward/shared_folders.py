"""Two items in one folder: the registry decides which of them every app lists there.

An app keeps one item in a folder. Each of the two remembers the other once they have met in an app, so that
what becomes of one has the other visited.
"""

from typing import Final

from mesharr.arr.base import Arr
from mesharr.core.arr.snapshot import snapshot_of
from mesharr.core.errors import Refused
from mesharr.core.events.base import REASSIGNED
from mesharr.core.events.schema import Copy, FileRemoved
from mesharr.core.paths import folder_of, same_key
from mesharr.core.planning.actions import FolderTaken
from mesharr.core.planning.placement import FIX_MS
from mesharr.core.registry.item_state import ItemState
from mesharr.node.arr_view import ArrView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import RecheckAt, Stuck, Waits
from mesharr.state.state import State

ANOTHERS: Final = "its folder {} is that of {}"
MOVE_OUT: Final = f"{ANOTHERS}: move its files there to the folder that the app has it in"


def folder_taken_by(state: State, item: VisitedItem) -> FolderTaken | None:
    """Return the item that keeps the folder of this one, None when this one keeps it."""
    other, name = item.memory.shares_folder_with, item.library.name
    if not other:
        return None
    known, listed, wanted = state.items.state(name, other), item.local.baseline, item.registry
    folder = listed.folder if listed and listed.present else wanted.folder
    if not known.present or not _is_in(known, folder):
        # a third one may have met it meanwhile
        met = (
            (each, state.items.state(name, each)) for each in state.items.sharing_folder_with(name, item.id)
        )
        other, known = next(
            ((each, its) for each, its in met if its.present and _is_in(its, folder)), ("", known)
        )
        state.items.note_shared_folder(name, item.id, other)
        item.refresh()
        if not other:
            return None
    keeps = not wanted.present or not _is_in(wanted, folder) or known.standing > wanted.standing
    _, peer, _, _ = known.standing.stamp
    files = frozenset((*known.copies, *known.ended))
    return FolderTaken(_called(known, other), peer, files) if keeps else None


def note_at_whoever_is_there(state: State, item: VisitedItem, me: str, now: int) -> None:
    """Have the listed item in the folder of one that this household left remember that one.

    No add of it has the two meet.
    """
    name, registry = item.library.name, item.registry
    if not registry.present or me not in registry.left_by:
        return
    for other in state.items.in_folder(name, registry.folder):
        if other in registry.ids or not state.items.was_listed(name, other):
            continue
        if not state.items.memory(name, other).shares_folder_with:
            with state.transaction():
                state.items.note_shared_folder(name, other, item.id)
                state.dirty.mark([(name, other)], now)


def files_of_another(state: State, item: VisitedItem) -> FileRemoved | None:
    """Return the end of the copies that the other item of a folder has as well.

    A household that leaves the one says that they are the other's.
    """
    name, registry, other = item.library.name, item.registry, item.memory.shares_folder_with
    theirs = state.items.state(name, other).copies if other else {}
    paths = tuple(living.copy.path for key, living in registry.copies.items() if key in theirs)
    if not paths:
        return None
    return FileRemoved(library=name, id=item.id, paths=paths, reason=REASSIGNED, seen=registry.seen)


def hand_over(state: State, item: VisitedItem, me: str, now: int) -> bool:
    """Publish that own copies outside of an item's folder are those of the item there.

    This household imported them before it gave the item another folder. A peer stated meanwhile that they
    are another item's, and did not know of the import. Return whether there are any.
    """
    name, registry = item.library.name, item.registry
    here = same_key(f"{registry.folder}/")
    own = (living.copy for key, living in registry.copies.items() if living.brought_by == me)
    paths = tuple(
        copy.path
        for copy in own
        if not same_key(copy.path).startswith(here) and _is_anothers(state, item, copy)
    )
    if paths:
        body = FileRemoved(library=name, id=item.id, paths=paths, reason=REASSIGNED, seen=registry.seen)
        with state.transaction():
            state.outbox.put(item.id, body, "", "its files are those of the item in their folder", now)
    return bool(paths)


def _is_anothers(state: State, item: VisitedItem, copy: Copy) -> bool:
    """Return whether a copy is also that of the item in whose folder it is."""
    name, key, folder = item.library.name, same_key(copy.path), folder_of(copy.path)
    others = {item.memory.shares_folder_with, *state.items.sharing_folder_with(name, item.id)} - {""}
    while folder:
        others.update(state.items.in_folder(name, folder))
        folder = folder_of(folder)
    known = (state.items.state(name, other) for other in others if other not in item.registry.ids)
    return any(
        key.startswith(same_key(f"{each.folder}/")) and each.copies[key].copy.size == copy.size
        for each in known
        if key in each.copies
    )


def await_free_folder(
    state: State, item: VisitedItem, folder: str, view: ArrView, me: str, now: int
) -> RecheckAt | Stuck | Waits | None:
    """Return the wait for an item that is in the folder of an add or move; None when it is free.

    What has the other one leave it may take days, as an approval does: once it has left, this one is visited.
    Raises `Refused` when only the user can free it.
    """
    name = item.library.name
    for other in state.items.in_folder(name, folder):
        if other in item.registry.ids or not state.items.was_listed(name, other):
            continue
        actual = snapshot_of(view.read(other), item.library.root)
        if actual is None or actual.item.folder != folder:
            continue
        known = state.items.state(name, other)
        title = known.item.called if known.item else actual.item.called
        if _is_to_publish(state, name, other):
            return Waits(f"what happened to {title} in {folder} is published first")
        leaves = Waits(f"{title} leaves {folder} first")
        state.items.note_shared_folder(name, item.id, other)
        if not known.copies and known.removed_by and not _is_asked_about(state, name, other):
            return leaves
        if _is_in(item.registry, folder):
            # else the other one would forget it at its visit, and wake it: they would be visited without end
            _note_at_other(state, name, item.id, other, now)
        if known.present and _is_in(known, folder) and known.standing > item.registry.standing:
            why, advice = ANOTHERS.format(folder, title), MOVE_OUT.format(folder, title)
            return Stuck(now + FIX_MS, advice) if item.local.was_listed else RecheckAt(now, why)
        if known.present and not state.asked.get(name, other):
            state.dirty.mark([(name, other)], now)  # at its last visit it may have kept the folder still
        if actual.mirrored and me not in known.contributors:
            return leaves
        fix = f"if its files are no longer {title}: mesharr leave-item {name} {other}, or delete it there"
        raise Refused(f"the app keeps {title} in {folder}", f"{fix}, its files kept")
    return None


def _is_to_publish(state: State, library: str, item: str) -> bool:
    """Return whether an event about an item waits that no proof of deletion holds up.

    Files that are to be proven gone may never be: whose they are is what two items in one folder are about.
    """
    return any(entry.needs != "gone" for entry in state.outbox.of(library, item))


def _is_in(known: ItemState, folder: str) -> bool:
    """Return whether an item's folder in the mesh is this one."""
    return same_key(known.folder) == same_key(folder)


def _called(known: ItemState, item: str) -> str:
    return known.item.called if known.item else item


def compare_whoever_is_at(state: State, item: VisitedItem, place: str, arr: Arr, now: int) -> None:
    """Have the item compared that the app lists at the folder in which it refused to add one.

    It was moved there by a user, of which no app tells. Raises `Refused` with its title if there is one.
    """
    name, app = item.library.name, item.library.app
    other = next((each for each in arr.read_all() if each.folder == place and each.id != item.id), None)
    if other is None:
        return
    with state.transaction():
        state.items.note_shared_folder(name, item.id, other.id)
        _note_at_other(state, name, item.id, other.id, now)
        state.inbox.put_check(app, other.id, now)
    raise Refused(f"the app keeps {other.title} in {place}", "it was moved there: that is published first")


def _note_at_other(state: State, library: str, item: str, other: str, now: int) -> None:
    """Have the other item of a folder remember this one, and be visited if that is new."""
    if state.items.memory(library, other).shares_folder_with != item:
        state.items.note_shared_folder(library, other, item)
        state.dirty.mark([(library, other)], now)


def _is_asked_about(state: State, library: str, item: str) -> bool:
    """Return whether the user has to decide on a listed item that a peer removed."""
    question = state.asked.get(library, item)
    return question is not None and question.kind == "removed"
