"""Do what the user decided about two files at one path. Each step may run twice.

No file is deleted, and none through an app: what is not kept on the drive is set aside on the local branch.
The app always finds a file at the path: the local one goes from there once this node's mount shows the other.
"""

import logging
import posixpath
from typing import Final

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.core.events.schema import Body, FileImported
from mesharr.core.paths import folder_of, same_key
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.node.library_items import title_of
from mesharr.node.model import Library, Me
from mesharr.node.outward.uploading.drive_look import DriveLook
from mesharr.state.deciding import decide
from mesharr.state.queues.outbox import KEPT_BOTH, OutboxEntry
from mesharr.state.queues.upload_conflicts import UploadConflict
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State

log = logging.getLogger(__name__)

SET_ASIDE: Final = ".mesharr-set-aside"
"""The folder of the local branch for files that were withdrawn; no app and no uploader reads it."""

_with = msgspec.structs.replace


class ConflictAnswers:
    """Ends conflicts as the user decided."""

    def __init__(self, me: Me, state: State) -> None:
        self._me = me
        self._state = state

    def carry_out(self, upload: Upload, library: Library, look: DriveLook, now: int) -> bool:
        """Do what was decided about an upload; return whether it is not to be sent any more.

        Raises `Unavailable` with what that waits for.
        """
        conflict = self._state.upload_conflicts.get(upload.library, upload.path)
        entry = self._state.outbox.get(upload.outbox) if conflict and conflict.answer else None
        if conflict is None or entry is None or conflict.is_twin:
            return False  # a twin is taken off the drive first, by its upload
        if conflict.answer == "keep-mine":
            self._replace_theirs(upload, conflict, entry)
            return False
        size, theirs = look.size(upload.path), self._size_of_theirs(conflict)
        if size is None and not library.storage.still_on_drive({upload.path: theirs}):
            return False  # the other file is gone, and with it the conflict
        if size != theirs:
            raise Unavailable("waiting until this node's mount shows the other household's file")
        if conflict.answer == "keep-theirs":
            self._withdraw(upload, library, conflict, entry, now)
        else:
            self._rename(upload, library, conflict, entry, now)
        return True

    def _size_of_theirs(self, conflict: UploadConflict) -> int:
        """Return the size of the other household's file."""
        living = self._state.items.state(conflict.library, conflict.item).copies.get(same_key(conflict.path))
        return living.copy.size if living else conflict.size

    def _replace_theirs(self, upload: Upload, conflict: UploadConflict, entry: OutboxEntry) -> None:
        """Have the local file replace the other household's: the event ends that one, knowing of it."""

        def restated(registry: ItemState) -> None:
            body = _ending(entry.body, registry, upload.path)
            if body != entry.body:
                self._state.outbox.restate(entry.n, body)
                self._state.uploads.note_replaces(upload)
                log.info(
                    "%s: %s replaces the file of %s", upload.library, upload.path, conflict.node or "nobody"
                )

        decide(self._state, upload.library, entry.item, restated)

    def _withdraw(
        self, upload: Upload, library: Library, conflict: UploadConflict, entry: OutboxEntry, now: int
    ) -> None:
        """Set the local file aside, unpublished: the app finds the other household's file."""
        aside = posixpath.join(SET_ASIDE, upload.path)
        self._move(library, upload.path, aside)
        with self._state.transaction():
            self._state.outbox.withdraw(
                entry.library, entry.item, frozenset({same_key(upload.path)}), only=entry.n
            )
            self._end(library, conflict, now)
        where, title = library.storage.local_path(aside), title_of(self._state, library.name, conflict.item)
        log.info("%s: %s: the drive's file is kept, this household's is now %s", library.name, title, where)

    def _rename(
        self, upload: Upload, library: Library, conflict: UploadConflict, entry: OutboxEntry, now: int
    ) -> None:
        """Give the local file another name, under which it is uploaded and published."""
        name = conflict.name or self._other_name(upload.path, library)
        self._state.upload_conflicts.note_name(conflict, name)
        self._move(library, upload.path, name)
        keys = frozenset({same_key(upload.path)})
        body = entry.body.only_copies((upload.path,)).map_copies(lambda copy: _with(copy, path=name))
        with self._state.transaction():
            self._state.outbox.withdraw(entry.library, entry.item, keys, only=entry.n)
            self._state.outbox.put(entry.item, body, "drive", KEPT_BOTH, now)
            self._state.conflicts.keep_both(entry.library, entry.item, upload.path, name)
            self._end(library, conflict, now)
        title = title_of(self._state, library.name, conflict.item)
        log.info("%s: %s: both files are kept, this household's as %s", library.name, title, name)

    def _other_name(self, path: str, library: Library) -> str:
        """Return a free path beside `path`, with the name of this node at its end."""
        folder, (stem, suffix) = folder_of(path), posixpath.splitext(posixpath.basename(path))
        taken = {same_key(name) for name in library.storage.cloud_names(folder)}
        number = 1
        while True:
            more = f" {number}" if number > 1 else ""
            name = f"{stem} - {self._me.name}{more}{suffix}"
            found = posixpath.join(folder, name)
            if same_key(name) not in taken and library.storage.local_stat(found) is None:
                return found
            number += 1

    def _move(self, library: Library, path: str, to: str) -> None:
        """Move a local file, and first what belongs to it; one that is not there was moved."""
        stem, new_stem = posixpath.splitext(path)[0], posixpath.splitext(to)[0]
        for beside in library.storage.sidecars(path):
            library.storage.local.move(beside, new_stem + beside.removeprefix(stem))
        if library.storage.local_stat(path) is not None:
            library.storage.local.move(path, to)
        library.storage.local.drop_empty_folders(path)

    def _end(self, library: Library, conflict: UploadConflict, now: int) -> None:
        """Forget a conflict, and have app and media servers read what is at its path now."""
        self._state.upload_conflicts.drop(conflict)
        self._state.items.update_memory(library.name, conflict.item, _unscanned)
        self._state.scans.put(library.scan_roots, library.name, folder_of(conflict.path), now)
        self._state.dirty.mark([(library.name, conflict.item)], now, changed=True)


def _ending(body: Body, registry: ItemState, path: str) -> Body:
    """Return an import that ends the living copy at a path, knowing of it."""
    living = registry.copies.get(same_key(path))
    if not isinstance(body, FileImported) or living is None:
        return body
    if living.copy.path in body.replaced and living.is_seen(body.seen):
        return body
    replaced = tuple(dict.fromkeys((*body.replaced, living.copy.path)))
    return _with(body, replaced=replaced, seen=registry.seen)


def _unscanned(memory: ItemMemory) -> ItemMemory:
    return _with(memory, scan_goal="", import_goal="", scans_requested=0, recent_scans=())
