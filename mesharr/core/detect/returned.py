"""Decide on items that an app lists again since its restart.

The app's database may be an old one. What the household deleted since is in such a database still. It is no
news, and nobody wants it without being asked.
"""

from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
from mesharr.core.detect.model import RETURNED, AskReturned, Comparison
from mesharr.core.registry.item_state import ItemState


def may_have_returned(baseline: Baseline | None, registry: ItemState, me: str, *, is_leaving: bool) -> bool:
    """Return whether this household or the mesh has removed an item that the app lists.

    `is_leaving`: that this household no longer has it waits to be published.
    """
    if registry.item is None or (baseline is not None and baseline.present):
        return False
    return is_leaving or me in registry.left_by or not registry.present


def compare_returned(
    snapshot: Snapshot, baseline: Baseline | None, registry: ItemState, me: str
) -> Comparison:
    """Return what follows from an item that came back: a question or nothing.

    Nothing follows for an item that a peer removed. What mesharr had added for a peer that removed it is
    removed again by reconcile, as when it was removed first.
    """
    if is_removed_again(snapshot, registry, me):
        return Comparison((), baseline_of(snapshot))
    return Comparison((AskReturned(RETURNED),), baseline or Baseline(present=False))


def is_removed_again(snapshot: Snapshot, registry: ItemState, me: str) -> bool:
    """Return whether the registry alone decides: the item is a peer's, and a peer removed it."""
    mirrored = snapshot.mirrored and me not in registry.contributors
    return mirrored and not registry.present and registry.removed_by not in {"", me}
