"""Verify the events of a file: signatures, the hash chain, and forks. No I/O.

A file is accepted as a whole or not at all, by every reader alike: each line's signature counts, so that
every stored line is evidence by itself. Only a line whose exact bytes were verified before is not verified.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.log import codec
from mesharr.log.codec import ZEROS, Event
from mesharr.log.layout import FileName
from mesharr.log.signature import Verify

MAX_FILE: Final = 4 * 1024 * 1024
"""The largest file a reader accepts (bytes)."""

LinesBetween = Callable[[int, int], Mapping[int, bytes]]
"""Returns this node's exact lines from one seq to another, by seq; those that it lacks are left out."""


class Head(msgspec.Struct, frozen=True):
    """A position in a stream: the seq of an event and its id in hex. Before the first: `START`."""

    seq: int
    id: str
    hlc: str = ""
    """The clock value of the event, which the next one's is greater than; "" compares with none."""


START: Final = Head(0, ZEROS)


class BadLine(Rejected):
    """A file is rejected for one of its lines.

    `line` counts from 1; `cause` is the message without the line.
    """

    def __init__(self, line: int, cause: str) -> None:
        super().__init__(f"line {line}: {cause}")
        self.line = line
        self.cause = cause


class OtherBranch(BadLine):
    """A file that begins behind the cursor follows another event than this node has there.

    It is valid by itself, so the owner wrote another branch.
    """


class Fork(Rejected):
    """The owner signed two events with one seq.

    `known` is the id of this node's copy, `foreign` the other id, and `line` the other exact line with its
    signature verified: together with this node's line it is the proof.
    """

    def __init__(self, event: Event, known: str) -> None:
        super().__init__(
            f"fork of {event.stream} at seq {event.seq}: "
            f"{event.id[:8]} is signed as well as {known[:8]}, which this node has"
        )
        self.seq = event.seq
        self.known = known
        self.foreign = event.id
        self.line = event.line


class _Lines(msgspec.Struct, frozen=True):
    """The lines of a file and their ids; the outer form is checked, no signature is."""

    name: FileName
    mesh: str
    lines: Sequence[bytes]
    ids: Sequence[str]


def read_file(
    content: bytes,
    name: FileName,
    mesh: str,
    key: Verify,
    cursor: Head,
    known: LinesBetween | None = None,
) -> tuple[Event, ...]:
    """Return the events of a file that follow the cursor; () when it ends at or before it.

    Holds after the call: each line of the file was signed by the owner of `key`, the `prev` of each event
    is the id of the one before it, and the first one returned follows `cursor`. `known` is asked for the
    lines at and below the cursor: those are verified already.

    Raises `Rejected` with the cause, `BadLine` when one line is the cause, and, of a file that is valid by
    itself, `OtherBranch` when it follows another event than the cursor's, and `Fork` when it has another
    event at a seq that this node has (the lowest one in this file).
    """
    if name.first > cursor.seq + 1:
        raise Rejected(f"the file starts at seq {name.first}, the cursor needs {cursor.seq + 1}")
    lines = _open(content, name, mesh, key)
    events = _verified_events(lines, key)
    overlap = known is not None and name.first <= cursor.seq
    own = known(name.first, min(name.last, cursor.seq)) if known and overlap else {}
    _check_signatures(lines, key, own)
    _check_fork(events, cursor, own)
    return events[cursor.seq + 1 - name.first :] if name.last > cursor.seq else ()


def verify_file(content: bytes, name: FileName, mesh: str, key: Verify) -> tuple[Event, ...]:
    """Return all events of a file after checking every signature; raise as `read_file` does.

    The caller compares the first event's `prev` and `hlc` with the event before the file.
    """
    lines = _open(content, name, mesh, key)
    events = _verified_events(lines, key)
    _check_signatures(lines, key, {})
    return events


def split_lines(content: bytes) -> list[bytes]:
    """Return the lines of a file without newlines; raise `Rejected` when the file is cut."""
    if len(content) > MAX_FILE:
        raise Rejected(f"file larger than {MAX_FILE} bytes")
    if not content.endswith(b"\n"):
        count = content.count(b"\n") + 1
        raise BadLine(count, "no newline at the end, the file is cut")
    return content[:-1].split(b"\n")


