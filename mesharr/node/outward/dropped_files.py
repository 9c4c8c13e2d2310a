"""Have the media servers scan the folders of files that this household's own apps dropped.

A peer's deletion is an event, and its folder is scanned when that is followed. An own one reaches the servers
without waiting for the proof and the event: as soon as this node's mount shows the file gone. What the app
dropped and the drive still has is no news: a deletion that keeps the files, a rescan while a mount was away.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import Body
from mesharr.core.paths import folder_of, same_key
from mesharr.node.backoff import GONE_MS, wait_ms
from mesharr.node.model import Library
from mesharr.node.scan_state import note_gone
from mesharr.state.deciding import decide
from mesharr.state.queues.dropped_files import DroppedFile
from mesharr.state.state import State

log = logging.getLogger(__name__)

KEPT_MS = 2 * DAY_MS
"""For how long it is known that a file was gone: when its app lists it again, its folder is scanned again."""


def note_dropped(
    state: State,
    library: Library,
    item: str,
    snapshot: Snapshot | None,
    baseline: Baseline,
    bodies: Iterable[Body],
    now: int,
) -> None:
    """Keep which files an app has dropped since the present baseline.

    `baseline` is to follow it. What `bodies` state or replace is scanned with them. The caller holds a
    transaction.
    """
    listed = frozenset(snapshot.files if snapshot else ())
    known = state.dropped_files.of(library.name, item)
    back = [file for file in known if same_key(file.path) in listed]
    for folder in sorted({folder_of(file.path) for file in back if file.scanned}):
        state.scans.put(library.scan_roots, library.name, folder, now)
    state.dropped_files.drop(back)
    before = state.items.baseline(library.name, item)
    if before is None or not library.scan_roots:
        return
    told = {same_key(path) for body in bodies if body.stated_copies() for path in body.ended_paths()}
    told |= {same_key(copy.path) for body in bodies for copy in body.stated_copies()}
    later = {same_key(path) for path in baseline.dropped_for_upgrade}
    sizes = {**dict.fromkeys(before.dropped_for_upgrade), **before.unconfirmed, **before.files}
    dropped = {key: path for path in sizes if (key := same_key(path)) not in listed | told | later}
    if not dropped:
        return
    registry = state.items.state(library.name, item)
    # what an event has ended is scanned because of that event
    mine = {
        path: sizes[path]
        for key, path in dropped.items()
        if key in registry.copies or key not in registry.ended
    }
    state.dropped_files.put(library.name, item, mine, now)


class DroppedFileScans:
    """Looks for dropped files, and queues the scans of what is gone."""

    def __init__(self, libraries: Mapping[str, Library], state: State) -> None:
        self._libraries = libraries
        self._state = state

    def step(self, now: int) -> None:
        """Look for every file that is due."""
        due = self._state.dropped_files.due(now)
        for (name, item), files in groupby(due, lambda file: (file.library, file.item)):
            self._look(name, item, list(files), now)
        if due:
            self._state.dropped_files.forget_scanned(now - KEPT_MS)

    def _look(self, name: str, item: str, files: Sequence[DroppedFile], now: int) -> None:
        library = self._libraries.get(name)
        if library is None or not library.scan_roots:
            self._state.dropped_files.drop(files)
            return
        try:
            lost = library.storage.gone({file.path: file.size for file in files})
        except (Unavailable, Refused) as error:
            self._state.dropped_files.later(files, now + wait_ms(files[0].tries, GONE_MS), str(error))
            return
        gone = [file for file in files if file.path in lost]
        there = [file for file in files if file.path not in lost]
        kept = [file for file in there if now - file.since > DAY_MS]
        until = now + wait_ms(files[0].tries, GONE_MS)

        def noted(_: object) -> None:
            self._state.dropped_files.drop(kept)
            self._state.dropped_files.later(there, until, "still there")
            self._state.dropped_files.note_scanned(gone)
            for folder in sorted({folder_of(file.path) for file in gone}):
                self._state.scans.put(library.scan_roots, name, folder, now)
            if gone:
                self._state.trash.put(library.trash_of, name, now)
            note_gone(self._state, name, item, [file.path for file in gone])

        decide(self._state, name, item, noted)
        for file in gone:
            log.debug("%s: %s is gone: the media servers are asked to scan its folder", name, file.path)
