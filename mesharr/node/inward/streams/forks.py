"""Find the lowest event of a stream that its owner signed twice.

Every node cuts a stream there. The file that proves a fork may begin anywhere above the first
difference, and nodes read files in different orders. So on a proof, and on a file that follows another event
than this node's, the archive of the stream is read for lower ones. A later file may lower the cut again.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Rejected
from mesharr.core.events.schema import NodeLeft
from mesharr.core.text import author_of
from mesharr.disk.child import Missing
from mesharr.log import layout, reader
from mesharr.log.chain import verify_file
from mesharr.log.codec import Event
from mesharr.log.layout import FileName
from mesharr.log.store.folder import Store
from mesharr.node.backoff import wait_ms
from mesharr.node.model import Trusted
from mesharr.state.events.runs import body_of_content, content_of
from mesharr.state.events.streams import StreamRow
from mesharr.state.state import State

log = logging.getLogger(__name__)

MAX_READS: Final = 12
"""How many requests one poll makes for forked streams."""
LOOKS: Final = 8
"""How often the archive of a stream is listed while some of its files cannot be read."""
AGAIN_MS: Final = 15 * 60_000
_QUARANTINE_MS: Final = 60 * 60_000
_EVENTS: Final = 500
"""How many events are read at a time."""


class _File(NamedTuple):
    place: str
    name: FileName


class _Look(NamedTuple):
    """A look at the archive of a stream that is to be done."""

    left: int
    due: int
    """When (ms)."""
    last: bool = False
    """Whether all was compared before: a mount may list an archive as it was some minutes ago."""


class ForkSearch:
    """Lower the cut of forked streams to the lowest event that is proven to be signed twice."""

    def __init__(self, store: Store, state: State, mesh: str) -> None:
        self._store = store
        self._state = state
        self._mesh = mesh
        self._looks: dict[str, _Look] = {}
        self._suspects: set[str] = set()
        self._read: dict[str, int] = {}
        """The files that were read, each with the seq up to which this node had the stream by then."""
        self._bad: set[str] = set()
        """The files that did not verify, which are read after all others."""
        self._left = 0
        self._tried: Collection[str] = ()
        self._put_off = False
        self._started = False

    def ask(self, stream: str) -> None:
        """Have the archive of a stream searched for another branch, in this poll."""
        self._looks[stream] = _Look(LOOKS, 0)

    def ask_by(self, stream: str, place: str) -> None:
        """Do the same for a file that follows another event, once for each file."""
        if place not in self._suspects:
            self._suspects.add(place)
            self.ask(stream)

    def look_daily(self, rows: Iterable[StreamRow], trusted: Collection[str], now: int) -> None:
        """Have the archive of each stream looked at that was not for a day, in this poll.

        Whoever read past a seq lists no archive any more, and whoever comes later finds the branch there.
        """
        for row in rows:
            is_read = row.seq and author_of(row.stream) in trusted
            if is_read and not 0 <= now - row.archive_at < DAY_MS:
                self._state.streams.note_archive(row.stream, now)
                self._looks.setdefault(row.stream, _Look(LOOKS, 0, last=True))

    def step(
        self, tails: Iterable[str], trusted: Mapping[str, Trusted], now: int, tried: Collection[str]
    ) -> None:
        """Look at the new tails of forked streams, and at the archives that are to be looked at.

        `tails` is the listing of this poll, `tried` the places read in it: none is read twice. Raises
        `Unavailable` when the store does not answer.
        """
        forks = self._state.streams.forks()
        if not self._started:
            self._started = True
            self._looks = {**{stream: _Look(LOOKS, 0) for stream in forks}, **self._looks}
        wanted = forks.keys() | self._looks.keys()
        if not wanted:
            return
        self._left, self._tried = MAX_READS, tried
        listed: dict[str, list[FileName]] = {stream: [] for stream in wanted}
        for text in tails:
            name = layout.parse_tail(text)
            if name is not None and name.stream in listed:
                listed[name.stream].append(name)
        for stream in sorted(wanted):
            peer = trusted.get(author_of(stream))
            if peer is not None:
                self._look(stream, peer, listed[stream], now)

    def _look(self, stream: str, peer: Trusted, tails: Sequence[FileName], now: int) -> None:
        files = [_File(layout.tail_path(name), name) for name in tails]
        look = self._looks.get(stream)
        # a clock that is set back makes what is due in its future due now
        is_due = look is not None and not now < look.due <= now + AGAIN_MS and self._left > 0
        if is_due:
            self._left -= 1
            names = (layout.parse_segment(stream, text) for text in self._store.segments(stream))
            files += [_File(layout.segment_path(name), name) for name in names if name]
        self._put_off = False
        if self._all_compared(stream, peer, files, now):
            if is_due and look is not None and look.last:
                del self._looks[stream]
            elif is_due:
                self._looks[stream] = _Look(LOOKS, now + AGAIN_MS, last=True)
        elif is_due and look is not None and self._left > 0 and not self._put_off:
            if look.left <= 1:
                del self._looks[stream]
            else:
                self._looks[stream] = _Look(look.left - 1, now + AGAIN_MS, look.last)

    def _all_compared(self, stream: str, peer: Trusted, files: Iterable[_File], now: int) -> bool:
        """Compare the files that may have another branch; return whether each could be read."""
        whole = True
        by_name = {file.name: file for file in files}
        lowest = self._lowest(stream)
        in_turn = sorted((by_name[name] for name in reader.in_turn(by_name)), key=self._is_bad)
        for place, name in in_turn:
            if self._is_compared(place, name, lowest) or not self._may_be_lower(stream, name, lowest):
                continue
            self._put_off = self._put_off or place in self._tried
            if self._left <= 0 or place in self._tried or self._state.quarantine.is_waiting(place, now):
                whole = False
                continue
            self._left -= 1
            try:
                events = verify_file(self._store.read(place), name, self._mesh, peer.verify)
            except Missing:
                whole = False
            except Rejected as error:
                whole = False
                self._bad.add(place)
                self._state.quarantine.put(
                    place, str(error), now, lambda tries: wait_ms(tries, _QUARANTINE_MS)
                )
            else:
                self._read[place] = self._state.streams.cursor(stream)[0]
                self._compare(stream, peer, events, now)
                lowest = self._lowest(stream)
        return whole

    def _is_compared(self, place: str, name: FileName, lowest: int) -> bool:
        """Return whether a file was compared with all that this node has of the stream by now.

        What is beyond the cursor differs from nothing: such a file is read again when the cursor has moved.
        """
        return self._read.get(place, -1) >= min(name.last, lowest - 1)

    def _is_bad(self, file: _File) -> bool:
        return file.place in self._bad

    def _may_be_lower(self, stream: str, name: FileName, lowest: int) -> bool:
        """Return whether a file may, by its name, have a foreign event below the cut.

        An id commits to every event before it: where the last one is this node's, so are all.
        """
        if name.first >= lowest:
            return False
        own = self._state.streams.known_id(stream, name.last)
        return own is None or not own.startswith(name.h8)

    def _lowest(self, stream: str) -> int:
        """Return the seq below which a difference is news: the cut, else behind the cursor."""
        streams = self._state.streams
        return streams.forks().get(stream, streams.cursor(stream)[0] + 1)

    def _compare(self, stream: str, peer: Trusted, events: Sequence[Event], now: int) -> None:
        streams = self._state.streams
        own = streams.lines_between(stream, events[0].seq, events[-1].seq)
        lowest = self._lowest(stream)
        for event in events:
            if event.seq >= lowest:
                return
            held = streams.known_id(stream, event.seq) if own.get(event.seq) != event.line else event.id
            if held is not None and held != event.id:
                cut_stream(self._state, stream, event.seq, event.line, now)
                log.error("%s: fork of %s at seq %d", peer.name, stream, event.seq)
                self.ask(stream)
                return


def cut_stream(state: State, stream: str, seq: int, line: bytes, now: int) -> None:
    """Cut a stream at a seq that its owner signed twice, `line` being the second one.

    The items that the events cut off by that are about are not what they were: they are dirty afterwards.
    """
    before = state.streams.forks().get(stream, state.streams.cursor(stream)[0] + 1)
    items: set[tuple[str, str]] = set()
    for first in range(seq, before, _EVENTS):
        for event in state.streams.since(stream, first, min(_EVENTS, before - first)):
            if event.type == NodeLeft.type_name:
                items |= {*state.items.paused()}  # it names no item, and what it downloads is paused again
            elif (body := body_of_content(content_of(event.line))) is not None:
                items |= {*body.touched_items()}
    with state.transaction():
        around = state.items.with_those_around(items)  # an alias that is cut off joined them
        state.streams.fork(stream, seq, line)
        state.dirty.mark(around, now, changed=True)


def may_have_branches(stream: str, names: Iterable[str]) -> bool:
    """Return whether the names of a stream's segments tell of two branches.

    Segments are sealed one after another, so ranges that overlap are of one segment written again, or of
    another branch.
    """
    segments = [name for text in names if (name := layout.parse_segment(stream, text))]
    segments.sort(key=lambda name: (name.first, name.last))
    return any(
        after.first <= before.last
        and (after.first, after.last, after.h8) != (before.first, before.last, before.h8)
        for before, after in pairwise(segments)
    )
