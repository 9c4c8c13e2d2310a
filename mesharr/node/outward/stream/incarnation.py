"""This node's incarnations: the present one, and the check that it may be continued.

A database may have been restored from an old copy, or copied to another machine with its key. So nothing is
signed before this process has compared the store's files of this node's stream with the database. When the
store has events that the database lacks, the node continues in a new incarnation. Only what this node's key
signed proves that: anybody who can write to the drive can make a name, or a file of any content.
"""

import logging
import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from mesharr.core import hlc
from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.core.events.schema import StreamOpened
from mesharr.disk.child import Missing
from mesharr.log import layout, mesh, reader
from mesharr.log.chain import verify_file
from mesharr.log.evidence import Verdict, judge
from mesharr.log.keys import NodeKey, verifier
from mesharr.log.store.folder import Store
from mesharr.node.library_items import listed_title
from mesharr.node.model import Me
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

GUARD_READS: Final = 6
"""How many files of its own streams a check of the store reads at most."""
TORN_MS: Final = 10 * 60_000
"""How long a new process waits for a torn file of its present stream."""
CLOSES: Final = 200
"""How many incarnations one `stream.opened` closes: its line has to stay below 16 KiB."""
MAX_GARBAGE: Final = 50_000


class Incarnations:
    """Decides which stream this node writes, and begins another."""

    def __init__(self, me: Me, key: NodeKey, store: Store, state: State) -> None:
        self.me = me
        self._key = key
        self._store = store
        self._state = state
        self._guarded = False
        self._was_guarded = False
        self._waited = False
        self._waits_until = 0
        self._reads = 0
        self._garbage: set[str] = set()
        """Files that prove nothing, as this process has seen."""

    @property
    def stream(self) -> str:
        """This node's present stream."""
        return f"{self.me.node}.{self._state.own_streams.incarnation()}"

    def begin(self) -> None:
        """Begin the first incarnation of a new database; one that has begun goes on."""
        with self._state.transaction():
            if not self._state.own_streams.incarnation():
                self._state.own_streams.begin(secrets.token_hex(4))

    def recheck(self) -> None:
        """Have the next `guard` check the store again."""
        self._guarded = False

    def guard(self, now: int) -> None:
        """Check once a process that the store is this mesh's and that the stream may be continued.

        Begins a new incarnation when it may not. Raises `Unavailable` when the store does not answer,
        `Refused` when it is of another mesh, or another machine writes with this node's key.
        """
        if self._guarded and not self._state.own_streams.is_forked(self.stream):
            return
        self._store.check_available()
        found = mesh.decode(self._store.mesh())
        if found.id != self.me.mesh:
            raise Refused(
                f"the store belongs to the mesh {found.name} ({found.id}), this node to {self.me.mesh}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        self._compare_own(now)
        self._guarded = self._was_guarded = True

    def _compare_own(self, now: int) -> None:
        """Compare the store's files of this node's streams with the database."""
        self._reads = GUARD_READS
        tails = [name for text in self._store.tails() if (name := layout.parse_tail(text))]
        own = [name for name in tails if name.node == self.me.node]
        mine = self.stream
        if self._state.own_streams.is_forked(mine) or self._lacks_events(mine, own, now):
            log.warning(
                "the store has events of this node that its database lacks: continuing as a new incarnation"
            )
            self._reincarnate(now)
        self._close_earlier(own, mine, now)
        self._check_closed(own, now)

    def _lacks_events(self, mine: str, own: Iterable[layout.FileName], now: int) -> bool:
        """Return whether a file of the present stream has an event that this database lacks.

        All files are candidates, as the newest one alone would miss the shorter branch of a fork. At the
        start of a process one that is torn, or was not read yet, is waited for some minutes: the database may
        have been restored. Raises `Unavailable` meanwhile.
        """
        files = {name: layout.tail_path(name) for name in own if name.stream == mine}
        for text in self._store.segments(mine):
            if name := layout.parse_segment(mine, text):
                files[name] = layout.segment_path(name)
        unsure = ""
        for name in reader.in_turn(name for name in files if not self._is_known(name)):
            verdict = self._judged(files[name], name)
            if verdict is not None and verdict.unknown:
                return True
            if verdict is None or verdict.is_torn:
                unsure = unsure or files[name]
        if unsure and not self._was_guarded:
            self._wait_for(unsure, now)
        return False

    def _wait_for(self, place: str, now: int) -> None:
        if not 0 < self._waits_until - now <= TORN_MS and not self._waited:
            self._waits_until = now + TORN_MS
            self._waited = True
        if 0 < self._waits_until - now <= TORN_MS:
            raise Unavailable(
                f"{place} bears this node's name and is not whole here: its database may be an old one, so "
                f"nothing is published before {hlc.text_of(self._waits_until)[11:16]} UTC"
            )
        log.warning("%s does not become whole: publishing goes on without it", place)

    def _is_known(self, name: layout.FileName) -> bool:
        known = self._state.streams.known_id(name.stream, name.last)
        return known is not None and known.startswith(name.h8)

    def _judged(self, place: str, name: layout.FileName) -> Verdict | None:
        """Return what a file proves, None when it could not be read yet.

        Garbage is read once a process.
        """
        if place in self._garbage:
            return Verdict()
        if self._reads <= 0:
            return None
        self._reads -= 1
        try:
            content = self._store.read(place)
        except Missing:
            return None
        except Rejected:
            verdict = Verdict()
        else:
            known = partial(self._state.streams.known_id, name.stream)
            verdict = judge(content, name, self.me.mesh, verifier(self._key.public), known)
        if not verdict.unknown and not verdict.is_torn and len(self._garbage) < MAX_GARBAGE:
            self._garbage.add(place)
        return verdict

    def _close_earlier(self, own: Iterable[layout.FileName], mine: str, now: int) -> None:
        """Close this node's earlier streams, as far as their events are verified."""
        closed = set(self._state.own_streams.closed())
        listed: dict[str, list[layout.FileName]] = {}
        for name in own:
            if name.stream != self.stream and (name.stream not in closed or name.stream == mine):
                listed.setdefault(name.stream, []).append(name)
        if mine != self.stream:
            listed.setdefault(mine, [])
        seqs = {stream: self._verified_head(stream, names) for stream, names in sorted(listed.items())}
        closes = {stream: seq for stream, seq in seqs.items() if seq}
        if not closes:
            return
        with self._state.transaction():
            self._state.own_streams.note_opened(self.stream, now)
            for start in range(0, len(closes), CLOSES):
                some = sorted(closes)[start : start + CLOSES]
                body = StreamOpened(closes=_incs({stream: closes[stream] for stream in some}))
                self._state.outbox.put("", body, "", "a new incarnation", now)
            for stream, seq in closes.items():
                self._state.own_streams.close(stream, seq)

    def _verified_head(self, stream: str, names: Iterable[layout.FileName]) -> int:
        """Return the highest seq of a stream that the database or a file proves, 0 for none."""
        reached = self._state.streams.reached(stream)
        for name in reader.in_turn(name for name in names if name.last > reached):
            place = layout.tail_path(name)
            if place in self._garbage:
                continue
            if self._reads <= 0:
                break
            if self._is_signed(place, name):
                return max(reached, name.last)
        return reached

    def _check_closed(self, own: Iterable[layout.FileName], now: int) -> None:
        """Raise `Refused` while a closed incarnation grows: another machine has this node's key.

        That machine counts as stopped once nothing has grown for an hour. A file's name alone proves nothing.
        """
        streams = self._state.own_streams
        closed = streams.closed()
        grown = {
            name: layout.tail_path(name) for name in own if name.last > closed.get(name.stream, name.last)
        }
        for name in reader.in_turn(grown):
            place = grown[name]
            if self._reads <= 0:
                break
            if (
                place not in self._garbage
                and name.last > closed[name.stream]
                and self._is_signed(place, name)
            ):
                streams.note_other_writer(now)
                streams.close(name.stream, name.last)
                closed[name.stream] = name.last
        seen = streams.other_writer_seen()
        if seen and 0 <= now - seen < HOUR_MS:
            raise Refused(
                f"another machine writes with the key of {self.me.node}",
                "stop one of the two, and give the second its own config directory and key; "
                "an hour after the last such event, this one continues",
            )

    def _revise(self, entry: OutboxEntry, now: int) -> None:
        """Have a queued fact proven again before it is published: the database may be an old one.

        The fact may have been published already, and be outdated: it would undo later events. An inventory is
        taken anew by the first day.
        """
        match entry.body.in_new_incarnation:
            case "first_day":
                self._state.outbox.drop(entry.n)
            case "prove_again":
                self._state.outbox.prove_anew(entry)
            case "recheck_files":
                self._state.outbox.check_again(entry)
                self._state.dirty.mark([(entry.library, entry.item)], now)
                log.info(
                    "%s: the files of %s are checked before they are published: the database is an old one",
                    entry.library,
                    listed_title(self._state, entry.library, entry.item),
                )
            case "publish":
                pass

    def _is_signed(self, place: str, name: layout.FileName) -> bool:
        self._reads -= 1
        try:
            verify_file(self._store.read(place), name, self.me.mesh, verifier(self._key.public))
        except Missing:
            return False
        except Rejected:
            if len(self._garbage) < MAX_GARBAGE:
                self._garbage.add(place)
            return False
        return True

    def _reincarnate(self, now: int) -> None:
        with self._state.transaction():
            seq, _ = self._state.streams.cursor(self.stream)
            self._state.own_streams.close(self.stream, seq)
            teller = self._state.own_streams.teller(self.stream)
            self._state.own_streams.begin(secrets.token_hex(4))
            self._state.own_streams.note_opened(self.stream, now)
            self._state.own_streams.note_teller(self.stream, teller)
            self._state.streams.forget_acknowledged()
            self._state.items.forget_baselines()
            for entry in self._state.outbox.all():
                self._revise(entry, now)
            self._state.first_days.restart()
            self._state.libraries.forget_baselined()


def _incs(streams: Mapping[str, int]) -> dict[str, int]:
    return {stream.rpartition(".")[2]: last for stream, last in streams.items()}
