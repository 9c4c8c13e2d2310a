"""Gaps: what a listing promises of a peer's stream and the store does not give."""

import logging
from collections.abc import Collection

from mesharr.node.backoff import DAY_MS
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
        node = row.stream.rpartition(".")[0]
        if open_ms < DAY_MS or row.why or node not in trusted:
            continue
        why = (
            f"seq {row.seq + 1} was not readable on the store for a day: "
            f"see whether {node} runs and can write there; it puts back what is missing"
        )
        streams.stop(row.stream, why)
        log.error("%s: %s", row.stream, why)
