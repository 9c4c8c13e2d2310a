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
    Comparison,
    Evidence,
    MarkMissing,
    PublishFact,
    Withdraw,
)
from mesharr.core.detect.pending import Pending
from mesharr.core.detect.returned import compare_returned
from mesharr.core.events.schema import ItemAdded, ItemChanged, ItemLeft, ItemMoved, ItemRemoved
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState


def compare(
    snapshot: Snapshot | None,
    baseline: Baseline | None,
    registry: ItemState,
    evidence: Evidence,
    pending: Pending,
    me: str,
    now: int,
) -> Comparison:
    """Return what this node has to publish of one item, and the item's new baseline.

    `snapshot` is None when the app does not list the item. `pending` waits to be published: its copies
    count as published. `now` (ms) only ages files without evidence.
    """
    if snapshot is None and evidence.moved_to:
        return _moved(baseline, registry, evidence.moved_to, me)
    if snapshot is None:
        return _absent(baseline, registry, evidence, pending, me)
    if evidence.came_back:
        return compare_returned(snapshot, baseline, registry, me)
    files = FileDiff(snapshot, baseline, registry, evidence, pending, me, now)
    item = (*_added(snapshot, baseline, registry, evidence, me), *_placed(snapshot, baseline, registry))
    return Comparison((*item, *files.changes()), files.baseline())


def _absent(
    baseline: Baseline | None, registry: ItemState, evidence: Evidence, pending: Pending, me: str
) -> Comparison:
    meant = evidence.delete_reason and (evidence.delete_reason != UNSURE or _had_files(baseline, evidence))
    withdrawn = (
        [Withdraw(frozenset(pending.copies), "deleted in the app")] if pending.copies and meant else []
    )
    if baseline is None or not baseline.present or not registry.present or me in registry.left_by:
        absent = baseline if baseline and not baseline.present else Baseline(present=False)
        return Comparison(tuple(withdrawn), absent)
    if not evidence.delete_reason:
        why = f"{OUTSIDE_LIBRARY} {evidence.outside_folder}" if evidence.outside_folder else NOT_LISTED
        return Comparison((MarkMissing(why),), baseline)
    if evidence.delete_reason == UNSURE and not _had_files(baseline, evidence):
        return Comparison((MarkMissing(DELETED_BY_ARR),), baseline)
    library, item = registry.library, registry.id
    left = PublishFact(ItemLeft(library=library, id=item), "", "deleted in the app")
    if evidence.delete_reason == UNSURE and not registry.copies:  # no absence of files could prove it
        return Comparison((*withdrawn, left), Baseline(present=False))
    if evidence.files_kept and registry.copies:  # whoever misses them later publishes that they are gone
        return Comparison((*withdrawn, left), Baseline(present=False, folder=baseline.folder))
    reason = UNSURE if evidence.delete_reason == UNSURE else ""
    removed = ItemRemoved(library=library, id=item, reason=reason, seen=registry.seen)
    return Comparison(
        (*withdrawn, left, PublishFact(removed, "gone", "deleted in the app")),
        Baseline(present=False, folder=baseline.folder),
    )


def _had_files(baseline: Baseline | None, evidence: Evidence) -> bool:
    """Return whether the app had files of the item when the item was deleted.

    No app deletes an item with files by itself.
    """
    return baseline is not None and any(
        same_key(path) not in evidence.drop_reasons for path in baseline.files
    )


def _moved(baseline: Baseline | None, registry: ItemState, to: str, me: str) -> Comparison:
    if baseline is None or not baseline.present or not registry.present or me in registry.left_by:
        return Comparison((), Baseline(present=False))
    library, item, why = registry.library, registry.id, f"moved to {to} in the app"
    changes = (
        PublishFact(ItemMoved(library=library, id=item, to=to), "", why),
        PublishFact(ItemLeft(library=library, id=item), "", why),
        PublishFact(ItemRemoved(library=library, id=item, seen=registry.seen), "gone", why),
    )
    return Comparison(changes, Baseline(present=False))


def _added(
    snapshot: Snapshot, baseline: Baseline | None, registry: ItemState, evidence: Evidence, me: str
) -> Iterable[Change]:
    if baseline is not None and baseline.present:
        return
    # That this id is another item's too may be one node's word: who adds it by this id says what it is here.
    is_stated = registry.stated_ids.issuperset({snapshot.item.id}) or len(registry.ids) < 2
    is_own = evidence.found_after_add and not is_stated
    if is_own or not registry.present or me in registry.left_by:
        yield PublishFact(ItemAdded(library=registry.library, item=snapshot.item), "", "new in the app")


def _placed(snapshot: Snapshot, baseline: Baseline | None, registry: ItemState) -> Iterable[Change]:
    if baseline is None or not baseline.present or not registry.present:
        return
    folder, series_type = snapshot.item.folder, snapshot.item.series_type
    moved = folder != baseline.folder and not is_placed_by_mesh(folder, baseline, registry.folder)
    retyped = series_type not in {baseline.series_type, registry.series_type}
    if moved or retyped:
        yield PublishFact(
            ItemChanged(
                library=registry.library,
                id=registry.id,
                folder=folder if moved else "",
                series_type=series_type if retyped else "",
                version=registry.version + 1,
                over=registry.events_at_maximum,
            ),
            "",
            f"edited in the app: {folder if moved else series_type}",
        )
