"""Files awaited in vain, of this household or of one that has left the item or the mesh."""

import logging

from mesharr.core.events.schema import FileRemoved
from mesharr.core.planning.context import Situation
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.state import State

log = logging.getLogger(__name__)

_NOT_THERE = "it is not on the drive, and no other household looks after it"
"""Why the removal of such a file is queued."""


def prove_awaited_gone(state: State, item: VisitedItem, drive: DriveView, situation: Situation) -> None:
    """Queue the removal of files awaited in vain that no other household looks after.

    Who left the item may have moved its files before, and told nobody. This household may have had the item
    deleted and added it again since its files were looked for today.
    """
    registry, since, name, now = item.registry, item.memory.absent_since, item.library.name, situation.now
    if not since or now - since < item.library.policy.replaced_after:
        return
    here = [each.copy.path for each in registry.copies.values() if situation.looks_after(each)]
    if not here or state.outbox.of(name, item.id):
        return
    sizes = drive.sizes(here)
    paths = tuple(path for path in here if sizes[path] is None)
    if not paths:
        return
    body = FileRemoved(library=name, id=item.id, paths=paths, reason="deleted", seen=registry.seen)
    state.outbox.put(item.id, body, "gone", _NOT_THERE, now)
    log.info("%s: checking whether %s was deleted: %s", name, paths[0], _NOT_THERE)
