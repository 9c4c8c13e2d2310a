"""Audit: check this node's own files on the store; write missing and torn ones again.

A file counts as missing only when two audits in a row did not list it: one listing may be old. A file becomes
confirmed once the drive itself shows it, or a peer has applied its events.
"""

import logging
from collections.abc import Callable

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import NodeHello, body_of
from mesharr.core.text import author_of, quantity
from mesharr.disk.child import Missing
from mesharr.log import codec, layout
from mesharr.log.chain import verify_file
from mesharr.log.store.folder import Store
from mesharr.node.model import Me, Trusted
from mesharr.state.events.own_files import OwnFileRow
from mesharr.state.state import State

log = logging.getLogger(__name__)


class Auditor:
    """Checks this node's own files on the store."""

    def __init__(self, me: Me, own: Trusted, store: Store, state: State, stream: Callable[[], str]) -> None:
        self._me = me
        self._own = own
        self._store = store
        self._state = state
        self._stream = stream

    def step(self) -> int:
        """Check every own file; return how many are lost. Raises what the store raises."""
        rows = [row for row in self._state.own_files.all() if not row.lost]
        streams = {
            self._stream(),
            *(_stream_of(row) for row in rows if not row.place.startswith(layout.EVENTS)),
        }
        listed = {f"{layout.EVENTS}/{name}" for name in self._store.tails()}
        for stream in sorted(streams):
            folder = layout.segment_folder(stream)
            listed |= {f"{folder}/{name}" for name in self._store.segments(stream)}
        missing = [row for row in rows if row.place not in listed]
        lost = sorted(row.place for row in missing if row.unlisted)
        self._state.own_files.note_unlisted({row.place for row in missing})
        unsure = [row for row in rows if row.place in listed and not row.confirmed]
        torn = {row.place for row in unsure if self._torn(row)}
        for place in (*lost, *sorted(torn)):
            log.warning("%s is missing or torn on the store: writing it again", place)
            self._state.own_files.note_lost(place)
            self._state.counters.add("files_lost")
        for stream in sorted({_stream_of(row) for row in unsure}):
            self._confirm(
                stream, [row for row in unsure if row.place not in torn and _stream_of(row) == stream]
            )
        return len(lost) + len(torn)

    def watch_uploads(self, running_s: float) -> None:
        """Note for `status` how many own files wait in the mount's upload queue.

        Once they have left it, audits them. Makes a request only while a file is not confirmed.
        """
        unsure = [row for row in self._state.own_files.all() if not row.confirmed and not row.lost]
        queue = self._store.queued_uploads() if unsure else frozenset()
        ages = [running_s - row.written for row in unsure if row.place in queue]
        text = f"{quantity(len(ages), 'file')}, oldest {max(ages):.0f} s" if ages else ""
        before = self._state.store.note_uploading(text)
        if before and not text:
            self.step()

    def _torn(self, row: OwnFileRow) -> bool:
        name = layout.parse_path(row.place)
        assert name is not None
        try:
            verify_file(self._store.read(row.place), name, self._me.mesh, self._own.verify)
        except Missing:
            return False  # the next audit does not list it
        except Rejected:
            return True
        return False

    def _confirm(self, stream: str, unsure: list[OwnFileRow]) -> None:
        """Confirm the files that the drive shows, or whose events a peer has applied."""
        if not unsure:
            return
        read = self._read_by_peers(stream)
        for row in unsure:
            if self._was_read(row, unsure, read) or self._store.is_confirmed(
                row.place, self._size(stream, row)
            ):
                self._state.own_files.confirm(row.place)

    def _was_read(self, row: OwnFileRow, unsure: list[OwnFileRow], read: frozenset[int]) -> bool:
        """Return whether a peer must have read this file.

        A peer's cursor stands at the end of the file it read last. It does not name the files: of two that
        end alike neither is proven, and a segment repeats the events of tails.
        """
        alike = [other for other in unsure if other.last == row.last and _is_tail(other)]
        return row.last in read and alike == [row]

    def _size(self, stream: str, row: OwnFileRow) -> int:
        """Return the size of an own file, computed from its events: the mount may be wrong."""
        events = self._state.streams.since(stream, row.first, row.last - row.first + 1)
        return sum(len(event.line) + 1 for event in events)

    def _read_by_peers(self, stream: str) -> frozenset[int]:
        """Return the seqs up to which peers' newest hellos state that they applied an own stream."""
        known = self._state.streams
        read: set[int] = set()
        for row in known.all():
            stored = known.latest(row.stream, NodeHello.type_name)
            if stored is None or author_of(row.stream) == self._me.node:
                continue
            try:
                hello = body_of(stored.type, codec.parse(stored.line).body)
            except Rejected:
                continue
            seq, id_ = hello.heads.get(stream, (0, "")) if isinstance(hello, NodeHello) else (0, "")
            if known.known_id(stream, seq) == id_:
                read.add(seq)
        return frozenset(read)


def _stream_of(row: OwnFileRow) -> str:
    name = layout.parse_path(row.place)
    assert name is not None
    return name.stream


def _is_tail(row: OwnFileRow) -> bool:
    return row.place.startswith(f"{layout.EVENTS}/")
