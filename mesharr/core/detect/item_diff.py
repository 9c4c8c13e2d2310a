"""Outward: what this node has to tell, decided from baseline, arr and registry.

A fact is told only when the arr differs from the baseline *and* the result differs from the
registry. That is the whole loop protection: the echo of our own call, a rescan that found a peer's
file, a webhook that came twice differ in nothing.
"""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.arr.model import UNSURE
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
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
from mesharr.core.events.schema import ItemAdded, ItemChanged, ItemLeft, ItemMoved, ItemRemoved
from mesharr.core.paths import same_key
from mesharr.core.registry.fold import ItemState


def compare(
    shown: Snapshot | None,
    baseline: Baseline | None,
    registry: ItemState,
    evidence: Evidence,
    pending: Mapping[str, int],
    me: str,
    now: int,
) -> Comparison:
    """Return what this node has to tell of one item.

    `pending` maps the keys of paths waiting to be told to their sizes: they count as told. `now` is
    in ms and only ages files without evidence.
    """
    if shown is None and evidence.moved_to:
        return _moved(baseline, registry, evidence.moved_to, me)
    if shown is None:
        return _absent(baseline, registry, evidence, pending, me)
    files = FileDiff(shown, baseline or Baseline(present=False), registry, evidence, pending)
    fresh, unconfirmed = files.fresh(now, known=baseline is not None)
    changes = [
        *_added(shown, baseline, registry, me),
        *_placed(shown, baseline, registry),
        *files.withdrawn(),
        *files.renames(fresh),
        *files.imports(fresh),
        *files.losses(fresh, me),
    ]
    after = msgspec.structs.replace(
        baseline_of(shown, unconfirmed),
        dropped_for_upgrade=files.dropped_for_upgrade(),
        gone_unpublished=files.still_gone_unpublished(fresh),
    )
    return Comparison(tuple(changes), after)


def _absent(
    baseline: Baseline | None, registry: ItemState, evidence: Evidence, pending: Mapping[str, int], me: str
) -> Comparison:
    meant = evidence.delete_reason and (evidence.delete_reason != UNSURE or _had_files(baseline, evidence))
    untold = [Withdraw(frozenset(pending), "deleted in the arr")] if pending and meant else []
    if baseline is None or not baseline.present or not registry.present or me in registry.left_by:
        return Comparison(tuple(untold), Baseline(present=False))
    if not evidence.delete_reason:
        why = f"{OUTSIDE_LIBRARY} {evidence.outside_folder}" if evidence.outside_folder else NOT_LISTED
        return Comparison((MarkMissing(why),), baseline)
    if evidence.delete_reason == UNSURE and not _had_files(baseline, evidence):
        return Comparison((MarkMissing(DELETED_BY_ARR),), baseline)
    library, item = registry.library, registry.id
    left = PublishFact(ItemLeft(library=library, id=item), "", "deleted in the arr")
    if evidence.delete_reason == UNSURE and not registry.copies:
        return Comparison(
            (*untold, left), Baseline(present=False)
        )  # nothing could ever prove that it is unwanted
    reason = UNSURE if evidence.delete_reason == UNSURE else ""
    removed = ItemRemoved(library=library, id=item, reason=reason, seen=registry.seen)
    return Comparison(
        (*untold, left, PublishFact(removed, "gone", "deleted in the arr")), Baseline(present=False)
    )


def _had_files(baseline: Baseline | None, evidence: Evidence) -> bool:
    """Whether the arr had files of an item when it was deleted: such a one no arr deletes by itself."""
    return baseline is not None and any(
        same_key(path) not in evidence.drop_reasons for path in baseline.files
    )


def _moved(baseline: Baseline | None, registry: ItemState, to: str, me: str) -> Comparison:
    if baseline is None or not baseline.present or not registry.present or me in registry.left_by:
        return Comparison((), Baseline(present=False))
    library, item, why = registry.library, registry.id, f"moved to {to} in the arr"
    said = (
        PublishFact(ItemMoved(library=library, id=item, to=to), "", why),
        PublishFact(ItemLeft(library=library, id=item), "", why),
        PublishFact(ItemRemoved(library=library, id=item, seen=registry.seen), "gone", why),
    )
    return Comparison(said, Baseline(present=False))


def _added(shown: Snapshot, baseline: Baseline | None, registry: ItemState, me: str) -> Iterable[Change]:
    if baseline is not None and baseline.present:
        return
    if not registry.present or me in registry.left_by:
        yield PublishFact(ItemAdded(library=registry.library, item=shown.item), "", "new in the arr")


def _placed(shown: Snapshot, baseline: Baseline | None, registry: ItemState) -> Iterable[Change]:
    if baseline is None or not baseline.present or not registry.present:
        return
    folder, series_type = shown.item.folder, shown.item.series_type
    moved = same_key(folder) not in {same_key(baseline.folder), same_key(registry.folder)}
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
            f"edited in the arr: {folder if moved else series_type}",
        )
