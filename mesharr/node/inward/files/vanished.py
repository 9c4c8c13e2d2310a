"""Files that were listed here, and are nowhere or overwritten before they were published."""

import logging

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.paths import same_key
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.items import LocalItem
from mesharr.state.state import State

log = logging.getLogger(__name__)

_with = msgspec.structs.replace


def vanished_files(state: State, item: VisitedItem, actual: Snapshot | None, now: int) -> frozenset[str]:
    """Return listed files (keys) that are nowhere any more.

    Those that the app does not list are withdrawn, overwritten ones too: it never reads their new size.
    """
    since = now - item.library.policy.gone_after
    vanished = state.uploads.vanished(item.library.name, item.id, since)
    overwritten = {same_key(path) for path in state.uploads.resized(item.library.name, item.id, since)}
    listed = frozenset(actual.files if actual else ())
    if dropped := (vanished | overwritten) - listed:
        withdraw(state, item, dropped)
    return vanished & listed


def resized_files(state: State, item: VisitedItem, actual: Snapshot | None, now: int) -> dict[str, int]:
    """Return the sizes on the drive of listed, unpublished files that were overwritten."""
    since = now - item.library.policy.gone_after
    resized = state.uploads.resized(item.library.name, item.id, since)
    listed = {copy.path: copy.size for copy in actual.files.values()} if actual else {}
    return {path: size for path, size in resized.items() if listed.get(path, size) != size}


def withdraw(state: State, item: VisitedItem, vanished: frozenset[str]) -> None:
    """Publish nothing of files (keys) that are nowhere; imported again, they are new."""

    def noted(local: LocalItem) -> LocalItem:
        if local.baseline is None:
            return local
        gone = tuple(path for path in local.baseline.files if same_key(path) in vanished)
        known = local.baseline.gone_unpublished
        return _with(local, baseline=_with(local.baseline, gone_unpublished=(*known, *gone)))

    with state.transaction():
        state.outbox.withdraw(item.library.name, item.id, vanished)
        item.update(noted)
    why = "files that vanished before they were published are withdrawn"
    log.info("%s: %s: %s", item.library.name, item.title, why)
