"""Decide when the store is polled: often while something goes on, within a budget.

A poll is one listing of the store. Plain polls come every `store.poll`; while there is life (a webhook, a
peer's event, an upload) they come every few seconds. Each plain interval earns `EARNED` listings, and costs
one: what is left pays for the early ones. So a day has at most that many times as many listings as plain
polls, and those saved up before.
"""

from typing import Final

import msgspec

FAST_MS: Final = 3_000
"""How often the store is listed while there is life."""
SLOWING: Final = 20
"""The part of the quiet time that passes between two listings: a minute fast, then slower and slower."""
EARNED: Final = 1.6
"""How many listings a plain interval pays for."""
SAVED_MS: Final = 3 * 60 * 60_000
"""The time whose plain polls, in number, may be saved up."""
LOW: Final = 10.0
"""With fewer saved listings than that, polls come no faster than they are earned."""

_with = msgspec.structs.replace


class PollPace(msgspec.Struct, frozen=True, kw_only=True):
    """How often the store was listed lately, and when there was life. Times are in ms, 0: never."""

    poll_ms: int
    """The interval of plain polls: `store.poll`."""
    listed_at: int = 0
    """When the store was listed last."""
    lively_at: int = 0
    """When there was a sign of life last."""
    saved: float
    """How many listings are saved up."""


def first_pace(poll_ms: int) -> PollPace:
    """Return the pace of a node that starts."""
    return PollPace(poll_ms=poll_ms, saved=SAVED_MS / poll_ms)


def next_listing(pace: PollPace) -> int:
    """Return when the store is to be listed next (ms)."""
    if not pace.listed_at:
        return 0
    quiet = max(0, pace.listed_at - pace.lively_at)
    wanted = max(FAST_MS, quiet // SLOWING)
    if pace.saved < LOW:
        wanted = max(wanted, round(pace.poll_ms / EARNED))
    return pace.listed_at + min(wanted, pace.poll_ms)


def is_due(pace: PollPace, now: int) -> bool:
    """Return whether the store is to be listed now; also once the clock was set back."""
    return not pace.listed_at <= now < next_listing(pace)


def after_listing(pace: PollPace, now: int) -> PollPace:
    """Return the pace once the store was listed."""
    passed = min(max(0, now - pace.listed_at), SAVED_MS) if pace.listed_at else 0
    saved = pace.saved + EARNED * passed / pace.poll_ms - 1
    return _with(pace, listed_at=now, saved=max(0.0, min(saved, SAVED_MS / pace.poll_ms)))


def after_life(pace: PollPace, now: int) -> PollPace:
    """Return the pace once there was a sign of life."""
    return _with(pace, lively_at=now)


def at_once(pace: PollPace) -> PollPace:
    """Return the pace with a listing due: there is more to read."""
    return _with(pace, listed_at=0)
