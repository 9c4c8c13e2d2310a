"""Which files of peers to fetch, decided from names alone. One listing of `events` is all it takes.

Names are claims: anybody who can write to the drive can make one. So each choice is a row of
candidates, best first, and the caller takes the first whose content verifies.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec

from mesharr.log import layout
from mesharr.log.chain import START, Head
from mesharr.log.layout import FileName

MAX_UNKNOWN: Final = 1000


class StreamRequest(msgspec.Struct, frozen=True):
    """What one stream needs. `tails` serve its cursor, best first: the first that verifies is enough.

    `segments_to` is 0 when the best tail serves the cursor; else segments are needed up to that seq,
    unless a lower tail brings the cursor there. `claims` are all tails that end above the cursor, as their
    names say, best first. `doubted` are tails that end at or below the cursor with
    another id than is held there: read them for a fork.
    """

    stream: str
    cursor: Head
    head: int
    tails: tuple[FileName, ...] = ()
    segments_to: int = 0
    claims: tuple[FileName, ...] = ()
    doubted: tuple[FileName, ...] = ()


class Poll(msgspec.Struct, frozen=True):
    """What a listing of `events` asks for: per stream what to fetch; who is unknown; what was ignored.

    `unknown` counts the tails of each node that is not trusted (never opened), `ignored` the names
    that are no tail's.
    """

    wanted: tuple[StreamRequest, ...]
    unknown: Mapping[str, int]
    ignored: int


def _nothing_held(stream: str, seq: int) -> str | None:
    del stream, seq
    return None


def choose(
    names: Iterable[str],
    cursors: Mapping[str, Head],
    trusted: Collection[str],
    known: Callable[[str, int], str | None] = _nothing_held,
) -> Poll:
    """Return what to fetch, given the names in `events`, my cursor per stream and the nodes I trust.

    `known(stream, seq)` is the id held here of an event below the cursor.
    A stream without a cursor starts at the beginning; one whose tails end at or below its cursor needs
    nothing. Ask again with moved cursors and the same names until nothing is wanted or nothing helps.
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
    wanted = (
        _wanted(stream, tails, cursors.get(stream, START), known) for stream, tails in sorted(streams.items())
    )
    return Poll(
        tuple(want for want in wanted if want.tails or want.segments_to or want.doubted), unknown, ignored
    )


def cover(stream: str, names: Iterable[str], cursor: int, upto: int) -> tuple[tuple[FileName, ...], ...]:
    """Return the fewest segments that lead from a cursor's seq to `upto`, oldest first.

    Each step is a row of candidates, best first (reaching furthest, then newest k); the first that
    verifies is enough. A step taken by a later candidate may end sooner than the next one starts: ask
    again with the moved cursor. The row ends early where no segment continues it.
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


def _wanted(
    stream: str, tails: Iterable[FileName], cursor: Head, known: Callable[[str, int], str | None]
) -> StreamRequest:
    def is_other(name: FileName) -> bool:
        held = cursor.id if name.last == cursor.seq else known(stream, name.last)
        return held is not None and not held.startswith(name.h8)

    newer = sorted((name for name in tails if name.last > cursor.seq), key=_preference)
    best = newer[0] if newer else None
    return StreamRequest(
        stream=stream,
        cursor=cursor,
        head=best.last if best else cursor.seq,
        tails=tuple(name for name in newer if name.serves(cursor.seq)),
        segments_to=best.first - 1 if best and not best.serves(cursor.seq) else 0,
        claims=tuple(newer),
        doubted=tuple(name for name in tails if name.last <= cursor.seq and is_other(name)),
    )


def _preference(name: FileName) -> tuple[int, int, int, str]:
    return (-name.last, -name.k, -name.first, name.h8)
