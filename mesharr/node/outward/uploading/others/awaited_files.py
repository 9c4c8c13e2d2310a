"""Wait for a file that another program brings to the drive."""

import logging

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.core.paths import same_key
from mesharr.core.text import size_text, unequal_sizes
from mesharr.node.model import Library
from mesharr.node.outward.upload_paths import check_local
from mesharr.node.outward.uploading.drive_look import DriveLook
from mesharr.node.outward.uploading.failures import check_not_linked_out
from mesharr.node.outward.uploading.others.second_uploader import note_second_uploader
from mesharr.node.outward.uploading.unreadable_names import NOT_UTF8, REPLACED
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State

log = logging.getLogger(__name__)


class AwaitedFiles:
    """Ends the wait for files that are on the drive, or finds out why they are not."""

    def __init__(self, state: State, *, uploads_here: bool) -> None:
        """`uploads_here`: whether this node uploads files, too."""
        self._state = state
        self._uploads_here = uploads_here

    def check(self, upload: Upload, library: Library, look: DriveLook, now: int) -> None:
        """Finish an upload whose file is on the drive; raise `Unavailable` with why it is not."""
        size = look.size(upload.path)
        if size is None:
            raise Unavailable(self._why_not_on_drive(upload, library, now))
        if size == upload.size:
            self._state.uploads.advance(upload, "done", size=size)
            log.info("%s: %s is on the drive (%s)", upload.library, upload.path, size_text(size))
            if upload.stat and self._uploads_here and library.remote:
                note_second_uploader(self._state, upload, library, now)
        elif not self._withdraw_overtaken(upload, size):
            self._note_other_size(upload, library, size, now)
            found, imported = unequal_sizes(size, upload.size)
            raise Unavailable(f"{found} on the drive, {imported} when it was imported")

    def _note_other_size(self, upload: Upload, library: Library, size: int, now: int) -> None:
        """Note since when the drive has another file in the place of one that is not published.

        A file that another program is still uploading grows, and is on the local branch meanwhile. After a
        while the app has to look at the file again: it was overwritten, e.g. by a program that converts it.
        """
        is_replaced = library.storage.local_stat(upload.path) is None
        if not is_replaced or size != upload.other_size:
            self._state.uploads.note_other_size(upload, size if is_replaced else -1, now)
        elif now - upload.other_since >= library.policy.gone_after:
            entry = self._state.outbox.get(upload.outbox)
            if entry:
                self._state.dirty.mark([(entry.library, entry.item)], now)

    def _withdraw_overtaken(self, upload: Upload, size: int) -> bool:
        """Withdraw a file in whose place its app, or else the registry, has the `size` on the drive.

        Returns whether that is so.
        """
        entry = self._state.outbox.get(upload.outbox)
        if entry is None:
            return False
        baseline = self._state.items.baseline(entry.library, entry.item)
        living = self._state.items.state(entry.library, entry.item).copies.get(same_key(upload.path))
        listed = baseline is not None and baseline.files.get(upload.path) == size
        # what was known when the file was decided on is what it takes the place of: the drive is behind
        if not listed and (living is None or living.copy.size != size or living.is_seen(entry.body.seen)):
            return False
        keys = frozenset({same_key(upload.path)})
        self._state.outbox.withdraw(entry.library, entry.item, keys, only=entry.n)
        log.info(
            "%s: %s was replaced on the drive: the earlier file is not published", upload.library, upload.path
        )
        return True

    def _why_not_on_drive(self, upload: Upload, library: Library, now: int) -> str:
        """Return why a file is not on the drive; note since when it is absent everywhere."""
        storage, path = library.storage, upload.path
        local = storage.local_stat(path)
        if local is None:
            check_not_linked_out(library, path)
        if local and not self._uploads_here and not upload.stat:
            self._state.uploads.note_local(upload, msgspec.json.encode(local))
        if local is None and upload.tries:  # at the first look it may be on its way
            check_local(library, path)
        if REPLACED in path and path in storage.local.unreadable():
            self._state.uploads.note_gone(upload, 0)
            return NOT_UTF8
        if local or not storage.gone({path: upload.size}):
            self._state.uploads.note_gone(upload, 0)
            return "not on the drive yet"
        if not upload.gone_since:
            self._state.uploads.note_gone(upload, now)
            self._check_item(upload, library, now)
        if not upload.gone_since or now - upload.gone_since < library.policy.gone_after:
            return "neither here nor on the drive; to be confirmed by a second check"
        return "neither here nor on the drive any more: its app rescans the item"

    def _check_item(self, upload: Upload, library: Library, now: int) -> None:
        """Have the item of a file that is nowhere compared: no app reports that its folder moved."""
        entry = self._state.outbox.get(upload.outbox)
        if entry and library.app:
            self._state.inbox.put_check(library.app, entry.item, now)
