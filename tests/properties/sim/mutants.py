"""Protocols that are wrong on purpose, one at a time. The simulation has to find each of them out.

Nothing of the product knows of them: a mutant is a stage in which one rule is broken, or a store or a
start that breaks it from outside.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import msgspec

from mesharr.core.errors import Rejected, Unavailable
from mesharr.core.events.schema import StreamOpened, body_of
from mesharr.log import batch, chain, codec, layout, writer
from mesharr.log.batch import EventBatch
from mesharr.log.chain import Fork, split_lines
from mesharr.log.codec import Event
from mesharr.log.layout import FileName
from mesharr.log.store.folder import Store
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.inward.streams.forks import ForkSearch
from mesharr.node.inward.streams.reading import Reading
from mesharr.node.model import Trusted
from mesharr.node.outward.stream.store_audit import Auditor
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State
from tests.properties.sim.believing import BELIEVING
from tests.properties.sim.node import Parts, SimIncarnations, SimPublisher
from tests.properties.sim.world import FaultyStore


class _View:
    """A store of which a mutant changes some calls."""

    def __init__(self, store: FaultyStore) -> None:
        self.inner = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


# -- writing


class _NoAudit(Auditor):
    def step(self) -> int:
        return 0


class _SweepsByAge(SimPublisher):
    """Deletes every tail that is fifteen minutes old, but the newest."""

    def _sweep(self, running_s: float) -> None:
        files = self._files(self.stream, running_s)
        tails = sorted((file for file in files if file.is_tail), key=lambda file: (file.last, file.k))
        for tail in tails[:-1]:
            if tail.running_s >= writer.GRACE_S:
                self._store.delete(tail.where)
                self._state.own_files.forget(tail.where)


class _Believing(_View):
    """Takes what its own listing shows as confirmed."""

    def write(self, where: str, content: bytes) -> bool:
        self.inner.write(where, content)
        return True

    def is_confirmed(self, where: str, size: int) -> bool:
        del size
        return where.rpartition("/")[2] in self.inner.tails() or where.startswith(layout.ARCHIVE)


class _Renaming(_View):
    """Writes a temporary name and renames it: on a mount the file is now and then gone after that."""

    def write(self, where: str, content: bytes) -> bool:
        confirmed = self.inner.write(where, content)
        if self.inner.world.chance(0.3):
            self.inner.world.files.pop(where, None)
            self.inner.pending[where] = content
            return True
        return confirmed


class _SignsAfterTheWrite(SimPublisher):
    """Commits an event only when its file is written: a crash between the two signs its place anew."""

    def _sign(self, now: int) -> None:
        stream = self.stream
        seq, prev = self._state.streams.cursor(stream)
        events: list[Event] = []
        clock = self._state.own_streams.clock()
        for unsaid in self._state.outbox.ready():
            events.append(self._event(unsaid.body, stream, seq + len(events) + 1, prev, now))
            prev = events[-1].id
        if events:
            node, _, inc = stream.rpartition(".")
            name = FileName(node, inc, events[0].seq, events[-1].seq, prev[:8], 0)
            content = b"".join(event.line + b"\n" for event in events)
            with suppress(Unavailable, Rejected):
                self._store.write(layout.tail_path(name), content)
            self._state.own_streams.set_clock(clock)
            self.home.at("between write and commit")
        super()._sign(now)


class _SignsUnguarded(SimPublisher):
    """Signs before the store has shown that it knows no more than the database."""

    def step(self, now: int, running_s: float) -> int:
        self._sign(now)
        return super().step(now, running_s)


class _NoGuard(SimIncarnations):
    """Never asks the store whether this database is an old one."""

    def _compare_own(self, now: int) -> None:
        del now


class _ForgetsItsClock(Parts):
    """The clock of the last event lives in memory only."""

    def starting(self, state: State) -> None:
        state.own_streams.set_clock("")


class _RetriesWithNewBytes(SimPublisher):
    """After a failure the events that may be there are signed anew, at the same places."""

    def _put(self, planned: writer.PlannedFile, running_s: float) -> None:
        try:
            super()._put(planned, running_s)
        except Unavailable:
            self._unsign(planned)
            raise

    def _unsign(self, planned: writer.PlannedFile) -> None:
        stream, state = self.stream, self._state
        if not planned.where.startswith(f"{layout.EVENTS}/{stream}"):
            return
        tails = [file for file in self._files(stream, 0.0) if file.is_tail and not file.lost]
        written = max((file.last for file in tails), default=0)
        with state.transaction():
            for stored in state.streams.since(stream, written + 1):
                body = body_of(stored.type, codec.parse(stored.line).body)
                if body is not None and not isinstance(body, StreamOpened):
                    state.outbox.put("", body, "", "again", 0)
            # its own events are kept one by one
            newer = "SELECT place FROM runs WHERE stream=? AND first>?"
            state.db.write(f"DELETE FROM about WHERE place IN ({newer})", (stream, written))
            state.db.write("DELETE FROM by_type WHERE stream=? AND seq>?", (stream, written))
            state.db.write("DELETE FROM runs WHERE stream=? AND first>?", (stream, written))
            id_ = state.streams.known_id(stream, written) or codec.ZEROS
            state.db.write("UPDATE streams SET seq=?, id=? WHERE stream=?", (written, id_, stream))


class _DropsAtTheBoundary(SimPublisher):
    """A new segment begins one event too late, and so does the tail behind it."""

    def _planned(self, stream: str, files: list[writer.OwnFile]) -> tuple[writer.PlannedFile, ...]:
        return tuple(self._shorter(stream, planned) for planned in super()._planned(stream, files))

    def _shorter(self, stream: str, planned: writer.PlannedFile) -> writer.PlannedFile:
        is_segment = planned.where.startswith(layout.ARCHIVE)
        if not is_segment or planned.first == planned.last:
            return planned
        lines = split_lines(planned.content)[:-1]
        node, _, inc = stream.rpartition(".")
        last = codec.event_id(codec.cut(lines[-1]))
        name = FileName(node, inc, planned.first, planned.last - 1, last[:8], planned.k)
        content = b"".join(line + b"\n" for line in lines)
        # It is noted under the whole range, as if the event were in it.
        return msgspec.structs.replace(planned, where=layout.segment_path(name), content=content)


class _TailAfterUnconfirmed(SimPublisher):
    """The tail starts behind the newest segment, whether or not anybody has seen that one."""

    def _planned(self, stream: str, files: list[writer.OwnFile]) -> tuple[writer.PlannedFile, ...]:
        believed = [
            msgspec.structs.replace(file, confirmed=file.confirmed or not file.is_tail) for file in files
        ]
        return super()._planned(stream, believed)

    def _put(self, planned: writer.PlannedFile, running_s: float) -> None:
        super()._put(planned, running_s)
        if planned.where.startswith(layout.ARCHIVE):
            self._state.own_files.confirm(planned.where)


# -- reading


class _FirstSeenWins(Follower):
    """Of two branches the one that came first is kept, and nothing is said."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        try:
            return super()._verified(content, name, reading)
        except Fork as fork:
            raise Rejected(str(fork)) from fork


