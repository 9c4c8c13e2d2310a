"""A whole file of new events at once: what `chain` proves line by line, proved of the bytes as they lie.

A catch-up reads thousands of sealed files that begin right behind the cursor, of lines this program writes.
Of such a line everything before its clock value is known beforehand, and one pattern tells the rest. A line
without a plain form is parsed as ever; a file in which anything else is out of order is read by
`chain.read_file`, which says what is wrong with it. So nothing is believed here that is not believed there.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.fast_path import MAX_PLAIN, PLAIN, is_plain_text
from mesharr.log import chain, codec
from mesharr.log.chain import FEW, Head, Known, Verify
from mesharr.log.codec import HLC, TRAILER, TRAILER_BYTES, Event
from mesharr.log.layout import FileName

_Match = Callable[[bytes, int], re.Match[bytes] | None]
_LINES: Final[dict[bytes, _Match]] = {
    name.encode(): re.compile(
        b'(%b)","type":"%b","body":%b%b' % (HLC, name.encode(), body, TRAILER)
    ).fullmatch
    for name, body in PLAIN.items()
}
"""What a plain line is from its clock value on, by type: the groups are that, the library, the item's id."""
_HLC_BYTES: Final = 29
_TYPE_AFTER: Final = _HLC_BYTES + len('","type":"')


class EventBatch(msgspec.Struct, frozen=True):
    """Verified events that follow the cursor, as columns: the first has the seq `first`.

    `plain` are (library, item id, seq) of those that are known to say something valid of that one item;
    `others` are all the rest. `hlc` is the clock value of the last.
    """

    first: int
    ids: Sequence[str]
    lines: Sequence[bytes]
    hlc: str
    plain: Sequence[tuple[str, str, int]]
    others: Sequence[Event]


def read(
    content: bytes, name: FileName, mesh: str, key: Verify, cursor: Head, known: Known | None = None
) -> EventBatch | None:
    """Return the events of a file that follow the cursor, None when it ends at or before it.

    What holds of them, what `key` and `known` are, and what is raised, is as `chain.read_file` has it.
    """
    return _whole(content, name, mesh, key, cursor) or of(
        chain.read_file(content, name, mesh, key, cursor, known)
    )


def of(events: Sequence[Event]) -> EventBatch | None:
    """Return consecutive events that were read one by one, None when there are none."""
    if not events:
        return None
    ids = [event.id for event in events]
    return EventBatch(events[0].seq, ids, [event.line for event in events], events[-1].hlc, (), events)


def _whole(content: bytes, name: FileName, mesh: str, key: Verify, cursor: Head) -> EventBatch | None:
    """Return the events of a file all of which are new; None when not, or when anything is out of order."""
    number = name.last - cursor.seq
    if name.first != cursor.seq + 1 or number <= FEW:
        return None
    try:
        lines = chain.split_lines(content)
        if len(lines) != number or not chain.verifies(key, lines[-1]):
            return None
        ids = [sha256(line[:-TRAILER_BYTES] + b"}").hexdigest() for line in lines]
        if not ids[-1].startswith(name.h8):
            return None
        return _Walk(name, mesh, is_plain_text(content)).along(lines, ids, cursor.id)
    except Rejected:
        return None


class _Walk:
    """Follows the chain of ids from the cursor to the line whose signature was verified."""

    def __init__(self, name: FileName, mesh: str, may_be_plain: bool) -> None:
        self._name = name
        self._begin = f'{{"v":1,"mesh":"{mesh}","node":"{name.node}","inc":"{name.inc}","seq":'.encode()
        self._longest = MAX_PLAIN if may_be_plain else 0
        self._form = _LINES[b"file.imported"]

    def along(self, lines: Sequence[bytes], ids: Sequence[str], prev: str) -> EventBatch | None:
        """Return the events; None when a line does not follow the one before it."""
        first, begin = self._name.first, self._begin
        plain: list[tuple[str, str, int]] = []
        others: list[Event] = []
        last = hlc = day = b""
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
        """Match a plain line. Neighbours are mostly of one type: the form that fitted last is tried first."""
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
