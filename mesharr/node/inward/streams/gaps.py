"""Gaps: what a listing promises of a peer's stream and the store does not give."""

import logging
from collections.abc import Collection

from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.text import author_of, quantity
from mesharr.state.events.streams import Streams

log = logging.getLogger(__name__)


def close_gaps(streams: Streams, wanted: Collection[str], now: int) -> None:
    """Forget the gaps of streams of which nothing is listed any more that was not proven."""
    for row in streams.all():
        if row.gap_since and row.stream not in wanted:
            streams.note_gap(row.stream, 0, now)


def stop_at_old_gaps(streams: Streams, trusted: Collection[str], now: int) -> None:
    """Stop reading streams with a gap of a day: until then a missing file may be on its way."""
    for row in streams.all():
        open_ms = now - row.gap_since if row.gap_since else 0
        node = author_of(row.stream)
        if open_ms < DAY_MS or row.why or node not in trusted:
            continue
        why = (
            f"seq {row.seq + 1} was not readable on the store for a day: "
            f"see whether {node} runs and can write there; it puts back what is missing"
        )
        streams.stop(row.stream, why)
        log.error("%s: %s", row.stream, why)


def unread(streams: Streams, trusted: Collection[str], mine: str, listed: int) -> str:
    """Return what is not read yet of what a listing at `listed` (ms) named, "" for nothing.

    Streams whose names begin with `mine` are this node's own. One that stopped, or lacks something for an
    hour, is not waited for.
    """
    for row in streams.all():
        missing_ms = listed - row.gap_since if row.gap_since else 0
        if row.head <= row.seq or row.why or missing_ms > HOUR_MS:
            continue
        if author_of(row.stream) in trusted and not row.stream.startswith(mine):
            return f"{quantity(row.head - row.seq, 'event')} of {row.stream} still to be read"
    return ""
