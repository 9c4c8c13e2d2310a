"""Prove again what waited to be published when a new incarnation began.

The database may be an old one: what waited in it may have been published since, or may be true no more.
Or a peer is mistaken, and nothing of it may be lost. So nothing is dropped before this node's own earlier
streams are read and its app was asked.
"""

import logging
from collections.abc import Iterator, Mapping

from mesharr.core.detect.already_published import is_restated
from mesharr.core.events.schema import Body, FileRemoved, ItemAdded, ItemLeft, ItemRemoved, body_of
from mesharr.core.hlc import text_of
from mesharr.core.text import author_of
from mesharr.log import codec
from mesharr.node.library_items import listed_title
from mesharr.node.model import Library
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

AGAIN_MS = 15_000
WAITS = "the database may be an old one: proven again before it is published"


class UnprovenFacts:
    """Publishes what still holds of what waited, and drops what was published or is over."""

    def __init__(self, me: str, libraries: Mapping[str, Library], state: State) -> None:
        self._me = me
        self._libraries = libraries
        self._state = state

    def step(self, now: int) -> None:
        """Decide on what is due."""
        for entry in self._state.outbox.due("again", now):
            library = self._libraries.get(entry.library)
            # a first day reads this node's earlier streams, then the app
            if library and library.app and not self._state.libraries.baselined(entry.library):
                self._state.outbox.later(entry.n, now + AGAIN_MS, WAITS)
            else:
                self._decide(entry, now)

    def _decide(self, entry: OutboxEntry, now: int) -> None:
        outbox, body = self._state.outbox, entry.body
        if is_restated(body, self._own_since(entry)):
            self._drop(entry, "was published before")
        elif isinstance(body, FileRemoved | ItemRemoved):
            outbox.prove_again(entry)
        elif self._holds(entry):
            outbox.make_ready(entry.n, body, now)
        else:
            self._drop(entry, "is true no more, and is not published")

    def _drop(self, entry: OutboxEntry, why: str) -> None:
        title = listed_title(self._state, entry.library, entry.item)
        log.info("%s: that this node %s %s", entry.library, entry.body.deed(title), why)
        self._state.outbox.drop(entry.n)

    def _holds(self, entry: OutboxEntry) -> bool:
        """Return whether a fact is true of the app now."""
        local = self._state.items.local(entry.library, entry.item)
        match entry.body:
            case ItemLeft():
                return not local.was_listed
            case ItemAdded():  # what the app lists, the first day publishes
                return local.memory.restore_requested
            case _:
                return True

    def _own_since(self, entry: OutboxEntry) -> Iterator[Body]:
        """Yield what this node published of the item since the fact was decided on."""
        since = text_of(entry.since)
        ids = {id_ for _, id_ in entry.body.touched_items()}
        for event in self._state.streams.about(entry.library, ids):
            if author_of(event.stream) == self._me and event.hlc >= since:
                body = body_of(event.type, codec.parse(event.line).body)
                if body is not None:
                    yield body