def _open(content: bytes, name: FileName, mesh: str, key: Verify) -> _Lines:
    """Cut the lines and check what the file's name claims; no line is parsed."""
    raw = split_lines(content)
    ids: list[str] = []
    try:
        for line in raw:
            ids.append(codec.event_id(codec.cut(line)))  # noqa: PERF401 - the error needs to know how far it came
    except Rejected as error:
        raise BadLine(len(ids) + 1, error.what) from error
    lines = _Lines(name, mesh, raw, ids)
    if len(raw) != name.last - name.first + 1:
        _raise_for_bad_line(lines, key)
        raise BadLine(len(raw), f"{len(raw)} lines, the name says seq {name.first} to {name.last}")
    if not ids[-1].startswith(name.h8):
        _raise_for_bad_line(lines, key)
        raise BadLine(len(raw), f"its id begins with {ids[-1][:8]}, the name says {name.h8}")
    return lines


def _verified_events(lines: _Lines, key: Verify) -> tuple[Event, ...]:
    """Verify the last signature, follow the chain back from it, and parse each line only then."""
    if not verifies(key, lines.lines[-1]):
        _raise_for_bad_line(lines, key)
        raise BadLine(len(lines.lines), "bad signature")
    events: list[Event] = []
    expected = lines.ids[-1]
    for index in range(len(lines.lines) - 1, -1, -1):
        if lines.ids[index] != expected:
            _raise_for_bad_line(lines, key)
            raise BadLine(index + 2, f"prev is not the id of line {index + 1}")
        try:
            event = codec.parse_cut(lines.lines[index], lines.ids[index])
        except Rejected as error:
            raise BadLine(index + 1, error.what) from error
        expected = event.prev
        events.append(event)
    events.reverse()
    _check_sequence(events, lines)
    return tuple(events)


def _check_sequence(events: Sequence[Event], lines: _Lines) -> None:
    hlc = ""
    name = lines.name
    for number, event in enumerate(events, 1):
        if event.node != name.node or event.inc != name.inc or event.mesh != lines.mesh:
            _check_place(event, lines, number)
        if event.seq != lines.name.first + number - 1:
            raise BadLine(number, f"seq {event.seq} where {lines.name.first + number - 1} belongs")
        if event.hlc <= hlc:
            raise BadLine(number, f"hlc {event.hlc} is not after {hlc}")
        hlc = event.hlc


def _check_place(event: Event, lines: _Lines, number: int) -> None:
    if event.mesh != lines.mesh:
        raise BadLine(number, f"event of mesh {event.mesh}, this one is {lines.mesh}")
    if event.node != lines.name.node:
        raise BadLine(number, f"event of node {event.node}, the name says {lines.name.node}")
    if event.inc != lines.name.inc:
        raise BadLine(number, f"event of incarnation {event.inc}, the name says {lines.name.inc}")


def _check_fork(events: Sequence[Event], cursor: Head, own: Mapping[int, bytes]) -> None:
    """Compare verified events with those that this node has, and with its cursor."""
    first = events[0]
    if first.seq == cursor.seq + 1:
        if first.prev != cursor.id:
            raise OtherBranch(1, f"prev is not this node's event at seq {cursor.seq}: another branch")
        if first.hlc <= cursor.hlc:
            raise BadLine(1, f"hlc {first.hlc} is not after {cursor.hlc}, of the event before the file")
    for event in events:
        if event.seq > cursor.seq:
            return
        line = own.get(event.seq)
        if line == event.line:
            continue
        known = codec.event_id(codec.cut(line)) if line else cursor.id if event.seq == cursor.seq else ""
        if known and known != event.id:
            raise Fork(event, known)


def _check_signatures(lines: _Lines, key: Verify, own: Mapping[int, bytes]) -> None:
    """Verify all signatures but the last one and those of lines that this node has."""
    for index, line in enumerate(lines.lines[:-1]):
        if own.get(lines.name.first + index) != line and not verifies(key, line):
            raise BadLine(index + 1, "bad signature")


def _raise_for_bad_line(lines: _Lines, key: Verify) -> None:
    """Raise `Rejected` for the first line that is invalid by itself; return when none is.

    The lines are parsed without verified signatures, only to name the cause in the error.
    """
    for number, event in enumerate(_unverified(lines), 1):
        _check_place(event, lines, number)
        if not verifies(key, event.line):
            raise BadLine(number, "bad signature")


def _unverified(lines: _Lines) -> Iterator[Event]:
    for number, line in enumerate(lines.lines, 1):
        try:
            yield codec.parse(line)
        except Rejected as error:
            raise BadLine(number, error.what) from error


def verifies(key: Verify, line: bytes) -> bool:
    """Return whether a line's signature is of this key.

    Raises `Rejected` when the line has not the outer form of one.
    """
    signed, signature = codec.split(line)
    return key(signature, codec.pae(signed))
