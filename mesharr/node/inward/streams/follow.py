"""Follow the peers: verify what they appended, keep it, and make the items of it dirty.

An idle poll is one listing. A peer's bytes are believed only after `mesharr.log.chain` has verified
them; a file that does not verify is put aside and tried again later, and the next candidate is read.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from mesharr.core import hlc
from mesharr.core.errors import Rejected, Unavailable
from mesharr.core.events.schema import (
    Body,
    NodeHello,
    NodeLeft,
    StreamOpened,
    body_of,
    is_found_by_type,
)
from mesharr.disk.child import Missing
from mesharr.log import batch, layout, reader
from mesharr.log.batch import EventBatch
from mesharr.log.chain import Fork, Head, OtherBranch, verify_file
from mesharr.log.codec import Event
from mesharr.log.store.folder import Store
from mesharr.log.store.prefetch import Prefetcher, PrefetchLimits
from mesharr.node.backoff import DAY_MS, wait_ms
from mesharr.node.inward.streams.forks import ForkSearch, may_have_branches
from mesharr.node.inward.streams.gaps import close_gaps, stop_at_old_gaps
from mesharr.node.inward.streams.reading import Reading
from mesharr.node.model import Me, PeerList, Trusted
from mesharr.state.events.streams import Run
from mesharr.state.state import State

log = logging.getLogger(__name__)

MAX_POLL_BYTES = 64 * 1024 * 1024
MAX_PEER_BYTES = 16 * 1024 * 1024
BATCH_EVENTS = 4096
"""How many events one transaction keeps at most: a commit for each file would wait for the disk too often."""
HOUR_MS = 60 * 60_000
QUARANTINE_MS = HOUR_MS
_Place = tuple[str, layout.FileName]


class Follower:
    """The first inward stage: the only one that moves a cursor."""

    def __init__(
        self,
        me: Me,
        own: Trusted,
        store: Store,
        peers: PeerList,
        state: State,
        stream: Callable[[], str],
        *,
        limits: PrefetchLimits = PrefetchLimits(),  # noqa: B008 - frozen
    ) -> None:
        """`own` is this node itself: the incarnations it had before are read like a peer's streams;
        `stream` names the present one, which is not read. On catch-up several segments are read at
        the same time, as `limits` says, so the store's `read` must be safe to call in several threads.
        """
        self._limits = limits
        self._stream = stream
        self._me = me
        self._own = own
        self._store = store
        self._peers = peers
        self._state = state
        self._listed = 0
        self._forks = ForkSearch(store, state, me.mesh)

    def step(self, now: int) -> int:
        """Read what is new of every trusted stream; return how many events were applied.

        Raises `Unavailable` when the store does not answer.
        """
        trusted = self.trusted()
        mine = f"{self._stream()}."
        quarantine = self._state.quarantine.waiting(now)
        listed = [name for name in self._store.tails() if f"{layout.EVENTS}/{name}" not in quarantine]
        self._look_for_twin((name for name in listed if name.startswith(mine)), now)
        names = [name for name in listed if not name.startswith(mine)]
        cursors = {row.stream: Head(row.seq, row.id, row.hlc) for row in self._state.streams.all() if row.seq}
        poll = reader.choose(names, cursors, trusted, self._state.streams.known_id)
        self._note(poll, now)
        applied = 0
        budget = MAX_POLL_BYTES
        for wanted in poll.requests:
            peer = trusted[wanted.stream.rpartition(".")[0]]
            reading = Reading(wanted.stream, peer, min(budget, MAX_PEER_BYTES), wanted.cursor)
            applied += self._follow(wanted, reading, now)
            self._note_gap(wanted, reading, now)
            budget -= reading.used
            if budget <= 0:
                break
        self._forks.step(names, trusted, now)
        close_gaps(self._state.streams, {wanted.stream for wanted in poll.requests}, now)
        stop_at_old_gaps(self._state.streams, trusted, now)
        self._listed = now
        return applied

    def behind(self, since: int) -> str:
        """Return what is not read yet of what a listing since then (ms) named, "" for nothing.

        A stream that stopped, or lacks something for an hour, is not waited for.
        """
        if self._listed < since:
            return "the store has not been listed yet"
        trusted = self.trusted()
        for row in self._state.streams.all():
            missing_ms = self._listed - row.gap_since if row.gap_since else 0
            if row.head <= row.seq or row.why or missing_ms > HOUR_MS:
                continue
            if row.stream.rpartition(".")[0] in trusted and not row.stream.startswith(f"{self._stream()}."):
                return f"{row.head - row.seq} events of {row.stream} are to be read"
        return ""

    def trusted(self) -> dict[str, Trusted]:
        """Return the nodes whose streams are read, by label: peers, and this node's own past."""
        peers = {node: peer for node, peer in self._peers().items() if not peer.frozen}
        return {**peers, self._me.node: self._own}

    def _note(self, poll: reader.Poll, now: int) -> None:
        for node in self._state.node_warnings.note_unknown(poll.unknown, now):
            log.warning("%s writes to this mesh and is not trusted here: mesharr trust TOKEN", node)
        self._state.store.note_ignored(poll.ignored)

    def _look_for_twin(self, names: Iterable[str], now: int) -> None:
        """Note a tail of the present stream that this node's key signed and this node did not write.

        A machine that has a copy of the config dir goes on in the same stream: what is signed here after
        that would be a fork. The publisher looks at the note before it signs.
        """
        stream = self._stream()
        for text in names:
            name = layout.parse_tail(text)
            if name is None:
                continue
            held = self._state.streams.known_id(stream, name.last)
            if held is not None and held.startswith(name.h8):
                continue
            place = layout.tail_path(name)
            try:
                verify_file(self._store.read(place), name, self._me.mesh, self._own.verify)
            except Missing:
                continue
            except Rejected as error:
                self._put_aside(place, error, self._own, now)
            else:
                self._state.own_streams.note_fork(stream, name.last)
                return

    def _note_gap(self, wanted: reader.StreamRequest, reading: Reading, now: int) -> None:
        """Note what a listing promises beyond the cursor.

        Anybody who can write to the drive can make a name. So a head is believed once its file has verified
        by itself; a file that cannot be read now is a gap, and one that does not verify is nothing.
        """
        streams = self._state.streams
        if wanted.stream in streams.cuts().forks:
            return
        reached, head, unreadable = streams.reached(wanted.stream), 0, False
        for name in wanted.claims:
            place = layout.tail_path(name)
            if name.last <= reached or reading.used >= reading.budget:
                break
            if self._is_aside(place, now):
                continue
            try:
                content = self._store.read(place)
                reading.used += len(content)
                verify_file(content, name, self._me.mesh, reading.peer.verify)
            except Missing:
                unreadable = True
            except Rejected as error:
                self._put_aside(place, error, reading.peer, now)
            else:
                head = name.last
                break
        streams.note_gap(wanted.stream, head, now, unreadable=unreadable)

    def _follow(self, wanted: reader.StreamRequest, reading: Reading, now: int) -> int:
        """Bring one stream as far as its files reach; return how many events were applied."""
        if wanted.stream in self._state.streams.cuts().forks:
            return 0  # proven, told, and out of the fold from there on: its owner goes on in another
        if wanted.fork_suspects:
            self._tail(wanted.fork_suspects, reading, now)
        if self._tail(wanted.tails, reading, now) or not wanted.segments_to:
            return self._apply(reading, now)
        applied = self._segments(wanted, reading, now)
        # The tail that did not serve the old cursor serves the one the segments led to.
        names = [name for text in self._store.tails() if (name := layout.parse_tail(text))]
        seq, _ = self._state.streams.cursor(wanted.stream)
        serving = [name for name in names if name.stream == wanted.stream and name.serves(seq)]
        serving.sort(key=lambda name: (-name.last, -name.k))
        self._tail(serving, reading, now)
        return applied + self._apply(reading, now)

    def _tail(self, names: Iterable[layout.FileName], reading: Reading, now: int) -> int:
        """Take the first tail that verifies; return how many events that brought."""
        candidates = [(layout.tail_path(name), name) for name in names]
        return self._first_good(candidates, self._store.read, reading, now)

    def _segments(self, wanted: reader.StreamRequest, reading: Reading, now: int) -> int:
        names = self._store.segments(wanted.stream)
        if may_have_branches(wanted.stream, names):
            self._forks.ask(wanted.stream)
        steps = [
            [(place, name) for name in step if not self._is_aside(place := layout.segment_path(name), now)]
            for step in reader.cover(wanted.stream, names, wanted.cursor.seq, wanted.segments_to)
        ]
        places = [step[0][0] for step in steps if step]
        pool = ThreadPoolExecutor(self._limits.in_flight, "segment")
        ahead = Prefetcher(
            self._store.read, places, pool, lambda: reading.budget - reading.used, self._limits
        )
        try:
            return self._steps(steps, ahead, reading, now)
        except Unavailable:
            # The store failed on the way: what came before that is verified, and is not read again.
            self._apply(reading, now)
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _steps(self, steps: Iterable[Sequence[_Place]], ahead: Prefetcher, reading: Reading, now: int) -> int:
        applied = 0
        for step in steps:
            # A step taken by a lesser candidate may have ended before the next one starts.
            serving = [(place, name) for place, name in step if name.serves(reading.head.seq)]
            if not self._first_good(serving, ahead.read, reading, now):
                break
            if reading.count >= BATCH_EVENTS:
                applied += self._apply(reading, now)
            if reading.used >= reading.budget:
                break
        return applied + self._apply(reading, now)

    def _first_good(
        self,
        candidates: Iterable[_Place],
        read: Callable[[str], bytes],
        reading: Reading,
        now: int,
    ) -> int:
        """Take the first candidate that verifies; return how many events that brought."""
        for place, name in candidates:
            if self._is_aside(place, now):
                continue
            try:
                content = read(place)
                reading.used += len(content)
                fresh = self._verified(content, name, reading)
            except Missing:
                continue
            except Fork as fork:
                self._state.streams.fork(reading.stream, fork.seq, fork.line)
                self._forks.ask(reading.stream)
                log.error("%s: %s", reading.peer.name, fork)
                return 0
            except Rejected as error:
                if isinstance(error, OtherBranch):
                    self._forks.ask_by(reading.stream, place)
                self._put_aside(place, error, reading.peer, now)
                continue
            return self._take(fresh, reading) if fresh else 0
        return 0

    def _is_aside(self, place: str, now: int) -> bool:
        return self._state.quarantine.is_waiting(place, now)

    def _verified(self, content: bytes, name: layout.FileName, reading: Reading) -> EventBatch | None:
        streams = self._state.streams
        return batch.read(
            content,
            name,
            self._me.mesh,
            reading.peer.verify,
            reading.head,
            lambda first, last: streams.lines_between(reading.stream, first, last),
        )

    def _put_aside(self, place: str, error: Rejected, peer: Trusted, now: int) -> None:
        """Quarantine a file that does not verify: it may be incomplete, and is read again later."""
        tries = self._state.quarantine.put(
            place, str(error), now, lambda tries: wait_ms(tries, QUARANTINE_MS)
        )
        if tries == 1:
            log.warning("%s: %s does not verify: %s", peer.name, place, error)
            self._state.counters.add("files_rejected")

    def _take(self, fresh: EventBatch, reading: Reading) -> int:
        """Take verified events that follow the head; return how many.

        What is not to be kept of them is let go file by file: a whole batch of decoded bodies would
        fit no processor's cache.
        """
        items = list(fresh.plain)
        for event in fresh.others:
            body = event.checked_body or self._body(event)
            items += [(library, item, event.seq) for library, item in (body.touched_items() if body else ())]
            if isinstance(body, NodeHello):
                reading.hellos.append(body)
            if isinstance(body, StreamOpened):
                # its owner may have closed them for a fork of which this node has read one branch only
                for inc in body.closes:
                    self._ask_of(f"{event.node}.{inc}")
        typed = [(event.type, event.seq, event.hlc) for event in fresh.others if is_found_by_type(event.type)]
        reading.runs.append(Run(reading.stream, fresh.first, fresh.ids, fresh.lines, fresh.hlc, items, typed))
        reading.count += len(fresh.lines)
        reading.head = Head(fresh.first + len(fresh.lines) - 1, fresh.ids[-1], fresh.hlc)
        return len(fresh.lines)

    def _ask_of(self, stream: str) -> None:
        if self._state.streams.cursor(stream)[0]:
            self._forks.ask(stream)

    def _apply(self, reading: Reading, now: int) -> int:
        """Keep the verified events, move the cursor, and make their items dirty, in one transaction.

        Returns how many events that were.
        """
        stream = reading.stream
        count, runs, hellos = reading.taken()
        if not runs:
            return 0
        with self._state.transaction():
            touched = self._state.streams.keep(runs, now)
            self._state.dirty.mark(touched, now, changed=True)
            if any(kind == NodeLeft.type_name for run in runs for kind, _, _ in run.typed):
                # it names no item, and what it downloaded is paused here
                self._state.dirty.mark(self._state.items.paused(), now)
            for hello in hellos:
                self._acknowledged(stream, hello, now)
            if len(hellos) < count:
                self._state.node.owe_hello(now)
            self._note_clock(stream, runs[-1].hlc, now)
        return count

    def _body(self, event: Event) -> Body | None:
        """Return an event's body; None for an unknown type, and for a body that is not allowed."""
        try:
            return body_of(event.type, event.body)
        except Rejected as error:
            log.error("%s.%s: event %d is kept and not applied: %s", event.node, event.inc, event.seq, error)
            self._state.counters.add("events_rejected")
            return None

    def _acknowledged(self, stream: str, hello: NodeHello, now: int) -> None:
        """Note what a peer has applied of the present stream.

        An event that this database lacks has it begin anew. A peer's word is no proof of it, so it counts
        once a day: each beginning is a first day.
        """
        mine = self._stream()
        seq, id_ = hello.heads.get(mine, (0, ""))
        if seq and self._state.streams.known_id(mine, seq) == id_:
            self._state.streams.acknowledge(stream, seq)
        elif seq:
            # It has read an event of mine that this database lacks, from a file that may be gone since.
            node = stream.rpartition(".")[0]
            if not 0 <= now - self._state.node_warnings.fork_reported(node) < DAY_MS:
                self._state.node_warnings.note_fork_report(node, now)
                self._state.own_streams.note_fork(mine, seq)

    def _note_clock(self, stream: str, reached: str, now: int) -> None:
        """Remember the peer whose clock is more than ten minutes ahead of this one."""
        node = stream.rpartition(".")[0]
        is_ahead = reached > hlc.text_of(now + hlc.MAX_AHEAD_MS)
        self._state.node_warnings.note_clock(node, reached if is_ahead else "")
