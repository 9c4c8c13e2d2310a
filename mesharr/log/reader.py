"""Choose which files of peers to fetch, from one listing of the names in `events`.

Names prove nothing: anybody who can write to the drive can create one. So each choice is a list of
candidates, best first, and the caller takes the first whose content verifies.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec

from mesharr.log import layout
from mesharr.log.chain import START, Head
from mesharr.log.layout import FileName

MAX_UNKNOWN: Final = 1000


class StreamRequest(msgspec.Struct, frozen=True):
    """The files to fetch for one stream."""

    stream: str
    cursor: Head
    """The last event that this node has."""
    head: int
    """The seq of the newest event, as the names state it."""
    tails: tuple[FileName, ...] = ()
    """The tails that continue the cursor, best first: the first that verifies is enough."""
    beyond: tuple[FileName, ...] = ()
    """The tails that begin beyond the cursor, best first: where none of `tails` verifies, segments are needed
    up to one of these.
    """
    claims: tuple[FileName, ...] = ()
    """All tails that end above the cursor, as their names state, best first."""
    fork_suspects: tuple[FileName, ...] = ()
    """Tails that end at or below the cursor with another id than this node's event: they may prove a fork."""


class Poll(msgspec.Struct, frozen=True):
    """The choice from one listing of `events`."""

    requests: tuple[StreamRequest, ...]
    """What to fetch, by stream; streams that need nothing are left out."""
    unknown: Mapping[str, int]
    """How many tails each untrusted node has; nothing in them is applied."""
    ignored: int
    """How many names are no tail's."""


def _no_known_ids(stream: str, seq: int) -> str | None:
    del stream, seq
    return None


def choose(
    names: Iterable[str],
    cursors: Mapping[str, Head],
    trusted: Collection[str],
    known: Callable[[str, int], str | None] = _no_known_ids,
) -> Poll:
    """Return what to fetch, from names in `events`, cursors by stream, and trusted nodes.

    `known(stream, seq)` is the id of this node's copy of an event below the cursor. A stream without a cursor
    starts at the beginning; one whose tails end at or below its cursor needs nothing. The caller repeats the
    call with moved cursors and the same names until nothing is requested, or nothing moves.
    """
    streams: dict[str, list[FileName]] = {}
    unknown: Counter[str] = Counter()
    ignored = 0
    for text in names:
        name = layout.parse_tail(text)
        if name is None:
            ignored += 1
        elif name.node in trusted:
            streams.setdefault(name.stream, []).append(name)
        elif name.node in unknown or len(unknown) < MAX_UNKNOWN:
            unknown[name.node] += 1
    requests = (
        _request(stream, tails, cursors.get(stream, START), known)
        for stream, tails in sorted(streams.items())
    )
    return Poll(
        tuple(each for each in requests if each.claims or each.fork_suspects),
        unknown,
        ignored,
    )


def cover(stream: str, names: Iterable[str], cursor: int, upto: int) -> tuple[tuple[FileName, ...], ...]:
    """Return the fewest segments that lead from a cursor's seq to `upto`, oldest first.

    Each step is a list of candidates, best first (highest last seq, then highest k); the first that verifies
    is enough. A step taken by a later candidate may end before the next one starts: then the caller repeats
    the call with the moved cursor. The result ends early where no segment continues it.
    """
    segments = [name for text in names if (name := layout.parse_segment(stream, text))]
    later = sorted(segments, key=lambda name: name.first, reverse=True)
    serving: list[FileName] = []
    steps: list[tuple[FileName, ...]] = []
    while cursor < upto:
        while later and later[-1].first <= cursor + 1:
            serving.append(later.pop())
        serving = sorted((name for name in serving if name.serves(cursor)), key=_preference)
        if not serving:
            break
        steps.append(tuple(serving))
        cursor = serving[0].last
    return tuple(steps)


def in_turn(names: Iterable[FileName]) -> tuple[FileName, ...]:
    """Return candidates in the order to try them.

    The best two come first, then the nearest and the best in turn. The best one, as the format has it, ends
    furthest. Whoever floods the store with names cannot make all of them both the furthest and the nearest,
    so a true file is among the first of one order.
    """
    best = deque(sorted(set(names), key=_preference))
    nearest = deque(sorted(best, key=lambda name: (name.last, name.k, -name.first, name.h8)))
    order: dict[FileName, None] = {}
    while len(order) < len(best):
        for source in (best, nearest) if len(order) > 1 else (best,):
            name = source[0]
            source.rotate(-1)
            order.setdefault(name)
    return tuple(order)


def _request(
    stream: str, tails: Iterable[FileName], cursor: Head, known: Callable[[str, int], str | None]
) -> StreamRequest:
    def is_other(name: FileName) -> bool:
        own = cursor.id if name.last == cursor.seq else known(stream, name.last)
        return own is not None and not own.startswith(name.h8)

    newer = sorted((name for name in tails if name.last > cursor.seq), key=_preference)
    return StreamRequest(
        stream=stream,
        cursor=cursor,
        head=newer[0].last if newer else cursor.seq,
        tails=tuple(name for name in newer if name.serves(cursor.seq)),
        beyond=tuple(name for name in newer if not name.serves(cursor.seq)),
        claims=tuple(newer),
        fork_suspects=tuple(name for name in tails if name.last <= cursor.seq and is_other(name)),
    )


def _preference(name: FileName) -> tuple[int, int, int, str]:
    return (-name.last, -name.k, -name.first, name.h8)
