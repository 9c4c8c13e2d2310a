"""Verify a whole file of new events at once, with the same result as `chain`, faster.

A catch-up reads thousands of sealed files that begin right behind the cursor, with lines as this program
writes them. Everything before the clock value of such a line is known beforehand, and one pattern matches the
rest. A line without a plain form is parsed by `codec`; a file in which anything else is out of order is read
by `chain.read_file`, which names the cause. So no event is accepted that `chain` would reject.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.fast_path import MAX_BYTES, PATTERNS, is_text
from mesharr.log import chain, codec
from mesharr.log.chain import Head, LinesBetween
from mesharr.log.codec import HLC, TRAILER, TRAILER_BYTES, Event
from mesharr.log.layout import FileName
from mesharr.log.signature import Verify

_Match = Callable[[bytes, int], re.Match[bytes] | None]
_LINES: Final[dict[bytes, _Match]] = {
    name.encode(): re.compile(
        b'(%b)","type":"%b","body":%b%b' % (HLC, name.encode(), body, TRAILER)
    ).fullmatch
    for name, body in PATTERNS.items()
}
"""Matches a plain line from its clock value on, by type; groups: clock value, library, item id."""
WHOLE_FROM: Final = 33
"""From how many new events on a file is matched as a whole; fewer are parsed one by one."""
_HLC_BYTES: Final = 29
_TYPE_AFTER: Final = _HLC_BYTES + len('","type":"')


class EventBatch(msgspec.Struct, frozen=True):
    """Verified events that follow the cursor, as columns."""

    first: int
    """The seq of the first one."""
    ids: Sequence[str]
    lines: Sequence[bytes]
    hlc: str
    """The clock value of the last one."""
    plain: Sequence[tuple[str, str, int]]
    """(library, item id, seq) of those with a plain form, whose body is valid and concerns that item."""
    others: Sequence[Event]
    """All that have no plain form."""


def read(
    content: bytes,
    name: FileName,
    mesh: str,
    key: Verify,
    cursor: Head,
    known: LinesBetween | None = None,
) -> EventBatch | None:
    """Return the events of a file that follow the cursor, None when it ends at or before it.

    Guarantees, arguments and errors are those of `chain.read_file`.
    """
    return _whole(content, name, mesh, key, cursor) or of(
        chain.read_file(content, name, mesh, key, cursor, known)
    )


def of(events: Sequence[Event]) -> EventBatch | None:
    """Return a batch of consecutive events that were read one by one, None when there are none."""
    if not events:
        return None
    ids = [event.id for event in events]
    return EventBatch(events[0].seq, ids, [event.line for event in events], events[-1].hlc, (), events)


def _whole(content: bytes, name: FileName, mesh: str, key: Verify, cursor: Head) -> EventBatch | None:
    """Return the events of a file when all are new and valid, else None."""
    number = name.last - cursor.seq
    if name.first != cursor.seq + 1 or number < WHOLE_FROM:
        return None
    try:
        lines = chain.split_lines(content)
        if len(lines) != number or not all(chain.verifies(key, line) for line in reversed(lines)):
            return None
        ids = [sha256(line[:-TRAILER_BYTES] + b"}").hexdigest() for line in lines]
        if not ids[-1].startswith(name.h8):
            return None
        return _Walk(name, mesh, is_text(content)).along(lines, ids, cursor)
    except Rejected:
        return None


class _Walk:
    """Follows the chain of ids from the cursor to the last line."""

    def __init__(self, name: FileName, mesh: str, may_be_plain: bool) -> None:
        self._name = name
        self._begin = f'{{"v":1,"mesh":"{mesh}","node":"{name.node}","inc":"{name.inc}","seq":'.encode()
        self._longest = MAX_BYTES if may_be_plain else 0
        self._form = _LINES[b"file.imported"]

    def along(self, lines: Sequence[bytes], ids: Sequence[str], cursor: Head) -> EventBatch | None:
        """Return the events; None when a line does not follow the one before it."""
        first, begin, prev = self._name.first, self._begin, cursor.id
        plain: list[tuple[str, str, int]] = []
        others: list[Event] = []
        last, hlc, day = cursor.hlc.encode(), b"", b""
        for seq, line in enumerate(lines, first):
            head = b'%b%d,"prev":"%b","hlc":"' % (begin, seq, prev.encode())
            if not line.startswith(head):
                return None
            if match := self._plain(line, len(head)):
                hlc, library, item = match.groups()[:3]
                plain.append((library.decode(), item.decode(), seq))
            else:
                others.append(event := codec.parse(line))
                hlc = event.hlc.encode()
            if hlc <= last:
                return None
            if hlc[:10] != day:
                day = hlc[:10]
                codec.check_day(hlc.decode())
            prev = ids[seq - first]
            last = hlc
        return EventBatch(first, ids, lines, hlc.decode(), plain, others)

    def _plain(self, line: bytes, at: int) -> re.Match[bytes] | None:
        """Match a plain line. The form that matched last is tried first: neighbours are alike."""
        if len(line) > self._longest:
            return None
        match = self._form(line, at)
        if match is None:
            start = at + _TYPE_AFTER
            form = _LINES.get(line[start : line.find(b'"', start)])
            if form and form is not self._form:
                self._form = form
                match = form(line, at)
        return match
