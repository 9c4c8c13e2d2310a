"""Items whose foreign id was replaced: the arr lists the same row, in the same folder, under another id.

No arr tells of it. Taken for what it seems, it would be an item lost and another one new.
"""

import logging
from collections.abc import Mapping

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import ItemAliased
from mesharr.core.paths import same_key
from mesharr.state.state import State

log = logging.getLogger(__name__)


def publish_aliases(state: State, library: str, shown: Mapping[str, Snapshot], now: int) -> list[str]:
    """Tell of every replaced id among what a whole library shows; what was known of the item goes with it.

    Returns the old and the new ids.
    """
    renamed: list[str] = []
    known = {item: each for item, each in state.items.baselines(library) if each.present and each.ref}
    strangers = {each.ref: item for item, each in shown.items() if not state.items.had(library, item)}
    for old, baseline in known.items():
        new = strangers.get(baseline.ref, "") if old not in shown else ""
        if not new or same_key(shown[new].item.folder) != same_key(baseline.folder):
            continue
        with state.transaction():
            if new not in state.items.ids(library, old):
                body = ItemAliased(library=library, id=old, alias=new)
                state.outbox.put(old, body, "", "its id was replaced in the arr", now)
            state.items.rename(library, old, new)
            state.dirty.mark([(library, old), (library, new)], now)
        renamed += (old, new)
        log.info("%s: %s is called %s now", library, old, new)
    return renamed
