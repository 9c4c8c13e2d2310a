"""Files that are nowhere, of households that have left the item."""

import logging

from mesharr.core.events.schema import FileRemoved
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.state import State

log = logging.getLogger(__name__)

_LEFT_AND_GONE = "it is not on the drive, and whose file it was has the item no more"
"""Why the removal of such a file is queued."""


def prove_left_files_gone(state: State, item: VisitedItem, drive: DriveView, now: int) -> None:
    """Queue the removal of files awaited in vain, whose household has left the item.

    Nobody else would publish that they are gone. That household may have moved them before, and told nobody.
    """
    registry, since, name = item.registry, item.memory.absent_since, item.library.name
    if not since or now - since < item.library.policy.replaced_after:
        return
    left = [each.copy.path for each in registry.copies.values() if each.node in registry.left_by]
    if not left or state.outbox.of(name, item.id):
        return
    sizes = drive.sizes(left)
    paths = tuple(path for path in left if sizes[path] is None)
    if not paths:
        return
    body = FileRemoved(library=name, id=item.id, paths=paths, reason="deleted", seen=registry.seen)
    state.outbox.put(item.id, body, "gone", _LEFT_AND_GONE, now)
    log.info("%s: checking whether %s was deleted: %s", name, paths[0], _LEFT_AND_GONE)
