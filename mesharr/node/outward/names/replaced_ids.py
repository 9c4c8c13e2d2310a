"""Publish that an item has another id in the app: a metadata source replaced it.

The app lists such an item as the same row, in the same folder, under another id, and no webhook states it:
without the alias it would be one missing item and one new one.
"""

import logging
from collections.abc import Mapping

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import ItemAliased
from mesharr.core.paths import same_key
from mesharr.state.state import State

log = logging.getLogger(__name__)


def publish_aliases(
    me: str, state: State, library: str, snapshots: Mapping[str, Snapshot], now: int
) -> list[str]:
    """Queue an alias for each item whose foreign id was replaced in the app.

    What was known of the item goes to the new id. It is published although another node has said so before:
    an alias may count only once the nodes say so whose items it joins. `snapshots` are of the whole library.
    Returns the old and the new ids.
    """
    renamed: list[str] = []
    known = {item: each for item, each in state.items.baselines(library) if each.present and each.ref}
    unknown = {
        each.ref: item for item, each in snapshots.items() if not state.items.was_listed(library, item)
    }
    for old, baseline in known.items():
        new = unknown.get(baseline.ref, "") if old not in snapshots else ""
        if not new or same_key(snapshots[new].item.folder) != same_key(baseline.folder):
            continue
        with state.transaction():
            if new not in state.items.said_alike(library, old, me):
                body = ItemAliased(library=library, id=old, alias=new)
                state.outbox.put(old, body, "", "its id was replaced in the app", now)
            state.items.rename(library, old, new)
            state.dirty.mark([(library, old), (library, new)], now)
        renamed += (old, new)
        title = snapshots[new].item.called
        log.info("%s: %s has another id in the app now: %s instead of %s", library, title, new, old)
    return renamed


def is_known_row(state: State, library: str, snapshot: Snapshot) -> bool:
    """Return whether the app listed an item's row before, under another id of the same item."""
    item = snapshot.item.id
    for other in state.items.state(library, item).ids:
        baseline = state.items.baseline(library, other) if other != item else None
        if baseline and baseline.present and baseline.ref == snapshot.ref:
            return True
    return False
