"""Publish: facts become signed events of this node's stream, and files on the store.

An event's exact bytes are committed before they are written to the store, so a retry after a crash writes the
same bytes. Nothing is signed before `mesharr.node.outward.stream.incarnation` has checked that the stream
may be continued.
"""

import logging
from collections.abc import Callable, Mapping

import msgspec

from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.core.events.schema import (
    Body,
    LibraryInfo,
    NodeHello,
)
from mesharr.core.events.validation import MAX_HEADS, MAX_TRUSTED
from mesharr.core.planning.memory import ItemMemory
from mesharr.log import codec, writer
from mesharr.log.keys import NodeKey, key_text
from mesharr.log.store.folder import Occupied, Store
from mesharr.node.model import PeerList
from mesharr.node.outward.stream.hello import conflicts_info, uploads_info
from mesharr.node.outward.stream.incarnation import Incarnations
from mesharr.node.outward.stream.signing import SignedFacts, Signing
from mesharr.node.scan_state import note_scanned
from mesharr.state.deciding import FOLDS
from mesharr.state.events.own_files import OwnFileRow
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

SIGN_AT_ONCE = 16
"""About how many items the facts of one transaction are about: other writers wait for its end."""
MAX_SIGNED = 1024
"""How many facts are signed before the events are written to the store."""
FRESH_MS = 60_000
"""For how long a look at the drive counts: a fact is usually signed a second after it became ready."""
FIRST_LOOK_MS = 15_000
"""How long after files were published they are looked for first."""


