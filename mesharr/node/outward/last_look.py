"""The last look at the drive: nothing is signed that the drive has not shown shortly before.

A fact becomes ready when the drive agrees with it, and may then wait for hours while the store is away.
Meanwhile a peer may have replaced its files, or brought back what was proven to be gone.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import FileRemoved, ItemRemoved
from mesharr.node.backoff import STORE_MS
from mesharr.node.library_items import listed_title
from mesharr.node.model import Library
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.stream.publish import FRESH_MS
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

PATHS_AT_ONCE = 50
"""How many files' sizes are read in one call: each may be a remote listing of a folder."""


class LastLook:
    """Looks again at the files of ready facts whose last look is old."""

    def __init__(self, libraries: Mapping[str, Library], proofs: RemovalProofs, state: State) -> None:
        self._libraries = libraries
        self._proofs = proofs
        self._state = state
        self._failed_until: dict[str, int] = {}

    def step(self, now: int) -> None:
        """Look for the files of what is to be signed; have what is not true any more wait again.

        Facts of a library that does not answer stay ready, and are not signed before they were looked at.
        """
        by_library: dict[str, list[OutboxEntry]] = defaultdict(list)
        for entry in self._state.outbox.to_look_at(now - FRESH_MS, now):
            by_library[entry.library].append(entry)
        for name, entries in by_library.items():
            library = self._libraries.get(name)
            if library is None or now < self._failed_until.get(name, 0) <= now + STORE_MS:
                continue
            try:
                self._look(library, entries, now)
            except (Unavailable, Refused) as error:
                self._failed_until[name] = now + STORE_MS
                log.warning("%s: not published before its files were seen: %s", name, error)

    def _look(self, library: Library, entries: Iterable[OutboxEntry], now: int) -> None:
        library.storage.check_available()
        for entry in entries:
            absent = self._not_as_stated(library, entry)
            if absent:
                self._state.outbox.look_failed(entry, absent, now)
                log.info("%s: not published yet: %s is not on the drive any more", library.name, min(absent))
            elif self._is_back(library, entry):
                self._state.outbox.prove_again(entry)
                title = listed_title(self._state, library.name, entry.item)
                log.info("%s: files of %s are back: their deletion is checked again", library.name, title)
            else:
                self._state.outbox.note_look(entry.n, now)

    def _not_as_stated(self, library: Library, entry: OutboxEntry) -> Collection[str]:
        """Return the paths of the stated copies that the library does not show with their sizes."""
        copies = entry.body.stated_copies()
        absent: list[str] = []
        for start in range(0, len(copies), PATHS_AT_ONCE):
            some = copies[start : start + PATHS_AT_ONCE]
            sizes = library.storage.sizes([copy.path for copy in some])
            absent += [copy.path for copy in some if sizes[copy.path] != copy.size]
        return absent

    def _is_back(self, library: Library, entry: OutboxEntry) -> bool:
        """Return whether a file is there after all, or where the item's folder was moved."""
        if not isinstance(entry.body, FileRemoved | ItemRemoved) or entry.body.is_reassigned:
            return False
        if self._proofs.went_along(library, entry):
            return True
        paths = self._proofs.paths_to_be_gone(entry)
        return bool(paths) and bool(self._proofs.still_on_drive(library, entry, paths or ()))
