"""Rebuild the index of kept events when this program understands events in another way.

An event of a type that was unknown when it came is kept, and found by no item. The first start of a program
that knows the type reads all kept events: the drive is not asked, no cursor moves, nothing is published.
"""

import logging

from mesharr.core.events.schema import TYPES
from mesharr.core.registry.fold import FOLD
from mesharr.state.state import State

log = logging.getLogger(__name__)

ROWS = 8
"""Rows that are read in one transaction, each of at most 16 KiB or one event."""
_FIRST = "1"
"""The version of the fold of the programs that did not note it."""


def understood() -> str:
    """Return how this program understands events: the version of its fold, and known types."""
    return " ".join((str(FOLD), *sorted(TYPES)))


def refold(state: State, now: int, rows: int = ROWS) -> None:
    """Index every kept event by the items it is about, as this program understands it.

    Items that have other events by that are dirty afterwards: all of them when the fold is another. Cut
    short, it goes on where it was when it is called again. Costs one query when there is nothing to do.
    """
    ours = understood()
    before = state.index.progress()
    if before.made_by == ours:
        return
    everything = (before.made_by or _FIRST).split()[0] != str(FOLD)
    count = state.streams.count()
    if count:
        log.info("this version understands events otherwise: reading the %d kept ones again", count)
    place: int | None = before.place if before.remade_by == ours else 0
    while place is not None:
        place = _index_rows(state, place, rows, now, everything=everything)
    if count:
        log.info("read the %d kept events again", count)


def _index_rows(state: State, place: int, rows: int, now: int, *, everything: bool) -> int | None:
    """Index some rows after a place; return the place they end at, None when there were none."""
    read = state.index.read(place, rows)
    with state.transaction():
        if read is None:
            state.streams.remake_aliases()
            state.index.note_made(understood())
            return None
        if not place:
            state.streams.forget_not_understood()
        state.streams.note_not_understood(read.not_understood)
        fresh = state.index.add(read)
        state.dirty.mark(read.items if everything else fresh, now, changed=True)
        state.index.note_progress(understood(), read.last)
    return read.last
