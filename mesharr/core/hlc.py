"""The hybrid logical clock: text that sorts as bytes, e.g. `2026-11-22T18:19:24.123Z-0003`.

It only decides between events whose authors did not know of each other's. No event is delayed or dropped
because of its time.
"""

import re
from datetime import UTC, datetime, timedelta

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Rejected

ZERO = "1970-01-01T00:00:00.000Z-0000"
"""The clock value before every event."""
MAX_AHEAD_MS = 10 * 60 * 1000
"""How far a peer's clock may be ahead of this node's and still be followed."""
_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-\d{4}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(wall_ms: int, counter: int = 0) -> str:
    """Return the text of a wall time in milliseconds since the epoch and a counter of 0-9999."""
    moment = _EPOCH + timedelta(milliseconds=wall_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z-{counter:04d}"


def time_text(wall_ms: int) -> str:
    """Return a wall time in milliseconds as text for people and JSON, "" for 0."""
    return f"{text_of(wall_ms)[:19]}Z" if wall_ms else ""


def parts_of(text: str) -> tuple[int, int]:
    """Return (milliseconds since the epoch, counter) of a clock value.

    Raises `Rejected` when `text` is no clock value.
    """
    if not _FORM.fullmatch(text):
        raise Rejected(f"not a clock value: {text[:40]!r}")
    try:
        moment = datetime.strptime(text[:24], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Rejected(f"not a clock value: {text[:40]!r}") from error
    delta = moment - _EPOCH
    return (
        delta.days * DAY_MS + delta.seconds * 1000 + delta.microseconds // 1000,
        int(text[25:]),
    )


def tick(wall_ms: int, last: str, applied: str = ZERO) -> str:
    """Return the clock value of the next event of a stream.

    The value is greater than `last`, and than `applied` unless that is more than `MAX_AHEAD_MS` after
    `wall_ms` (a peer's wrong clock is not followed).
    """
    floor = last
    if applied > floor and parts_of(applied)[0] <= wall_ms + MAX_AHEAD_MS:
        floor = applied
    floor_ms, counter = parts_of(floor)
    if wall_ms > floor_ms:
        return text_of(wall_ms)
    if counter == 9999:
        return text_of(floor_ms + 1)
    return text_of(floor_ms, counter + 1)
