"""Decide what this node has to publish of an item, from baseline, snapshot and registry.

An event is published only when the snapshot differs from the baseline *and* the result differs from the
registry. That is the whole protection against loops: the echo of an action of mesharr, a rescan that found a
peer's file, and a webhook that came twice differ in nothing.
"""

from collections.abc import Iterable

from mesharr.core.arr.model import UNSURE
from mesharr.core.arr.snapshot import Baseline, Snapshot, is_placed_by_mesh
from mesharr.core.detect.file_diff import FileDiff
from mesharr.core.detect.model import (
    DELETED_BY_ARR,
    NOT_LISTED,
    OUTSIDE_LIBRARY,
    Change,
    ComparedItem,
    Comparison,
    MarkMissing,
    PublishFact,
    Withdraw,
)
from mesharr.core.detect.returned import compare_returned
from mesharr.core.events.schema import ItemAdded, ItemChanged, ItemLeft, ItemMoved, ItemRemoved
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.paths import same_key


def compare(item: ComparedItem) -> Comparison:
    """Return what this node has to publish of one item, and the item's new baseline."""
    snapshot, baseline, registry = item.snapshot, item.baseline, item.registry
    if snapshot is None:
        return _moved(item) if item.evidence.moved_to else _absent(item)
    if item.evidence.came_back:
        return compare_returned(snapshot, baseline, registry, item.me)
    files = FileDiff(item, snapshot)
    placed = _placed(item, snapshot.item.folder, snapshot.item.series_type)
    changes = (*_added(item, snapshot), *placed, *files.changes())
    return Comparison(changes, files.baseline())


def _is_shared(item: ComparedItem) -> bool:
    """Return whether the app listed an item that this household shares with the mesh."""
    return item.before.present and item.registry.present and item.me not in item.registry.left_by


def _absent(item: ComparedItem) -> Comparison:
    """Compare an item that the app no longer lists."""
    before, registry, evidence, why = item.before, item.registry, item.evidence, "deleted in the app"
    is_unsure = evidence.delete_reason == UNSURE
    is_meant = bool(evidence.delete_reason) and (not is_unsure or _had_files(item))
    waiting = frozenset(item.pending.copies if is_meant else ())
    withdrawn = (Withdraw(waiting, why),) if waiting else ()
    if not _is_shared(item):
        return Comparison(withdrawn, Baseline(present=False) if before.present else before)
    if not evidence.delete_reason:
        outside = f"{OUTSIDE_LIBRARY} {evidence.outside_folder}" if evidence.outside_folder else ""
        return Comparison((MarkMissing(outside or NOT_LISTED),), before)
    if not is_meant:
        return Comparison((MarkMissing(DELETED_BY_ARR),), before)
    left = PublishFact(ItemLeft(library=registry.library, id=registry.id), "", why)
    if is_unsure and not registry.copies:  # no absence of files could prove it
        return Comparison((*withdrawn, left), Baseline(present=False))
    after = Baseline(present=False, folder=evidence.deleted_from or before.folder)
    if evidence.files_kept and registry.copies:  # whoever misses them later publishes that they are gone
        placed = _placed(item, evidence.deleted_from, "")  # a move that no comparison has noticed
        return Comparison((*withdrawn, *placed, left), after)
    reason = UNSURE if is_unsure else ""
    removed = ItemRemoved(library=registry.library, id=registry.id, reason=reason, seen=registry.seen)
    return Comparison((*withdrawn, left, PublishFact(removed, "gone", why)), after)


def _had_files(item: ComparedItem) -> bool:
    """Return whether the app had files of the item when the item was deleted.

    No app deletes an item with files by itself.
    """
    return any(same_key(path) not in item.evidence.drop_reasons for path in item.before.files)


def _moved(item: ComparedItem) -> Comparison:
    """Compare an item that the app lists in another library now."""
    registry, to = item.registry, item.evidence.moved_to
    why, waiting = f"moved to {to} in the app", frozenset(item.pending.copies)
    withdrawn = (Withdraw(waiting, why),) if waiting else ()
    if not _is_shared(item):
        return Comparison(withdrawn, Baseline(present=False))
    library, id_ = registry.library, registry.id
    changes = (
        *withdrawn,
        PublishFact(ItemMoved(library=library, id=id_, to=to), "", why),
        PublishFact(ItemLeft(library=library, id=id_), "", why),
        PublishFact(ItemRemoved(library=library, id=id_, seen=registry.seen), "gone", why),
    )
    return Comparison(changes, Baseline(present=False))


def _added(item: ComparedItem, snapshot: Snapshot) -> Iterable[Change]:
    if item.before.present:
        return
    registry = item.registry
    # That this id is another item's too may be one node's word: who adds it by this id says what it is here.
    is_stated = registry.stated_ids.issuperset({snapshot.item.id}) or len(registry.ids) < 2
    is_own = item.evidence.found_after_add and not is_stated
    if is_own or not registry.present or item.me in registry.left_by:
        yield PublishFact(ItemAdded(library=registry.library, item=snapshot.item), "", "new in the app")


def _placed(item: ComparedItem, folder: str, series_type: str) -> Iterable[Change]:
    """Yield the change to this folder and series type, "" for what is not stated.

    One that waits counts as published.
    """
    before, registry, pending = item.before, item.registry, item.pending
    if not before.present or not registry.present:
        return
    known_folder = pending.folder or registry.folder
    moved = folder not in {"", before.folder} and not is_placed_by_mesh(folder, before, known_folder)
    retyped = series_type not in {"", before.series_type, pending.series_type or registry.series_type}
    if moved or retyped:
        yield PublishFact(
            ItemChanged(
                library=registry.library,
                id=registry.id,
                folder=folder if moved else "",
                series_type=series_type if retyped else "",
                version=min(MAX_TERM, 1 + max(registry.version, pending.version)),
                over=registry.events_at_maximum,
            ),
            "",
            f"edited in the app: {folder if moved else series_type}",
        )
