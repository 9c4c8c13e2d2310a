"""Forget what a peer removed: the way out when a peer removed what it should not have."""

from collections.abc import Iterator

from mesharr.core.events.schema import ItemRemoved
from mesharr.core.text import author_of
from mesharr.state.events.runs import body_of_content, content_of
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State

_READ = 500
"""How many events are read at a time."""


def forget_removals(state: State, node: str, now: int) -> list[tuple[str, str]]:
    """Have all that a node removed, renamed or replaced so far end nothing on this node.

    What lives again by that is reconciled soon. Nothing is published, and no event is dropped. Returns the
    (library, item) pairs that the node ended something of, sorted.
    """
    items: set[tuple[str, str]] = set()
    for event in _events_of(state, node):
        body = body_of_content(content_of(event.line))
        if body is not None and (body.ended_paths() or isinstance(body, ItemRemoved)):
            items |= {*body.touched_items()}
    with state.transaction():
        state.streams.forget_removals(node)
        state.dirty.mark(sorted(items), now, changed=True)
    return sorted(items)


def _events_of(state: State, node: str) -> Iterator[StoredEvent]:
    for row in state.streams.all():
        if author_of(row.stream) != node:
            continue
        for first in range(1, row.seq + 1, _READ):
            yield from state.streams.since(row.stream, first, _READ)