class _NoSearch(ForkSearch):
    def step(self, *_: object) -> None:
        """Look at nothing."""


class _CutsWhereItSawFirst(Follower):
    """The first file that proves a fork says where the stream is cut."""

    def step(self, now: int) -> int:
        self._forks = _NoSearch(self._store, self._state, self._me.mesh)
        return super().step(now)


class _ClockWithinAFile(Follower):
    """Clock values are compared in a file only, not with that of the event before the file."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        reading.head = msgspec.structs.replace(reading.head, hlc="")
        return super()._verified(content, name, reading)


class _OneSignatureForAll(Follower):
    """The signature of the last line stands for those of all lines that its chain of ids commits to."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        peer = reading.peer
        if chain.verifies(peer.verify, split_lines(content)[-1]):
            reading.peer = msgspec.structs.replace(peer, verify=lambda _signature, _message: True)
        try:
            return super()._verified(content, name, reading)
        finally:
            reading.peer = peer


class _BoundariesOnly(Follower):
    """A file serves a cursor only when it begins right after it."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        if name.first != reading.head.seq + 1:
            raise Rejected("the file does not begin at the cursor")
        return super()._verified(content, name, reading)


class _ReadsItself(Follower, ABC):
    """Reads a file as one of its own rules says, instead of `read_file`."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        seq = reading.head.seq
        return batch.of([event for event in self._believe(content, name, reading.peer) if event.seq > seq])

    @abstractmethod
    def _believe(self, content: bytes, name: FileName, peer: Trusted) -> tuple[Event, ...]:
        """Return the events of a file that its rule believes."""


