"""Check a whole store: every line of every file, and how the files join. Needs no config."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from mesharr.core.errors import MesharrError, Rejected
from mesharr.core.text import quantity
from mesharr.disk.child import Missing
from mesharr.log import chain, keys, layout, mesh
from mesharr.log.chain import BadLine
from mesharr.log.codec import Event
from mesharr.log.introduction import key_in
from mesharr.log.layout import ARCHIVE, EVENTS, MESH, FileName
from mesharr.log.signature import Verify
from mesharr.log.store.folder import Store

Kind = Literal["damaged", "untrusted", "ignored", "whole"]


class StoreFinding(msgspec.Struct, frozen=True):
    """One result of the check."""

    kind: Kind
    """`damaged`; `untrusted`: a stream of a node without a given key; `ignored`: a name that is no tail's or
    segment's; `whole`: a stream without damage.
    """
    where: str
    """A path in the store."""
    line: int
    """The line, from 1; 0 for the whole file or stream."""
    cause: str
    """What is wrong, or the extent of a whole stream."""


def verify_store(store: Store, keys_of: Mapping[str, bytes]) -> Iterator[StoreFinding]:
    """Yield the results for every file of a store; raise what listing the store raises.

    `keys_of` maps nodes to their public keys. A stream of another node is checked with the key in its
    own `node.hello`, if that is the key its label was made from, and reported as untrusted.
    """
    try:
        mesh_id = mesh.decode(store.mesh()).id
    except (Missing, Rejected) as error:
        yield StoreFinding("damaged", MESH, 0, error.what)
        return
    streams: dict[str, list[tuple[str, FileName]]] = {}
    for where in _paths(store):
        name = layout.parse_path(where)
        if name is None:
            yield StoreFinding("ignored", where, 0, "not the name of a tail or a segment")
        else:
            streams.setdefault(name.stream, []).append((where, name))
    for _, files in sorted(streams.items()):
        files.sort(key=lambda file: (file[1].first, file[1].last, file[1].k))
        yield from _Stream(store, mesh_id, files).check(keys_of)


def _paths(store: Store) -> Iterator[str]:
    for text in sorted(store.tails()):
        yield f"{EVENTS}/{text}"
    for stream in sorted(store.streams()):
        if layout.parse_stream(stream) is None:
            yield f"{ARCHIVE}/{stream}"
            continue
        for text in sorted(store.segments(stream)):
            yield f"{layout.segment_folder(stream)}/{text}"


class _Stream:
    """The files of one stream, and what has been read of it so far."""

    def __init__(self, store: Store, mesh_id: str, files: Sequence[tuple[str, FileName]]) -> None:
        self._store = store
        self._mesh = mesh_id
        self._files = files
        self._node = files[0][1].node
        self._folder = files[0][1].stream
        self._ids: dict[int, str] = {}
        self._hlcs: dict[int, str] = {}
        self._firsts: list[tuple[str, Event]] = []

    def check(self, keys_of: Mapping[str, bytes]) -> Iterator[StoreFinding]:
        public = keys_of.get(self._node)
        if public is None:
            public = self._key_of_hello()
            cause = "" if public else ", and no node.hello in it has the key of its node id"
            yield StoreFinding("untrusted", self._folder, 0, f"node {self._node} is not trusted{cause}")
        if public is None:
            return
        damaged = False
        for finding in (*self._check_files(keys.verifier(public)), *self._check_joins()):
            damaged = True
            yield finding
        if self._ids and not damaged:
            count, last = quantity(len(self._ids), "event"), max(self._ids)
            yield StoreFinding("whole", self._folder, 0, f"{count}, the last is seq {last}")

    def _check_files(self, key: Verify) -> Iterator[StoreFinding]:
        for where, name in self._files:
            try:
                content = self._store.read(where)
                events = chain.verify_file(content, name, self._mesh, key)
            except Missing as error:
                # its owner may have deleted it since the listing; then `_check_joins` reports a gap
                if self._is_listed(name, where):
                    cause = error.what if where in error.what else "is listed and cannot be read"
                    yield StoreFinding("damaged", where, 0, cause.removeprefix(f"{where} "))
                continue
            except BadLine as error:
                yield StoreFinding("damaged", where, error.line, error.cause)
                continue
            except MesharrError as error:
                yield StoreFinding("damaged", where, 0, error.what)
                continue
            for number, event in enumerate(events, 1):
                known = self._ids.setdefault(event.seq, event.id)
                if known != event.id:
                    cause = f"fork at seq {event.seq}: {event.id[:8]} here, {known[:8]} in another file"
                    yield StoreFinding("damaged", where, number, cause)
                    break
            else:
                self._firsts.append((where, events[0]))
                self._hlcs.update((event.seq, event.hlc) for event in events)

    def _check_joins(self) -> Iterator[StoreFinding]:
        for where, first in self._firsts:
            before = first.seq - 1
            known = self._ids.get(before)
            if known is not None and known != first.prev:
                yield StoreFinding("damaged", where, 1, f"prev is not the event at seq {before}")
            elif known is not None and first.hlc <= (hlc := self._hlcs.get(before, "")):
                cause = f"hlc {first.hlc} is not after {hlc}, of the event at seq {before}"
                yield StoreFinding("damaged", where, 1, cause)
        expected = 1
        for seq in sorted(self._ids):
            if seq > expected:
                yield StoreFinding(
                    "damaged", self._folder, 0, f"seq {expected} to {seq - 1} are in no whole file"
                )
            expected = seq + 1

    def _is_listed(self, name: FileName, where: str) -> bool:
        """Return whether a new listing has a file that could not be read."""
        folder, _, text = where.rpartition("/")
        listed = self._store.tails() if folder == EVENTS else self._store.segments(name.stream)
        return text in listed

    def _key_of_hello(self) -> bytes | None:
        for where, _ in self._files:
            try:
                content = self._store.read(where)
            except MesharrError:
                continue
            for line in content.split(b"\n"):  # a torn file names its key too, by which it is found damaged
                key = key_in(line, self._node)
                if key is not None:
                    return key
        return None
