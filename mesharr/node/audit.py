"""Audit: are my own files still on the store, whole? What is missing or torn is published again.

A file counts as missing only when two audits in a row did not see it: one listing may be old.
"""

import logging
from collections.abc import Callable

from mesharr.core.errors import Rejected
from mesharr.disk.child import Missing
from mesharr.log import layout
from mesharr.log.chain import verify_file
from mesharr.log.store import Store
from mesharr.node.library import Me
from mesharr.node.peers import Trusted
from mesharr.state.state import State
from mesharr.state.streams import OwnFileRow

log = logging.getLogger(__name__)


class Auditor:
    """Looks after this node's own files."""

    def __init__(self, me: Me, own: Trusted, store: Store, state: State, stream: Callable[[], str]) -> None:
        self._me = me
        self._own = own
        self._store = store
        self._state = state
        self._stream = stream
        self._missing: set[str] = set()

    def step(self) -> int:
        """Look at every own file; return how many were found lost. Raises what the store raises."""
        stream = self._stream()
        there = {f"{layout.EVENTS}/{name}" for name in self._store.tails()}
        there |= {f"{layout.segment_folder(stream)}/{name}" for name in self._store.segments(stream)}
        rows = [row for row in self._state.streams.files() if not row.lost and f"/{stream}" in row.place]
        missing = {row.place for row in rows if row.place not in there}
        lost = [place for place in sorted(missing) if place in self._missing]
        self._missing = missing
        lost += [row.place for row in rows if row.place in there and not row.confirmed and self._torn(row)]
        for place in lost:
            log.warning("%s is missing or torn on the store: publishing it again", place)
            self._state.streams.lose(place)
            self._state.counters.add("files_lost")
        return len(lost)

    def _torn(self, row: OwnFileRow) -> bool:
        name = layout.parse_path(row.place)
        assert name is not None
        try:
            verify_file(self._store.read(row.place), name, self._me.mesh, self._own.verify)
        except Missing:
            return False  # the next audit's listing tells
        except Rejected:
            return True
        return False
