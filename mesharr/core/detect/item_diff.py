"""Outward: what this node has to tell, decided from baseline, arr and registry.

A fact is told only when the arr differs from the baseline *and* the result differs from the
registry. That is the whole loop protection: the echo of our own call, a rescan that found a peer's
file, a webhook that came twice differ in nothing.
"""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.arr.model import UNSURE
from mesharr.core.arr.snapshot import Baseline, Shown, baseline_of
from mesharr.core.detect.file_diff import Files
from mesharr.core.detect.model import DROPPED, LOST, OUTSIDE, Change, Compared, Evidence, Lost, Say, Withdraw
from mesharr.core.events.schema import ItemAdded, ItemChanged, ItemLeft, ItemMoved, ItemRemoved
from mesharr.core.paths import same_key
from mesharr.core.registry.fold import ItemState


def compare(
    shown: Shown | None,
    baseline: Baseline | None,
    registry: ItemState,
    evidence: Evidence,
    pending: Mapping[str, int],
    me: str,
    now: int,
) -> Compared:
    """Return what this node has to tell of one item.

    `pending` maps the keys of paths waiting to be told to their sizes: they count as told. `now` is
    in ms and only ages files without evidence.
    """
    if shown is None and evidence.moved_to:
        return _moved(baseline, registry, evidence.moved_to, me)
    if shown is None:
        return _absent(baseline, registry, evidence, pending, me)
    files = Files(shown, baseline or Baseline(present=False), registry, evidence, pending)
    fresh, unattested = files.fresh(now, known=baseline is not None)
    changes = [
        *_added(shown, baseline, registry, me),
        *_placed(shown, baseline, registry),
        *files.withdrawn(),
        *files.renames(fresh),
        *files.imports(fresh),
        *files.losses(fresh, me),
    ]
    after = msgspec.structs.replace(
        baseline_of(shown, unattested), upgraded=files.upgraded(), vanished=files.still_vanished(fresh)
    )
    return Compared(tuple(changes), after)


def _absent(
    baseline: Baseline | None, registry: ItemState, evidence: Evidence, pending: Mapping[str, int], me: str
) -> Compared:
    meant = evidence.deleted and (evidence.deleted != UNSURE or _had_files(baseline, evidence))
    untold = [Withdraw(frozenset(pending), "deleted in the arr")] if pending and meant else []
    if baseline is None or not baseline.present or not registry.present or me in registry.left:
        return Compared(tuple(untold), Baseline(present=False))
    if not evidence.deleted:
        why = f"{OUTSIDE} {evidence.outside}" if evidence.outside else LOST
        return Compared((Lost(why),), baseline)
    if evidence.deleted == UNSURE and not _had_files(baseline, evidence):
        return Compared((Lost(DROPPED),), baseline)
    library, item = registry.library, registry.id
    left = Say(ItemLeft(library=library, id=item), "", "deleted in the arr")
    if evidence.deleted == UNSURE and not registry.copies:
        return Compared(
            (*untold, left), Baseline(present=False)
        )  # nothing could ever prove that it is unwanted
    reason = UNSURE if evidence.deleted == UNSURE else ""
    removed = ItemRemoved(library=library, id=item, reason=reason, seen=registry.seen)
    return Compared((*untold, left, Say(removed, "gone", "deleted in the arr")), Baseline(present=False))


def _had_files(baseline: Baseline | None, evidence: Evidence) -> bool:
    """Whether the arr had files of an item when it was deleted: such a one no arr deletes by itself."""
    return baseline is not None and any(same_key(path) not in evidence.gone for path in baseline.files)


def _moved(baseline: Baseline | None, registry: ItemState, to: str, me: str) -> Compared:
    if baseline is None or not baseline.present or not registry.present or me in registry.left:
        return Compared((), Baseline(present=False))
    library, item, why = registry.library, registry.id, f"moved to {to} in the arr"
    said = (
        Say(ItemMoved(library=library, id=item, to=to), "", why),
        Say(ItemLeft(library=library, id=item), "", why),
        Say(ItemRemoved(library=library, id=item, seen=registry.seen), "gone", why),
    )
    return Compared(said, Baseline(present=False))


def _added(shown: Shown, baseline: Baseline | None, registry: ItemState, me: str) -> Iterable[Change]:
    if baseline is not None and baseline.present:
        return
    if not registry.present or me in registry.left:
        yield Say(ItemAdded(library=registry.library, item=shown.item), "", "new in the arr")


def _placed(shown: Shown, baseline: Baseline | None, registry: ItemState) -> Iterable[Change]:
    if baseline is None or not baseline.present or not registry.present:
        return
    folder, series_type = shown.item.folder, shown.item.series_type
    moved = same_key(folder) not in {same_key(baseline.folder), same_key(registry.folder)}
    retyped = series_type not in {baseline.series_type, registry.series_type}
    if moved or retyped:
        yield Say(
            ItemChanged(
                library=registry.library,
                id=registry.id,
                folder=folder if moved else "",
                series_type=series_type if retyped else "",
                version=registry.version + 1,
                over=registry.tops,
            ),
            "",
            f"edited in the arr: {folder if moved else series_type}",
        )
