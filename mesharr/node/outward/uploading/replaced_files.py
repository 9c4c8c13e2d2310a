"""Publish at once that an upgrade took its old file off the drive, while the new one waits."""

import logging
from typing import Final

from mesharr.core.detect.model import UPGRADE
from mesharr.core.events.schema import FileRemoved
from mesharr.core.paths import same_key
from mesharr.node.library_items import title_in
from mesharr.node.model import Library
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State

log = logging.getLogger(__name__)

TRIES_BEFORE_END: Final = 3
"""After how many failures of this node's own upload the old file's end is published: it may take long."""
_CAUSE: Final = "upgraded by the app; the new file is on its way to the drive"


def publish_replaced(state: State, upload: Upload, library: Library, now: int) -> None:
    """Queue the removal of the old files that an upload which still waits takes the place of.

    The app deleted them before it imported the new file; until that is on the drive peers would keep, play
    and scan what is not there. Only what is absent from the drive is published.
    """
    entry = state.outbox.get(upload.outbox)
    if entry is None or not upload.replaces:
        return
    item = state.items.state(entry.library, entry.item)
    ended = {same_key(path) for path in (*entry.body.ended_paths(), upload.path)}
    queued = [each.body for each in state.outbox.of(entry.library, entry.item)]
    told = {same_key(path) for body in queued if isinstance(body, FileRemoved) for path in body.paths}
    copies = [living.copy for key, living in item.copies.items() if key in ended - told]
    living = {copy.path: copy.size for copy in copies}
    left = library.storage.still_on_drive(living) if living else {}
    gone = tuple(path for path in living if path not in left)
    if not gone:
        return
    body = FileRemoved(library=entry.library, id=entry.item, paths=gone, reason=UPGRADE, seen=item.seen)
    state.outbox.put(entry.item, body, "", _CAUSE, now)
    deed = body.deed(title_in(item, entry.item))
    log.info("%s: %s: %s", library.name, deed, library.naming_app(_CAUSE))
