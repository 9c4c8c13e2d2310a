"""Notice that the drive has another file where one is to be uploaded.

What this node's event ends knowingly is replaced, as in an upgrade, and so is what an interrupted upload of
this node left there. Any other file is a peer's, and stays: the user decides (`answers`). On a drive that
allows several files of one name two uploads at one time leave two: this node takes its own back, and asks.
"""

import logging
from typing import Final

import msgspec

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Unavailable
from mesharr.core.events.schema import Body
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import LivingCopy
from mesharr.core.text import size_text
from mesharr.disk.child import FileStat
from mesharr.node.conflict_notes import conflict_text, is_open
from mesharr.node.library_items import title_of
from mesharr.node.model import Library, Me
from mesharr.node.outward.uploading.allowance import Later
from mesharr.state.queues.upload_conflicts import UploadConflict
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Occupied, Uploader

log = logging.getLogger(__name__)

DEAD_MS: Final = 10 * 60_000
"""How long after a file was first seen nobody is believed to send or to publish it any more."""
TURN_MS: Final = 10 * 60_000
"""How long the smaller of two files that came at one time waits before it is sent again."""


class PathConflicts:
    """Decides what an upload may replace, and notes what it may not."""

    def __init__(self, me: Me, state: State, uploader: Uploader | None) -> None:
        self._me = me
        self._state = state
        self._uploader = uploader

    def may_replace(self, upload: Upload) -> bool:
        """Return whether an upload may replace what the drive is known to have in its place."""
        conflict = self._state.upload_conflicts.get(upload.library, upload.path)
        if conflict and conflict.is_twin:
            return False  # of two files of one name rclone would replace either
        if conflict and conflict.answer == "keep-mine":
            return True
        entry = self._state.outbox.get(upload.outbox)
        living = self._living(upload, entry.item) if entry else None
        return bool(entry and living and is_replaced_knowingly(entry.body, living, self._me.node))

    def is_left_over(self, upload: Upload, library: Library, local: FileStat, size: int, now: int) -> bool:
        """Return whether an interrupted or earlier upload left a file of this size there.

        No event tells of it, it has not grown since the last look, and two of three are so: an earlier try
        of this node began to send it; it is the beginning of the local file; a peer would have published it
        by now. What the app has overwritten since this node sent it is no beginning, and half a file that
        another program sent is in no queue.
        """
        entry = self._state.outbox.get(upload.outbox)
        living = self._living(upload, entry.item) if entry else None
        is_known = living is not None and living.copy.size == size
        found = self._state.upload_conflicts.get(upload.library, upload.path)
        if found is None or found.size != size or size > local.size or is_known:
            return False
        is_own, is_dead = upload.target != "", now - found.since >= DEAD_MS
        if is_own and is_dead:
            return True
        return (is_own or is_dead) and self._is_half(upload, library, size)

    def _is_half(self, upload: Upload, library: Library, size: int) -> bool:
        target, source = f"{library.remote}/{upload.path}", library.storage.local_path(upload.path)
        return self._uploader is not None and self._uploader.is_half(target, size, source)

    def note(
        self, upload: Upload, library: Library, local: FileStat, occupied: Occupied, now: int
    ) -> Unavailable:
        """Keep that the drive has another household's file there; return why the upload waits.

        Where the upload came beside that file, under one name, it is taken off the drive again.
        """
        entry = self._state.outbox.get(upload.outbox)
        item = entry.item if entry else ""
        living = self._living(upload, item) if entry else None
        node = living.brought_by if living and living.brought_by != self._me.node else ""
        known = self._state.upload_conflicts.get(upload.library, upload.path)
        conflict = self._state.upload_conflicts.note(
            UploadConflict(
                upload.library, upload.path, item, node, occupied.size, now, is_twin=occupied.is_twin
            )
        )
        # what lies beside a whole upload is no half of it
        target = "" if node or conflict.is_twin else upload.target
        self._state.uploads.note_target(upload, target)
        if conflict.is_twin and (living is None or living.copy.size != local.size):
            conflict = self._taken_back(conflict, f"{library.remote}/{upload.path}", local, now)
            if conflict.answer and not conflict.is_twin:
                return Later("decided: mesharr resolve", now)
        if not is_open(conflict, now):
            if occupied.is_twin and not conflict.is_twin and local.size < occupied.size:
                # the other household may have seen both, too, and have taken its own back
                return Later("of two files that came at one time the larger is sent first", now + TURN_MS)
            # most are half of this very file, which another uploader is sending at this moment
            size = size_text(conflict.size)
            return Unavailable(f"the drive has another file there ({size}) that no event explains")
        if known is None or not is_open(known, known.since):
            title = title_of(self._state, library.name, item)
            log.warning("%s: %s: %s", library.name, title, conflict_text(self._state, conflict))
        return Later("the drive has another household's file there: mesharr resolve", now + HOUR_MS)

    def _taken_back(self, conflict: UploadConflict, target: str, local: FileStat, now: int) -> UploadConflict:
        """Take a twin off the drive, a copy of the local file; return what is left to decide."""
        if self._uploader is None or not self._uploader.take_back(target, local.size):
            return conflict
        with self._state.transaction():
            self._state.upload_conflicts.end_twin(conflict)
            self._state.uploads.note_sent(local.size, now)
        log.warning(
            "%s: %s came onto the drive beside another file of that name (%s), uploaded at the same time; "
            "this household's was taken off it again and is on the local disk",
            conflict.library, conflict.path, size_text(conflict.size),
        )  # fmt: skip
        return msgspec.structs.replace(conflict, is_twin=False)

    def _living(self, upload: Upload, item: str) -> LivingCopy | None:
        return self._state.items.state(upload.library, item).copies.get(same_key(upload.path))


def is_replaced_knowingly(body: Body, living: LivingCopy, me: str) -> bool:
    """Return whether a copy is this node's, or ended by the event about the new file there."""
    if living.brought_by == me:
        return True
    ended = {same_key(path) for path in body.ended_paths()}
    return same_key(living.copy.path) in ended and living.is_seen(body.seen)
