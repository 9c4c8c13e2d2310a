"""Publish: facts get their place in this node's stream, their signature, and a file on the store.

An event's exact bytes are committed before they touch the store, so a retry after a crash writes the
same bytes. Nothing is signed before the store has shown, in this process, that it knows no more of
this node's stream than the database does.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping

import msgspec

from mesharr.core import hlc
from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.core.events import (
    Body,
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemAdded,
    ItemLeft,
    ItemRemoved,
    LibraryFound,
    LibraryInfo,
    NodeHello,
    StreamOpened,
    UnitClaimed,
    items_of,
    type_of,
)
from mesharr.core.retold import is_told
from mesharr.core.rules import MAX_TERM
from mesharr.disk.child import Missing
from mesharr.log import codec, layout, mesh, writer
from mesharr.log.chain import verify_file
from mesharr.log.keys import NodeKey, key_text, verifier
from mesharr.log.store import Occupied, Store
from mesharr.node.backoff import DAY_MS
from mesharr.node.library import Me
from mesharr.node.peers import PeerList
from mesharr.node.told import note_told, scan_goal
from mesharr.state.own_files import OwnFileRow
from mesharr.state.queues import Unsaid
from mesharr.state.state import State
from mesharr.state.streams import Stored

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
_OLD_NEWS = ItemRemoved | FileRemoved | ItemLeft | UnitClaimed | ItemAdded | LibraryFound
"""What a new incarnation does not tell for the one before it."""
HELLO_HEADS = 64
"""How many streams a hello acknowledges at most, those applied last: its line has to stay below 16 KiB."""


class Publisher:
    """The last outward stage: the only writer of this node's stream."""

    def __init__(
        self,
        me: Me,
        key: NodeKey,
        store: Store,
        peers: PeerList,
        state: State,
        describe: Callable[[], Mapping[str, LibraryInfo]],
        version: str,
    ) -> None:
        """`describe` says how this node keeps its libraries, for the hello."""
        self._me = me
        self._key = key
        self._store = store
        self._peers = peers
        self._state = state
        self._describe = describe
        self._version = version
        self._guarded = False
        self._begun = False
        self._waiting_since = 0
        self.slow = ""

    @property
    def stream(self) -> str:
        """This node's present stream; an incarnation is drawn with the database."""
        inc = self._state.notes.get("inc")
        if not inc:
            inc = secrets.token_hex(4)
            self._state.notes.set("inc", inc)
        return f"{self._me.node}.{inc}"

    def step(self, now: int, running_s: float) -> int:
        """Sign what is ready and write it, when its time has come; return when to come again (ms).

        `running_s` is this node's own running time over all its processes. Raises `Unavailable` when
        the store does not answer, `Refused` when another machine writes with this node's key.
        """
        self._guard(now)
        self._greet(now)
        ready = self._state.outbox.ready()
        if ready and not 0 < self._waiting_since <= now:
            self._waiting_since = now  # the first, or the clock was set back
        unwritten = self._unwritten()
        if not ready and not unwritten:
            self._waiting_since = 0
            self._sweep(running_s)
            return now + HOUR_MS
        waiting_s = (now - self._waiting_since) / 1000 if ready else writer.COALESCE_S
        pace = writer.pace(self._files(self.stream, running_s), waiting_s)
        self.slow = pace.why if pace.wait_s > writer.COALESCE_S else ""
        if pace.wait_s > 0:
            return now + max(1, int(pace.wait_s * 1000))
        self._sign(now)
        self._write(running_s)
        self._sweep(running_s)
        self._waiting_since = 0
        return now

    def look_again(self) -> None:
        """Have the next step prove the store anew before anything is signed."""
        self._guarded = False

    def flush(self, now: int, running_s: float) -> None:
        """Sign and write what is ready without waiting for more to come."""
        self._guard(now)
        self._sign(now)
        self._write(running_s)

    # -- guard

    def _guard(self, now: int) -> None:
        """Once a process: see that the store is ours, and knows no more of our stream than we do."""
        if self._guarded and not self._state.notes.get(f"forked:{self.stream}"):
            return
        self._store.alive()
        found = mesh.decode(self._store.mesh())
        if found.id != self._me.mesh:
            raise Refused(
                f"the store belongs to the mesh {found.name} ({found.id}), this node to {self._me.mesh}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        self._compare_own(now)
        self._guarded = self._begun = True

    def _compare_own(self, now: int) -> None:
        files = self._own_files()
        mine = self.stream
        told = self._state.notes.get(f"forked:{mine}")
        if told or any(self._is_news(place, name) for place, name in files.items() if name.stream == mine):
            log.warning("events of this node exist that its database lacks: going on as a new incarnation")
            self._reincarnate()
        heads: dict[str, int] = {}
        for name in files.values():
            heads[name.stream] = max(name.last, heads.get(name.stream, 0))
        heads.pop(self.stream, None)
        closed = set(self._state.notes.named("closed:"))
        closed.discard(mine)  # as far as the store goes it is this process that closes it, a moment ago
        unknown = {stream: last for stream, last in heads.items() if stream not in closed}
        if unknown:
            with self._state.transaction():
                self._state.notes.set(f"opened:{self.stream}", str(now))
                self._state.outbox.put("", StreamOpened(closes=_incs(unknown)), "", "a new incarnation", now)
                for stream, last in unknown.items():
                    known = self._state.notes.get(f"closed:{stream}", "0")
                    self._state.notes.set(f"closed:{stream}", str(max(last, int(known))))
        self._check_closed({place: name for place, name in files.items() if name.stream in closed}, now)

    def _is_news(self, place: str, name: layout.FileName) -> bool:
        """Whether a file of the present stream ends in an event that this database lacks.

        Looking at the newest file alone would miss the shorter branch of a fork. A database is restored
        before a process begins: then a name is enough, as the file may be torn. Later only what this node's
        key has signed counts, or anybody who can write to the drive could have it begin anew for ever.
        """
        held = self._state.streams.known_id(name.stream, name.last)
        if held is not None and held.startswith(name.h8):
            return False
        return not self._begun or self._is_signed(place, name)

    def _check_closed(self, files: Mapping[str, layout.FileName], now: int) -> None:
        """A closed incarnation that grows is written by another machine that has this node's key.

        It counts as stopped once nothing has grown for an hour. A name alone accuses nobody.
        """
        notes = self._state.notes
        for place, name in sorted(files.items()):
            if name.last > int(notes.get(f"closed:{name.stream}")) and self._is_signed(place, name):
                notes.set("twin_at", str(now))
                notes.set(f"closed:{name.stream}", str(name.last))
        seen = int(notes.get("twin_at", "0"))
        if seen and 0 <= now - seen < HOUR_MS:
            raise Refused(
                f"another machine writes with the key of {self._me.node}",
                "stop one of the two, and give the second its own config directory and key; "
                "an hour after the last sign of it, this one goes on",
            )

    def _is_signed(self, place: str, name: layout.FileName) -> bool:
        try:
            verify_file(self._store.read(place), name, self._me.mesh, verifier(self._key.public))
        except (Missing, Rejected):
            return False
        return True

    def _own_files(self) -> dict[str, layout.FileName]:
        """Return the files of all of this node's streams, by their places, as the store shows them."""
        found = {f"{layout.EVENTS}/{text}": layout.parse_tail(text) for text in self._store.tails()}
        for stream in self._store.streams():
            if stream.startswith(f"{self._me.node}."):
                for text in self._store.segments(stream):
                    found[f"{layout.segment_folder(stream)}/{text}"] = layout.parse_segment(stream, text)
        return {place: name for place, name in found.items() if name and name.node == self._me.node}

    def _reincarnate(self) -> None:
        with self._state.transaction():
            seq, _ = self._state.streams.cursor(self.stream)
            self._state.notes.set(f"closed:{self.stream}", str(seq))
            self._state.notes.set("inc", secrets.token_hex(4))
            self._state.streams.forget_acknowledged()
            self._state.items.forget_baselines()
            for unsaid in self._state.outbox.all():
                # an old database may have told these already, and they would undo what came after; what is
                # here and was not told of, the new first day tells
                if isinstance(unsaid.body, _OLD_NEWS):
                    self._state.outbox.drop(unsaid.n)
            self._state.first_days.begin_again()
            for name in self._state.notes.named("baselined:"):
                self._state.notes.forget(f"baselined:{name}")

    # -- hello

    def _greet(self, now: int) -> None:
        """Queue a hello when the description changed, daily, and an hour after applying peers' events."""
        hello = NodeHello(
            name=self._me.name,
            version=self._version,
            key=key_text(self._key.public),
            trusts=tuple(sorted(peer.node for peer in self._peers().values() if not peer.frozen)),
            libraries=dict(self._describe()),
        )
        description = msgspec.json.encode(hello, order="deterministic").decode()
        notes = self._state.notes
        last = int(notes.get("hello_at", "0"))
        owed = int(notes.get("hello_owed", "0"))
        # a clock that was set back makes the last hello one of the future
        daily = not 0 <= now - last < DAY_MS
        answer = bool(owed) and not 0 <= now - owed < HOUR_MS
        if notes.get("hello") == description and not daily and not answer:
            return
        rows = [row for row in self._state.streams.all() if row.seq and row.stream != self.stream]
        rows.sort(key=lambda row: row.applied_at, reverse=True)
        heads = {row.stream: (row.seq, row.id) for row in rows[:HELLO_HEADS]}
        with self._state.transaction():
            self._state.outbox.put("", msgspec.structs.replace(hello, heads=heads), "", "hello", now)
            notes.set("hello", description)
            notes.set("hello_at", str(now))
            notes.set("hello_owed", "0")

    # -- sign

    def _sign(self, now: int) -> None:
        stream = self.stream
        with self._state.transaction():
            seq, prev = self._state.streams.cursor(stream)
            for unsaid in self._to_tell(now):
                try:
                    event = self._event(unsaid.body, stream, seq + 1, prev, now)
                except Rejected as error:
                    self._cannot_tell(unsaid, error, now)
                    continue
                items = items_of(unsaid.body)
                stored = Stored(stream, event.seq, event.id, event.hlc, event.type, event.line, items)
                self._state.streams.apply([stored], now)
                self._state.outbox.drop(unsaid.n)
                self._own(unsaid.body)
                for library, item in items:
                    # intake has had this household's own change scanned already
                    note_told(self._state, library, item, scan_goal(self._state.items.state(library, item)))
                self._state.items.mark(items, now, news=True)
                seq, prev = event.seq, event.id

    def _to_tell(self, now: int) -> Iterator[Unsaid]:
        """Yield what is to be told, a new stream's beginning first; forget what was told before."""
        ready = self._state.outbox.ready()
        for unsaid in sorted(ready, key=lambda each: not isinstance(each.body, StreamOpened)):
            body = unsaid.body
            if isinstance(body, FileImported | FileRenamed):
                item = body.library, body.item_id
                if is_told(body, self._state.items.state(*item), self._me.node):
                    self._state.outbox.drop(unsaid.n)
                    self._state.items.mark([item], now)
                    continue
            yield unsaid

    def _cannot_tell(self, unsaid: Unsaid, error: Rejected, now: int) -> None:
        """A fact no peer would take (a line too long) must not keep the others from being told."""
        name = f"{unsaid.library} {unsaid.item}"
        refused = Refused(f"{name} cannot be told: {error.what}", "report it; everything else is told")
        if self._state.refusals.note(f"tell:{name}", refused, now):
            log.error("%s", refused)
        self._state.outbox.drop(unsaid.n)

    def _event(self, body: Body, stream: str, seq: int, prev: str, now: int) -> codec.Event:
        if isinstance(body, FileImported | UnitClaimed):
            body = msgspec.structs.replace(body, term=self._term(body))
        last = self._state.notes.get("hlc", hlc.ZERO)
        ahead = hlc.text_of(now + hlc.MAX_AHEAD_MS, 9999)
        clock = hlc.tick(now, last, self._state.streams.newest_hlc(ahead))
        self._state.notes.set("hlc", clock)
        draft = codec.Draft(
            mesh=self._me.mesh,
            node=self._me.node,
            inc=stream.rpartition(".")[2],
            seq=seq,
            prev=prev,
            hlc=clock,
            type=type_of(body),
            body=msgspec.json.encode(body),
        )
        return codec.encode(draft, self._key.sign)

    def _term(self, body: FileImported | UnitClaimed) -> int:
        terms = self._state.items.state(body.library, body.item_id).terms
        if isinstance(body, UnitClaimed):
            units = set(body.units)
        else:
            units = {unit for copy in body.copies for unit in copy.units}
        return min(MAX_TERM, 1 + max((terms.get(unit, 0) for unit in units), default=0))

    def _own(self, body: Body) -> None:
        """What this node imported or claimed, it shall monitor; see `Memory.enforce`."""
        if not isinstance(body, FileImported | UnitClaimed):
            return
        if isinstance(body, FileImported):
            units = {unit for copy in body.copies for unit in copy.units}
        else:
            units = set(body.units)
        memory = self._state.items.memory(body.library, body.item_id)
        enforce = tuple(sorted({*memory.enforce, *units}))
        self._state.items.remember(
            body.library, body.item_id, msgspec.structs.replace(memory, enforce=enforce)
        )

    # -- write

    def _streams(self) -> list[str]:
        """The present stream, and the closed ones this database holds events of: what is left is written."""
        closed = sorted(self._state.notes.named("closed:"))
        return [self.stream, *(stream for stream in closed if self._state.streams.cursor(stream)[0])]

    def _unwritten(self) -> bool:
        """Whether an event is in no tail, or a file of this node's streams was lost."""
        return any(self._is_unwritten(stream) for stream in self._streams())

    def _is_unwritten(self, stream: str) -> bool:
        files = self._files(stream, 0.0)
        written = max((file.last for file in files if file.is_tail and not file.lost), default=0)
        missing = any(file.lost and not file.is_tail for file in files) and bool(self._planned(stream, files))
        return self._state.streams.cursor(stream)[0] > written or missing

    def _files(self, stream: str, running_s: float) -> list[writer.OwnFile]:
        return [
            writer.OwnFile(
                row.place, row.first, row.last, row.k, row.confirmed, running_s - row.written, row.lost
            )
            for row in self._state.own_files.all()
            if f"/{stream}." in row.place or f"/{stream}/" in row.place
        ]

    def _planned(self, stream: str, files: list[writer.OwnFile]) -> tuple[writer.Planned, ...]:
        lines = [
            writer.Line(event.seq, event.id, event.line)
            for event in self._state.streams.since(stream, writer.needed_from(files))
        ]
        return writer.to_write(stream, lines, files)

    def _write(self, running_s: float) -> None:
        for stream in self._streams():
            for planned in self._planned(stream, self._files(stream, running_s)):
                self._put(planned, running_s)

    def _put(self, planned: writer.Planned, running_s: float) -> None:
        row = OwnFileRow(
            planned.where, planned.first, planned.last, planned.k, confirmed=False, written=running_s
        )
        try:
            confirmed = self._store.write(planned.where, planned.content)
        except Occupied as error:
            # Torn by a dying mount: the range is written again under the next k.
            self._state.own_files.wrote(msgspec.structs.replace(row, lost=True))
            raise Unavailable(f"{planned.where} is torn; it is written again under another name") from error
        self._state.own_files.wrote(msgspec.structs.replace(row, confirmed=confirmed))

    def _sweep(self, running_s: float) -> None:
        for stream in self._streams():
            for place in writer.deletable(self._files(stream, running_s)):
                self._store.delete(place)
                self._state.own_files.forget(place)


def _incs(streams: Mapping[str, int]) -> dict[str, int]:
    return {stream.rpartition(".")[2]: last for stream, last in streams.items()}
