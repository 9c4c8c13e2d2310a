"""Follow the peers: verify what they appended, keep it, and make the items of it dirty.

An idle poll is one listing. A peer's bytes are believed only after `mesharr.log.chain` has verified
them; a file that does not verify is put aside and tried again later, and the next candidate is read.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mesharr.core.errors import Rejected, Unavailable
from mesharr.core.events.schema import (
    Body,
    NodeHello,
    NodeLeft,
    StreamOpened,
    body_of,
    is_found_by_type,
)
from mesharr.core.text import author_of
from mesharr.disk.child import Missing
from mesharr.log import batch, layout, reader
from mesharr.log.batch import EventBatch
from mesharr.log.chain import Fork, Head, OtherBranch, verify_file
from mesharr.log.codec import Event
from mesharr.log.store.folder import Store
from mesharr.log.store.prefetch import Prefetcher, PrefetchLimits
from mesharr.node.backoff import wait_ms
from mesharr.node.inward.streams.attempts import Attempts
from mesharr.node.inward.streams.budget import Once, Quota, shares
from mesharr.node.inward.streams.forks import ForkSearch, cut_stream, may_have_branches
from mesharr.node.inward.streams.gaps import close_gaps, stop_at_old_gaps, unread
from mesharr.node.inward.streams.hellos import note_clock, note_heads
from mesharr.node.inward.streams.reading import Reading
from mesharr.node.inward.streams.room import Room
from mesharr.node.inward.streams.strangers import Strangers
from mesharr.node.inward.streams.twin import look_for_twin
from mesharr.node.model import Me, PeerList, Trusted
from mesharr.state.events.streams import Run
from mesharr.state.state import State

log = logging.getLogger(__name__)

BATCH_EVENTS = 4096
"""How many events one transaction keeps at most: a commit for each file would wait for the disk too often."""
HOUR_MS = 60 * 60_000
QUARANTINE_MS = HOUR_MS
MAX_LOGGED = 20
"""How many files that do not verify are named in the log; of more, their number is told once an hour."""
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
        self._strangers = Strangers(store, state, me.mesh)
        self._attempts = Attempts()
        self._room = Room(state, me.node)
        self._once = Once(store.read)
        self._rejected = self._told = 0

    def step(self, now: int) -> int:
        """Read what is new of every trusted stream; return how many events were applied.

        Raises `Unavailable` when the store does not answer.
        """
        trusted = self.trusted()
        mine = f"{self._stream()}."
        listed = self._store.tails()
        self._attempts.begin(listed, self._state.quarantine.due_times(), now)
        self._once = Once(self._store.read)
        self._state.quarantine.forget_gone((f"{layout.EVENTS}/{name}" for name in listed), now)
        usual = [name for name in listed if not self._attempts.is_waiting(f"{layout.EVENTS}/{name}")]
        self._look_for_twin((name for name in usual if name.startswith(mine)), now)
        names = [name for name in usual if not name.startswith(mine)]
        rows = self._state.streams.all()
        cursors = {row.stream: Head(row.seq, row.id, row.hlc) for row in rows if row.seq}
        poll = reader.choose(names, cursors, trusted, self._state.streams.known_id)
        self._note(poll, now)
        self._strangers.look(names, poll.unknown, self._peers().keys(), now)
        poll = self._room.limited(poll, now)
        applied = sum(
            self._follow(
                wanted, Reading(wanted.stream, trusted[author_of(wanted.stream)], quota, wanted.cursor, now)
            )
            for wanted, quota in self._shares(poll)
        )
        if self._rejected and not 0 <= now - self._told < HOUR_MS:
            log.warning("%d more files do not verify: see mesharr status", self._rejected)
            self._rejected, self._told = 0, now
        self._forks.look_daily([row for row in rows if f"{row.stream}." != mine], trusted, now)
        self._forks.step(names, trusted, now, self._once.tried)
        close_gaps(self._state.streams, {wanted.stream for wanted in poll.requests}, now)
        stop_at_old_gaps(self._state.streams, trusted, now)
        self._listed = now
        return applied

    def _shares(self, poll: reader.Poll) -> Iterator[tuple[reader.StreamRequest, Quota]]:
        """Yield the streams to follow in this poll, peer by peer, each with what may be spent on it."""
        by_peer: dict[str, list[reader.StreamRequest]] = {}
        for wanted in poll.requests:
            by_peer.setdefault(author_of(wanted.stream), []).append(wanted)
        self._attempts.forget_streams({wanted.stream for wanted in poll.requests})
        for requests in by_peer.values():
            for wanted, quota in shares(requests, len(by_peer), self._attempts.turn_of):
                self._attempts.served(wanted.stream)
                yield wanted, quota

    def behind(self, since: int) -> str:
        """Return what is not read yet of what a listing since then (ms) named, "" for nothing.

        A stream that stopped, or lacks something for an hour, is not waited for.
        """
        if self._listed < since:
            return "the store has not been listed yet"
        return unread(self._state.streams, self.trusted(), f"{self._stream()}.", self._listed)

    def trusted(self) -> dict[str, Trusted]:
        """Return the nodes whose streams are read, by label: peers, and this node's own past."""
        peers = {node: peer for node, peer in self._peers().items() if not peer.frozen}
        return {**peers, self._me.node: self._own}

    def _note(self, poll: reader.Poll, now: int) -> None:
        unknown = poll.unknown.keys() - self._peers().keys()  # whom the user has frozen is no news
        for node in self._state.node_warnings.note_unknown(unknown, now):
            log.warning("%s writes to this mesh and is not trusted here: see mesharr accept", node)
        self._state.store.note_ignored(poll.ignored)

    def _look_for_twin(self, names: Iterable[str], now: int) -> None:
        candidates = [name for text in names if (name := layout.parse_tail(text))]
        for place, error in look_for_twin(
            self._attempts.tails_in_turn(candidates), self._once, self._state, self._own, self._me.mesh
        ):
            self._put_aside(place, error, self._own, now)

    def _follow(self, wanted: reader.StreamRequest, reading: Reading) -> int:
        """Bring one stream as far as its files reach; return how many events were applied."""
        if wanted.stream in self._state.streams.forks():
            return 0  # proven, told, and out of the fold from there on: its owner goes on in another
        applied = 0
        if not self._tail(self._attempts.first_tails(wanted), reading) and wanted.beyond:
            applied = self._catch_up(wanted, reading)
            if not applied:
                self._tail(wanted.tails, reading)
        applied += self._apply(reading)
        self._tail(wanted.fork_suspects, reading)
        self._note_gap(wanted, reading)
        return applied

    def _note_gap(self, wanted: reader.StreamRequest, reading: Reading) -> None:
        """Note what a listing promises beyond the cursor.

        Anybody who can write to the drive can make a name. So a head is believed once its file has verified
        by itself; a file that cannot be read now is a gap, and one that does not verify is nothing.
        """
        streams = self._state.streams
        reached = streams.reached(wanted.stream)
        beyond = {layout.tail_path(name) for name in wanted.claims if name.last > reached}
        unreadable = not beyond.isdisjoint(self._once.missing)
        if wanted.stream not in streams.forks() and (unreadable or not reading.quota.is_spent):
            streams.note_gap(wanted.stream, reading.proven, reading.now, unreadable=unreadable)

    def _tail(self, names: Iterable[layout.FileName], reading: Reading) -> int:
        """Take the first tail that verifies; return how many events that brought."""
        return self._first_good(self._attempts.tails_in_turn(names), self._store.read, reading)

    def _catch_up(self, wanted: reader.StreamRequest, reading: Reading) -> int:
        """Read the segments that lead to a tail beyond the cursor, and that tail.

        Returns how many events were applied. The tail is read first, and has to verify by itself: a name
        alone has no archive listed.
        """
        found = self._proven_claim(wanted, reading)
        if found is None:
            return 0
        name, content = found
        applied = self._segments(wanted.stream, name.first - 1, reading)
        if not name.serves(reading.head.seq):
            return applied
        place = layout.tail_path(name)
        read = (lambda _: content) if content is not None else self._store.read
        self._first_good([(place, name)], read, reading, again=content is not None)
        return applied

    def _proven_claim(
        self, wanted: reader.StreamRequest, reading: Reading
    ) -> tuple[layout.FileName, bytes | None] | None:
        """Return a tail beyond the cursor that verifies, with its content if it was read now."""
        reached = self._state.streams.reached(wanted.stream)
        for place, name in self._attempts.tails_in_turn(wanted.beyond):
            if place in self._once.tried:
                continue
            if wanted.cursor.seq < name.last <= reached:
                return name, None
            if reading.quota.is_spent:
                break
            try:
                content = self._once.read(place, reading.quota)
                verify_file(content, name, self._me.mesh, reading.peer.verify)
            except Missing:
                continue
            except Rejected as error:
                self._put_aside(place, error, reading.peer, reading.now)
            else:
                reading.proven = name.last
                return name, content
        return None

    def _segments(self, stream: str, upto: int, reading: Reading) -> int:
        """Read the segments that lead from the head to a seq; return how many events were applied."""
        if reading.quota.is_spent:
            return 0
        reading.quota.ask()
        texts = self._store.segments(stream)
        if may_have_branches(stream, texts):
            self._forks.ask(stream)
        names = [name for text in texts if (name := layout.parse_segment(stream, text))]
        applied, reached = 0, -1
        while reached < reading.head.seq < upto and not reading.quota.is_spent:
            reached = reading.head.seq  # a step that a lesser candidate took may have ended too soon
            applied += self._cover(stream, names, upto, reading)
        return applied

    def _cover(self, stream: str, names: Iterable[layout.FileName], upto: int, reading: Reading) -> int:
        usual = [name for _, name in self._attempts.segments_in_turn(names)]
        texts = [
            layout.segment_name(name) for name in usual if layout.segment_path(name) not in self._once.tried
        ]
        cover = reader.cover(stream, texts, reading.head.seq, upto)
        steps = [self._attempts.segments_in_turn(step) for step in cover]
        places = [step[0][0] for step in steps if step]
        pool = ThreadPoolExecutor(self._limits.in_flight, "segment")
        ahead = Prefetcher(self._store.read, places, pool, reading.quota.room, self._limits)
        try:
            return self._steps(steps, ahead, reading)
        except Unavailable:
            # The store failed on the way: what came before that is verified, and is not read again.
            self._apply(reading)
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            for place in ahead.untaken():
                self._once.tried.add(place)
                reading.quota.ask()

    def _steps(self, steps: Iterable[Sequence[_Place]], ahead: Prefetcher, reading: Reading) -> int:
        applied = 0
        for step in steps:
            # A step taken by a lesser candidate may have ended before the next one starts.
            serving = [(place, name) for place, name in step if name.serves(reading.head.seq)]
            if not self._first_good(serving, ahead.read, reading):
                break
            if reading.count >= BATCH_EVENTS:
                applied += self._apply(reading)
            if reading.quota.is_spent:
                break
        return applied + self._apply(reading)

    def _first_good(
        self,
        candidates: Iterable[_Place],
        read: Callable[[str], bytes],
        reading: Reading,
        *,
        again: bool = False,
    ) -> int:
        """Take the first candidate that verifies; return how many events that brought.

        Each is read once in a poll, unless `read` has its content `again`.
        """
        for place, name in candidates:
            if not again and (place in self._once.tried or reading.quota.is_spent):
                continue
            try:
                content = read(place) if again else self._once.read(place, reading.quota, read)
                fresh = self._verified(content, name, reading)
            except Missing:
                continue
            except Fork as fork:
                cut_stream(self._state, reading.stream, fork.seq, fork.line, reading.now)
                self._forks.ask(reading.stream)
                log.error("%s: %s", reading.peer.name, fork)
                return 0
            except Rejected as error:
                if isinstance(error, OtherBranch):
                    self._forks.ask_by(reading.stream, place)
                self._put_aside(place, error, reading.peer, reading.now)
                continue
            if fresh:
                reading.quota.refund(len(fresh.lines), sum(map(len, fresh.lines)))
                return self._take(fresh, reading)
            return 0
        return 0

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
        self._attempts.failed(place)
        if tries == 1:
            self._state.counters.add("files_rejected")
            if self._attempts.failures <= MAX_LOGGED:
                log.warning("%s: %s does not verify: %s", peer.name, place, error)
            else:
                self._rejected += 1

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
                self._attempts.vouched(body.heads)
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

    def _apply(self, reading: Reading) -> int:
        """Keep the verified events, move the cursor, and make their items dirty, in one transaction.

        Returns how many events that were.
        """
        stream, now = reading.stream, reading.now
        count, runs, hellos = reading.taken()
        if not runs or not self._room.admits(stream):
            return 0
        with self._state.transaction():
            touched = self._state.items.with_those_around(self._state.streams.keep(runs, now))
            self._state.dirty.mark(touched, now, changed=True)
            self._state.outbox.look_again(touched)
            if any(kind == NodeLeft.type_name for run in runs for kind, _, _ in run.typed):
                # it names no item, and what it downloaded is paused here
                self._state.dirty.mark(self._state.items.paused(), now)
            for hello in hellos:
                note_heads(self._state, self._stream(), stream, hello, now)
            if len(hellos) < count:
                self._state.node.owe_hello(now)
            note_clock(self._state, stream, runs[-1].hlc, now)
        return count

    def _body(self, event: Event) -> Body | None:
        """Return an event's body; None for an unknown type, and for a body that is not allowed."""
        try:
            return body_of(event.type, event.body)
        except Rejected as error:
            log.error("%s.%s: event %d is kept and not applied: %s", event.node, event.inc, event.seq, error)
            self._state.counters.add("events_rejected")
            return None
