"""Choose which files of this node's own stream to write and to delete, from values alone.

Sealed segments carry the older events and stay for ever; one tail carries the newest, and repeats the
newest confirmed segment, so that the next publish repairs a lost tail and most readers need one file.
`files` is always every file of the stream that this node wrote and has not deleted, whether or not it
is confirmed. Times are this node's own running time in seconds: no clock and no mtime decides anything.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from mesharr.log import layout
from mesharr.log.layout import ARCHIVE, EVENTS, FileName

SEAL_EVENTS: Final = 256
SEAL_BYTES: Final = 128 * 1024
# 24 segments of at most 128 KiB and one line, and an open part, stay below the 4 MiB a reader takes
TAIL_SEGMENTS: Final = 24
GRACE_S: Final = 900.0
LULL_S: Final = 5.0
COALESCE_S: Final = 1.0
MINUTE_S: Final = 60.0
BURST_S: Final = 5.0
BURST_TAILS: Final = 4
LOAD_S: Final = 15.0
LOAD_TAILS: Final = 90
SLOW_S: Final = 300.0
MAX_UNCONFIRMED: Final = 8


class Line(msgspec.Struct, frozen=True):
    """One signed event of this node."""

    seq: int
    id: str
    text: bytes
    """The exact line without the newline."""


class OwnFile(msgspec.Struct, frozen=True):
    """A file of this node's own stream that it wrote."""

    where: str
    """The path in the store."""
    first: int
    """The seq of the first event in the file."""
    last: int
    """The seq of the last event in the file."""
    k: int
    """How many files of the same range were written before."""
    confirmed: bool
    """Whether a witness other than the own mount's listing has the file."""
    running_s: float
    """How long this node has run since the file was written (s)."""
    lost: bool = False
    """Whether the file is missing, torn, or has other content; its range is written again with a higher k."""

    @property
    def is_tail(self) -> bool:
        """Whether the file is a tail; else it is a segment."""
        return self.where.startswith(f"{EVENTS}/")


class PlannedFile(msgspec.Struct, frozen=True):
    """A file to be written."""

    where: str
    """The path in the store."""
    first: int
    last: int
    k: int
    content: bytes


class PublishDelay(msgspec.Struct, frozen=True):
    """How long to wait before the next publish."""

    wait_s: float
    """Seconds; 0 publishes now."""
    why: str
    """The reason, for `status`; "" without a wait."""


def to_write(stream: str, lines: Sequence[Line], files: Sequence[OwnFile]) -> tuple[PlannedFile, ...]:
    """Return the segments to write, lost ones first, then one tail when there are new events.

    () when no segment is lost and a tail has the newest event. `lines` are the events of the stream from
    `needed_from(files)`, or earlier, to its head, without a gap. A tail planned after the segments have been
    confirmed is shorter: the caller may write the segments, and call again.
    """
    lost = [_planned(stream, ARCHIVE, _part(lines, *range_), files) for range_ in _lost_ranges(files)]
    if not lines or any(file.is_tail and not file.lost and file.last == lines[-1].seq for file in files):
        return tuple(lost)
    segments = [file for file in files if not file.is_tail]
    parts = _seal([line for line in lines if line.seq > _sealed(segments)])
    new = [_planned(stream, ARCHIVE, part, files) for part in parts]
    first = _tail_start([*segments, *new], _newest_confirmed(segments))
    return (*lost, *new, _planned(stream, EVENTS, _part(lines, first, lines[-1].seq), files))


def needed_from(files: Iterable[OwnFile]) -> int:
    """Return the first seq whose line `to_write` needs."""
    segments = [file for file in files if not file.is_tail]
    lost = [first for first, _ in _lost_ranges(segments)]
    return min(_tail_start(segments, _newest_confirmed(segments)), _sealed(segments) + 1, *lost)


def deletable(files: Sequence[OwnFile]) -> tuple[str, ...]:
    """Return the tails that may be deleted: other files have their events for long enough.

    Each event of such a tail is in a confirmed file that stays; both that file and the tail were written at
    least 15 minutes of running time ago. The newest tail always stays.
    """
    tails = sorted((file for file in files if file.is_tail), key=_age)
    staying = list(files)
    gone: list[str] = []
    for tail in tails[:-1]:
        others = [file for file in staying if file is not tail]
        if tail.running_s >= GRACE_S and _covered(tail, others):
            staying = others
            gone.append(tail.where)
    return tuple(gone)