class Publisher:
    """The last outward stage: the only writer of this node's stream."""

    def __init__(
        self,
        own: Incarnations,
        key: NodeKey,
        store: Store,
        peers: PeerList,
        state: State,
        describe: Callable[[], Mapping[str, LibraryInfo]],
        version: str,
    ) -> None:
        """Write nothing yet.

        `own` names the stream to write; `describe` returns the libraries' descriptions for the hello.
        """
        self._own = own
        self._me = own.me
        self._key = key
        self._store = store
        self._peers = peers
        self._state = state
        self._describe = describe
        self._version = version
        self._signing = Signing(own.me, state, self._event, SIGN_AT_ONCE, FRESH_MS)
        self._waiting_since = 0
        self.slow = ""
        """Why publishing is slower than usual, "" when it is not."""

    @property
    def stream(self) -> str:
        """The name of this node's present stream."""
        return self._own.stream

    def step(self, now: int, running_s: float) -> int:
        """Sign the ready facts and write them, when it is time; return when to step again (ms).

        `running_s` is this node's own running time over all its processes. Raises `Unavailable` when
        the store does not answer, `Refused` when another machine writes with this node's key.
        """
        self._own.guard(now)
        self._queue_hello(now)
        ready = self._state.outbox.ready(limit=1, looked_since=now - FRESH_MS)
        if ready and not 0 < self._waiting_since <= now:
            self._waiting_since = now  # the first, or the clock was set back
        if not ready and not self._has_unwritten():
            self._waiting_since = 0
            self._sweep(running_s)
            return now + HOUR_MS
        waiting_s = (now - self._waiting_since) / 1000 if ready else writer.COALESCE_S
        pace = writer.publish_delay(self._files(self.stream, running_s), waiting_s)
        self.slow = pace.why if pace.wait_s > writer.COALESCE_S else ""
        if pace.wait_s > 0:
            return now + max(1, int(pace.wait_s * 1000))
        self._sign(now)
        self._write(running_s)
        self._sweep(running_s)
        self._waiting_since = 0
        return now

    def recheck(self) -> None:
        """Have the next step check the store again before anything is signed."""
        self._own.recheck()

    def flush(self, now: int, running_s: float) -> None:
        """Sign and write what is ready without waiting for more to come."""
        self._own.guard(now)
        self._sign(now)
        self._write(running_s)

    # -- hello

    def _queue_hello(self, now: int) -> None:
        """Queue a hello when its content changed, daily, and an hour after applying peers' events."""
        trusted = sorted(peer.node for peer in self._peers().values() if not peer.frozen)
        hello = NodeHello(
            name=self._me.name,
            version=self._version,
            key=key_text(self._key.public),
            trusts=tuple(trusted[:MAX_TRUSTED]),
            libraries=dict(self._describe()),
            joined=tuple(day.library for day in self._state.first_days.all() if day.has_published),
            conflicts=conflicts_info(self._state, now),
        )
        description = msgspec.json.encode(hello, order="deterministic").decode()
        before = self._state.node.get()
        # after the clock was set back, the last hello is one of the future
        daily = not 0 <= now - before.hello_at < DAY_MS
        answer = before.hello_owed > 0 and not 0 <= now - before.hello_owed < HOUR_MS
        if before.hello == description and not daily and not answer:
            return
        rows = [row for row in self._state.streams.all() if row.seq and row.stream != self.stream]
        rows.sort(key=lambda row: row.applied_at, reverse=True)
        heads = {row.stream: (row.seq, row.id) for row in rows[:MAX_HEADS]}  # those applied last
        # what changes with every event or upload is no reason for a hello, and is told with each
        told = msgspec.structs.replace(hello, heads=heads, uploads=uploads_info(self._state, now))
        with self._state.transaction():
            self._state.outbox.put("", told, "", "hello", now)
            self._state.node.note_hello(description, now)

    # -- sign

    def _sign(self, now: int) -> None:
        left = MAX_SIGNED
        while left > 0 and (signed := self._sign_some(now)):
            left -= signed

    def _sign_some(self, now: int) -> int:
        """Sign the next few facts, and keep them in one transaction; return how many there were.

        What they are made of is read and folded before: webhooks wait for the transaction.
        """
        for _ in range(FOLDS):
            signed = self._signing.next(self.stream, now)
            if not signed.facts:
                return 0
            with self._state.transaction():
                if self._signing.is_current(self.stream, signed.basis, now):
                    self._keep(signed, now)
                    return len(signed.facts)
        raise Unavailable("events come faster than those of this node are signed", "it is tried again")

    def _keep(self, signed: SignedFacts, now: int) -> None:
        for fact in signed.facts:
            self._state.outbox.drop(fact.entry.n)
            if fact.error is not None:
                self._note_unpublishable(fact.entry, fact.error, now)
            elif fact.event is None:
                self._state.dirty.mark(fact.entry.body.touched_items(), now)
            else:
                self._state.streams.apply([fact.event], now)
                self._require_monitored(fact.entry.body)
                self._watch_files(fact.entry, now)
        self._state.own_streams.set_clock(signed.clock)
        for (library, item), folders in signed.scanned.items():
            note_scanned(self._state, library, item, folders)
        self._state.dirty.mark(self._state.items.with_those_around(signed.scanned), now, changed=True)

    def _note_unpublishable(self, entry: OutboxEntry, error: Rejected, now: int) -> None:
        """Note a fact that no peer would apply (its line is too long): it must not stop the others."""
        name = f"{entry.library} {entry.item}"
        refused = Refused(f"{name} cannot be published: {error.what}", "report it; all else is published")
        if self._state.refusals.note(f"publish:{name}", refused, now):
            log.error("%s", refused)

    def _event(self, body: Body, stream: str, seq: int, prev: str, now: int) -> codec.Event:
        if body.takes_ownership:
            body = self._with_term(body)
        unsigned = codec.UnsignedEvent(
            mesh=self._me.mesh,
            node=self._me.node,
            inc=stream.rpartition(".")[2],
            seq=seq,
            prev=prev,
            hlc=self._signing.tick(now),
            type=body.type_name,
            body=msgspec.json.encode(body),
        )
        return codec.encode(unsigned, self._key.sign)

    def _with_term(self, body: Body) -> Body:
        """Return an import or a claim with the next term after all that this node has applied."""
        (item,) = body.touched_items()
        desired = self._signing.state(item)
        term = 1 + max((desired.terms.get(unit, 0) for unit in body.registers), default=0)
        return body.with_term(term, desired.events_at_maximum)

    def _require_monitored(self, body: Body) -> None:
        """Note the units that this node must monitor after its import or claim."""
        if not body.takes_ownership:
            return
        ((library, item),) = body.touched_items()

        def changed(memory: ItemMemory) -> ItemMemory:
            units = tuple(sorted({*memory.must_monitor, *body.registers}))
            return msgspec.structs.replace(memory, must_monitor=units)

        self._state.items.update_memory(library, item, changed)

    def _watch_files(self, entry: OutboxEntry, now: int) -> None:
        """Have an item's new files looked for soon: no app reports that a folder is moved."""
        if entry.item and entry.body.stated_copies():
            self._state.new_files.put(entry.library, entry.item, now, now + FIRST_LOOK_MS)

    # -- write

    def _streams(self) -> list[str]:
        """Return the present stream, and the closed ones whose events this database has."""
        closed = self._state.own_streams.closed()
        return [self.stream, *(stream for stream in closed if self._state.streams.cursor(stream)[0])]

    def _has_unwritten(self) -> bool:
        """Return whether an event is in no tail, or a file of this node's streams was lost."""
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

    def _planned(self, stream: str, files: list[writer.OwnFile]) -> tuple[writer.PlannedFile, ...]:
        lines = [
            writer.Line(event.seq, event.id, event.line)
            for event in self._state.streams.since(stream, writer.needed_from(files))
        ]
        return writer.to_write(stream, lines, files)

    def _write(self, running_s: float) -> None:
        for stream in self._streams():
            for planned in self._planned(stream, self._files(stream, running_s)):
                self._put(planned, running_s)

    def _put(self, planned: writer.PlannedFile, running_s: float) -> None:
        row = OwnFileRow(
            planned.where, planned.first, planned.last, planned.k, confirmed=False, written=running_s
        )
        try:
            confirmed = self._store.write(planned.where, planned.content)
        except Occupied as error:
            # torn by a dying mount: the range is written again under the next k
            self._state.own_files.put(msgspec.structs.replace(row, lost=True))
            raise Unavailable(f"{planned.where} is torn; it is written again under another name") from error
        self._state.own_files.put(msgspec.structs.replace(row, confirmed=confirmed))

    def _sweep(self, running_s: float) -> None:
        for stream in self._streams():
            for place in writer.deletable(self._files(stream, running_s)):
                self._store.delete(place)
                self._state.own_files.forget(place)