class _ReEncodes(Follower):
    """The signature is checked over JSON that was written again, members in order of their names."""

    def _verified(self, content: bytes, name: FileName, reading: Reading) -> EventBatch | None:
        peer = reading.peer

        def verify(signature: bytes, message: bytes) -> bool:
            signed = message.split(b" ", 4)[4]
            again = json.dumps(json.loads(signed), sort_keys=True, separators=(",", ":")).encode()
            return peer.verify(signature, codec.pae(again))

        reading.peer = msgspec.structs.replace(peer, verify=verify)
        try:
            return super()._verified(content, name, reading)
        finally:
            reading.peer = peer


class _AcceptsCutFiles(_ReadsItself):
    """A file without its final newline is read as far as it goes."""

    def _believe(self, content: bytes, name: FileName, peer: Trusted) -> tuple[Event, ...]:
        if content.endswith(b"\n"):
            return chain.verify_file(content, name, self._me.mesh, peer.verify)
        whole = content[: content.rfind(b"\n") + 1]
        lines = split_lines(whole) if whole else []
        if not lines:
            raise Rejected("nothing in it")
        events = [codec.parse(line) for line in lines]
        last = events[-1]
        # The cursor moves to what the name promises.
        promised = msgspec.structs.replace(last, seq=name.last)
        return (*events[:-1], promised)


class _IgnoresPrev(_ReadsItself):
    """Each line is believed by itself; what its author wrote before is not asked for."""

    def _believe(self, content: bytes, name: FileName, peer: Trusted) -> tuple[Event, ...]:
        events = [codec.parse(line) for line in split_lines(content)]
        for event in events:
            signed, signature = codec.split(event.line)
            if not peer.verify(signature, codec.pae(signed)) or event.mesh != self._me.mesh:
                raise Rejected("bad signature")
        if [event.seq for event in events] != list(range(name.first, name.last + 1)):
            raise Rejected("not what the name says")
        return tuple(events)


class _AnySignature(_ReadsItself):
    """Whoever can write a chain under a trusted name is believed."""

    def _believe(self, content: bytes, name: FileName, peer: Trusted) -> tuple[Event, ...]:
        del peer
        return chain.verify_file(content, name, self._me.mesh, lambda _signature, _message: True)


class _AnyMesh(_ReadsItself):
    """Events of another mesh are taken as this one's."""

    def _believe(self, content: bytes, name: FileName, peer: Trusted) -> tuple[Event, ...]:
        mesh = codec.parse(split_lines(content)[0]).mesh
        return chain.verify_file(content, name, mesh, peer.verify)


class _BelievesNames(Follower):
    """A name that promises more moves the cursor, whatever its content is."""

    def _put_aside(self, place: str, error: Rejected, peer: Trusted, now: int) -> None:
        super()._put_aside(place, error, peer, now)
        name = layout.parse_path(place)
        if name is not None:
            line = b'{"hlc":"2026","type":"node.hello","body":{}}'
            held = StoredEvent(name.stream, name.last, name.h8.ljust(64, "0"), "2026", "node.hello", line)
            self._state.streams.apply([held], now)


class _TrustsEverybody(Follower):
    """Reads every stream whose author says hello with a key of its own."""

    def trusted(self) -> dict[str, Trusted]:
        trusted = super().trusted()
        for text in self._store.tails():
            name = layout.parse_tail(text)
            if name is not None and name.node not in trusted:
                trusted[name.node] = Trusted(name.node, name.node, b"", lambda _signature, _message: True)
        return trusted


class _UnApplies(Follower):
    """When a peer is no longer trusted, what it said is taken back."""

    def step(self, now: int) -> int:
        for label, peer in self._peers().items():
            if peer.frozen:
                like = f"{label}.%"
                with self._state.transaction():
                    runs = self._state.db.rows(
                        "SELECT place, place + last - first FROM runs WHERE stream LIKE ?", (like,)
                    )
                    self._state.db.write_many("DELETE FROM about WHERE place BETWEEN ? AND ?", runs)
                    self._state.db.write("DELETE FROM by_type WHERE stream LIKE ?", (like,))
                    self._state.db.write("DELETE FROM runs WHERE stream LIKE ?", (like,))
                    self._state.db.write("DELETE FROM streams WHERE stream LIKE ?", (like,))
        return super().step(now)