def publish_delay(files: Iterable[OwnFile], waiting_s: float) -> PublishDelay:
    """Return how long to wait with the next tail.

    `waiting_s` is how long the first event has waited (s).

    None when no tail was written for five seconds; else a second, for others to join. After four tails
    within a minute there is one per five seconds; after ninety within the 15 minutes that each stays for,
    one per 15 seconds; while eight tails are unconfirmed, one per five minutes.
    """
    tails = [file for file in files if file.is_tail]
    since = min((tail.running_s for tail in tails), default=SLOW_S)
    unconfirmed = sum(not tail.confirmed and not tail.lost for tail in tails)
    if unconfirmed >= MAX_UNCONFIRMED and since < SLOW_S:
        return PublishDelay(SLOW_S - since, f"{unconfirmed} tails wait to be confirmed by the store")
    gap = _gap(tails)
    if since < gap:
        return PublishDelay(gap - since, "many events: they are published together")
    if since < LULL_S and waiting_s < COALESCE_S:
        return PublishDelay(COALESCE_S - waiting_s, "events of one second are published together")
    return PublishDelay(0.0, "")


def _gap(tails: Iterable[OwnFile]) -> float:
    """Return how much time passes between two tails (s), 0 while there were few."""
    ages = [tail.running_s for tail in tails]
    if sum(age < GRACE_S for age in ages) >= LOAD_TAILS:
        return LOAD_S
    return BURST_S if sum(age < MINUTE_S for age in ages) >= BURST_TAILS else 0.0


def _seal(open_part: Sequence[Line]) -> list[list[Line]]:
    """Cut whole segments off the open part; what is left reaches neither bound."""
    parts: list[list[Line]] = []
    part: list[Line] = []
    size = 0
    for line in open_part:
        part.append(line)
        size += len(line.text) + 1
        if len(part) >= SEAL_EVENTS or size >= SEAL_BYTES:
            parts.append(part)
            part, size = [], 0
    return parts


def _sealed(segments: Iterable[OwnFile]) -> int:
    return max((file.last for file in segments), default=0)


def _lost_ranges(files: Iterable[OwnFile]) -> list[tuple[int, int]]:
    """Return the ranges of lost segments that no other segment replaced, oldest first."""
    segments = [file for file in files if not file.is_tail]
    written = {(file.first, file.last) for file in segments if not file.lost}
    return sorted({(file.first, file.last) for file in segments} - written)


def _part(lines: Sequence[Line], first: int, last: int) -> list[Line]:
    return [line for line in lines if first <= line.seq <= last]


def _newest_confirmed(segments: Iterable[OwnFile]) -> int:
    """Return the first seq of the newest confirmed segment, 1 when there is none."""
    confirmed = [(file.last, file.first) for file in segments if file.confirmed and not file.lost]
    return max(confirmed)[1] if confirmed else 1


def _tail_start(segments: Iterable[OwnFile | PlannedFile], earliest: int) -> int:
    """Return the tail's first seq: `earliest`, or later when it would repeat too much."""
    starts = sorted({file.first for file in segments if file.first >= earliest})
    return starts[-TAIL_SEGMENTS] if len(starts) > TAIL_SEGMENTS else earliest


def _planned(stream: str, folder: str, part: Sequence[Line], files: Iterable[OwnFile]) -> PlannedFile:
    first, last = part[0].seq, part[-1].seq
    same = [f for f in files if f.where.startswith(f"{folder}/") and (f.first, f.last) == (first, last)]
    k = max((file.k + 1 for file in same), default=0)
    node, _, inc = stream.rpartition(".")
    name = FileName(node, inc, first, last, part[-1].id[:8], k)
    where = layout.tail_path(name) if folder == EVENTS else layout.segment_path(name)
    return PlannedFile(where, first, last, k, b"".join(line.text + b"\n" for line in part))


def _age(tail: OwnFile) -> tuple[bool, int, int, float]:
    return (not tail.lost, tail.last, tail.k, -tail.running_s)


def _covered(tail: OwnFile, files: Iterable[OwnFile]) -> bool:
    reached = tail.first - 1
    for file in sorted(files, key=lambda file: file.first):
        safe = file.confirmed and not file.lost and file.running_s >= GRACE_S
        if safe and file.first <= reached + 1:
            reached = max(reached, file.last)
    return reached >= tail.last
