"""Own files: what this node has just published is looked for on the drive for a while.

No app reports that a user moves an item's folder with its files. The path changes at once, the files follow,
and until that is published the peers' apps list files that are gone. To look for the files costs the app no
request. A file that its app goes on listing, and that is nowhere, is taken back once that is proven.
"""

import logging
from collections.abc import Iterable

from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import FileRemoved
from mesharr.core.paths import same_key
from mesharr.node.model import Library, LocalNode
from mesharr.node.outward.stream.publish import FIRST_LOOK_MS
from mesharr.state.queues.new_files import NewFiles

log = logging.getLogger(__name__)

LISTED_AND_GONE = "the app lists it, and it is not on the drive"
"""Why the removal of such a file is queued."""
WATCHED_MS = HOUR_MS
"""For how long they are looked for, at doubled times: after that the hourly comparison finds what changed."""


class OwnFileWatch:
    """Looks for files this node published; has items compared whose files left their place."""

    def __init__(self, node: LocalNode) -> None:
        self._me = node.me
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state

    def step(self, now: int) -> None:
        """Look for the files of every item that is due."""
        for new in self._state.new_files.due(now):
            self._look(new, now)

    def next_due(self) -> int | None:
        """Return when the next look is due (ms), None when none is."""
        return self._state.new_files.next_due()

    def _look(self, new: NewFiles, now: int) -> None:
        library, age = self._libraries.get(new.library), now - new.since
        if library is None or not library.app or not 0 <= age < WATCHED_MS:
            self._state.new_files.drop(new)
            return
        why = ""
        try:
            if missed := self._missed(library, new.item):
                why = "its files left their place"
                self._state.inbox.put_check(library.app, new.item, now)
                self._take_back(library, new.item, missed, now)
        except MesharrError as error:
            why = str(error)
        self._state.new_files.later(new, now + max(FIRST_LOOK_MS, age), why)

    def _missed(self, library: Library, item: str) -> tuple[str, ...]:
        """Return the files that this node published and that are where they were no more."""
        living = self._state.items.state(library.name, item).copies.values()
        paths = [each.copy.path for each in living if each.node == self._me.node]
        if not paths:
            return ()
        library.storage.check_available()
        sizes = library.storage.sizes(paths, fresh=False)
        return tuple(path for path in paths if sizes[path] is None)

    def _take_back(self, library: Library, item: str, missed: Iterable[str], now: int) -> None:
        """Have files proven gone that are still missed, and that the app lists where they were.

        What the app lists elsewhere, or not at all, is compared: it says what became of the file.
        """
        actual = snapshot_of(self._apps[library.app].arr.read(item), library.root)
        if actual is None or not self._is_compared(library.name, actual):
            return
        paths = tuple(path for path in missed if same_key(path) in actual.files)
        if not paths or self._state.outbox.of(library.name, item):
            return
        seen = self._state.items.state(library.name, item).seen
        body = FileRemoved(library=library.name, id=item, paths=paths, reason="deleted", seen=seen)
        self._state.outbox.put(item, body, "gone", LISTED_AND_GONE, now)
        log.info("%s: checking whether %s was deleted: %s", library.name, paths[0], LISTED_AND_GONE)

    def _is_compared(self, library: str, actual: Snapshot) -> bool:
        """Return whether all that the app lists of an item's files was compared and explained."""
        baseline = self._state.items.baseline(library, actual.item.id)
        if baseline is None or baseline.unconfirmed:
            return False
        listed = {copy.path: copy.size for copy in actual.files.values()}
        return dict(baseline.files) == listed