class _CursorFollowsTheListing(Follower):
    """A head in a listing that is lower than the cursor takes the cursor back."""

    def step(self, now: int) -> int:
        heads: dict[str, int] = {}
        for text in self._store.tails():
            name = layout.parse_tail(text)
            if name is not None:
                heads[name.stream] = max(name.last, heads.get(name.stream, 0))
        for row in self._state.streams.all():
            head = heads.get(row.stream, 0)
            if head < row.seq and row.stream != self._stream():
                id_ = self._state.streams.known_id(row.stream, head) or codec.ZEROS
                self._state.db.write("UPDATE streams SET seq=?, id=? WHERE stream=?", (head, id_, row.stream))
        return super().step(now)


def _parts(publisher: type[SimPublisher] = SimPublisher, *troubles: str) -> Parts:
    made = Parts()
    made.publisher, made.troubles = publisher, troubles
    return made


def _unguarded() -> Parts:
    made = Parts()
    made.incarnations, made.troubles = _NoGuard, ("restore", "crash")
    return made


def _reading(follower: type[Follower], *troubles: str) -> Parts:
    made = Parts()
    made.follower, made.troubles = follower, troubles
    return made


def _no_audit() -> Parts:
    made = Parts()
    made.auditor, made.troubles = _NoAudit, ("delete", "burst")
    return made


def _forgetful() -> Parts:
    made = _ForgetsItsClock()
    made.troubles = ("clock", "crash")
    return made


class _Over(Parts):
    def __init__(self, view: type[_View], *troubles: str) -> None:
        self.view = view
        self.troubles = troubles

    def store(self, store: FaultyStore) -> Store:
        return cast(Store, self.view(store))


MUTANTS: Final[dict[str, Callable[[], Parts]]] = {
    "no audit": _no_audit,
    "tails are deleted by age alone": lambda: _parts(_SweepsByAge, "burst", "off", "delete"),
    "own listing taken as confirmation": lambda: _Over(_Believing, "burst", "off", "trust"),
    "temp and rename on a mount": lambda: _Over(_Renaming, "burst", "off", "trust"),
    "signed after the store write": lambda: _parts(_SignsAfterTheWrite, "crash"),
    "signed before the guard": lambda: _parts(_SignsUnguarded, "restore", "crash"),
    "no look at the store after a restore": _unguarded,
    "clock not persisted": _forgetful,
    "a retry has new bytes": lambda: _parts(_RetriesWithNewBytes, "burst"),
    "sealing drops the event at the boundary": lambda: _parts(_DropsAtTheBoundary, "burst", "trust", "off"),
    "tail after the newest segment, unconfirmed": lambda: _parts(_TailAfterUnconfirmed, "burst", "remount"),
    "first seen fork wins": lambda: _reading(_FirstSeenWins, "clone"),
    "a fork is cut where it was seen first": lambda: _reading(_CutsWhereItSawFirst, "fork"),
    "clock values within a file only": lambda: _reading(_ClockWithinAFile, "lie"),
    "one signature for a whole file": lambda: _reading(_OneSignatureForAll, "spoil"),
    "cursor at file boundaries only": lambda: _reading(_BoundariesOnly),
    "signature over JSON encoded again": lambda: _reading(_ReEncodes),
    "a file without its final newline is read": lambda: _reading(_AcceptsCutFiles, "lie"),
    "prev is ignored": lambda: _reading(_IgnoresPrev, "clone"),
    "signatures are not checked": lambda: _reading(_AnySignature, "lie"),
    "another mesh is as good": lambda: _reading(_AnyMesh, "lie"),
    "a name moves the cursor": lambda: _reading(_BelievesNames, "lie"),
    "untrusted streams are applied": lambda: _reading(_TrustsEverybody, "lie", "trust"),
    "what is no longer trusted is taken back": lambda: _reading(_UnApplies, "trust"),
    "a lower head takes the cursor back": lambda: _reading(_CursorFollowsTheListing, "delete"),
    **BELIEVING,
}
