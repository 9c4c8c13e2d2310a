"""Own files: what this node has just published is looked for on the drive for a while.

No app reports that a user moves an item's folder with its files. The path changes at once, the files follow,
and until that is published the peers' apps list files that are gone. To look for the files costs the app no
request.
"""

import logging
from collections.abc import Mapping

from mesharr.core.errors import MesharrError
from mesharr.node.backoff import HOUR_MS
from mesharr.node.model import Library, Me
from mesharr.node.outward.signals import request_check
from mesharr.node.outward.stream.publish import FIRST_LOOK_MS
from mesharr.state.queues.new_files import NewFiles
from mesharr.state.state import State

log = logging.getLogger(__name__)

WATCHED_MS = HOUR_MS
"""For how long they are looked for, at doubled times: after that the hourly comparison finds what changed."""


class OwnFileWatch:
    """Looks for files this node published; has items compared whose files left their place."""

    def __init__(self, me: Me, libraries: Mapping[str, Library], state: State) -> None:
        self._me = me
        self._libraries = libraries
        self._state = state

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
            if self._has_left(library, new.item):
                why = "its files left their place"
                request_check(self._state, library.app, new.item, now)
        except MesharrError as error:
            why = str(error)
        self._state.new_files.later(new, now + max(FIRST_LOOK_MS, age), why)

    def _has_left(self, library: Library, item: str) -> bool:
        """Return whether a file that this node published is where it was no more."""
        living = self._state.items.state(library.name, item).copies.values()
        paths = [each.copy.path for each in living if each.node == self._me.node]
        if not paths:
            return False
        library.storage.check_available()
        return None in library.storage.sizes(paths, fresh=False).values()
