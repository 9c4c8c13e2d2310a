"""Bound what one peer may fill of the database with streams and unknown events.

A trusted peer may begin a stream with each event, and publish events of types that nobody knows: all of them
would be kept for ever. A household begins a new stream when it lost its database, and new types come with a
new version, so both have a cap that is far above. When it is reached, the user is told.
"""

import logging
from collections import Counter

import msgspec

from mesharr.core.errors import Refused
from mesharr.core.text import author_of
from mesharr.log.reader import Poll, StreamRequest
from mesharr.state.state import State

log = logging.getLogger(__name__)

MAX_STREAMS = 64
"""With how many streams of one peer that have events no further one is read."""
MAX_UNKNOWN = 16 * 1024 * 1024
"""How many bytes of events of one peer are kept of which this program understands nothing."""
SUBJECT = "peer:"
"""What the subject of a refusal that tells of it begins with, before the peer."""


class Room:
    """What is left for each peer to fill."""

    def __init__(self, state: State, me: str) -> None:
        """Bound every node but this one, `me`, whose own past is read like a peer's streams."""
        self._state = state
        self._me = me
        self._known: set[str] = set()
        """The streams that have events, as of this poll."""
        self._counts: Counter[str] = Counter()
        """How many of them each node has."""

    def limited(self, poll: Poll, now: int) -> Poll:
        """Return a poll without the streams that there is no room for, and tell of them."""
        if not poll.requests:
            return poll
        self._known = {row.stream for row in self._state.streams.all() if row.seq}
        self._counts = Counter(map(author_of, self._known))
        unknown = self._state.streams.not_understood()
        full: dict[str, Refused] = {}
        read: list[StreamRequest] = []
        for wanted in poll.requests:
            node = author_of(wanted.stream)
            if node == self._me:
                read.append(wanted)
            elif unknown.get(node, 0) >= MAX_UNKNOWN:
                full[node] = Refused(
                    f"{node} fills the database with events that this version does not know: no more is read",
                    f"update mesharr; if no newer version knows them: mesharr untrust {node}",
                )
            elif wanted.stream in self._known or self._counts[node] < MAX_STREAMS:
                read.append(wanted)  # a name alone fills nothing: see `admits`
            else:
                full.setdefault(
                    node,
                    Refused(
                        f"{node} has more than {MAX_STREAMS} streams: no further one is read",
                        f"ask the household; if it is no accident: mesharr untrust {node}",
                    ),
                )
        self._tell(full, {author_of(wanted.stream) for wanted in poll.requests}, now)
        return msgspec.structs.replace(poll, requests=tuple(read))

    def admits(self, stream: str) -> bool:
        """Return whether events of a stream may be kept: its node has few streams, or it has some.

        One that is admitted counts from then on. What was known is that of the poll: an apply reads no table.
        """
        node = author_of(stream)
        if stream in self._known:
            return True
        if node != self._me and self._counts[node] >= MAX_STREAMS:
            return False
        self._known.add(stream)
        self._counts[node] += 1
        return True

    def _tell(self, full: dict[str, Refused], asked: set[str], now: int) -> None:
        for node in sorted(asked):
            if node not in full:
                self._state.refusals.clear(f"{SUBJECT}{node}")
            elif self._state.refusals.note(f"{SUBJECT}{node}", full[node], now):
                log.warning("%s", full[node])
