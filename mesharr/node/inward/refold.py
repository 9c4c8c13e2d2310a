"""What was made of the kept events by a program that understood less of them, or otherwise, is made anew.

An event of a type that was unknown when it came is kept, and found by no item. The first start of a program
that knows the type looks through all that is kept: the drive is not asked, no cursor moves, nothing is told.
"""

import logging

from mesharr.core.events.schema import TYPES
from mesharr.core.registry.fold import FOLD
from mesharr.state.state import State

log = logging.getLogger(__name__)

ROWS = 8
"""Looked through in one transaction, each of at most 16 KiB or one event."""
_FIRST = "1"
"""The fold of the programs that did not note it."""


def understood() -> str:
    """Return what this program makes of events: the version of its fold, and the types it knows."""
    return " ".join((str(FOLD), *sorted(TYPES)))


def refold(state: State, now: int, rows: int = ROWS) -> None:
    """Have every kept event found by each item it speaks of, as this program understands it.

    Items that are something else by that are dirty afterwards: all of them when the fold is another. Cut
    short, it goes on where it was when it is called again. Costs one query when there is nothing to do.
    """
    ours = understood()
    before = state.index.progress()
    if before.made_by == ours:
        return
    everything = (before.made_by or _FIRST).split()[0] != str(FOLD)
    count = state.streams.count()
    if count:
        log.info("this version understands events otherwise: the %d that are kept are looked through", count)
    place: int | None = before.place if before.remade_by == ours else 0
    while place is not None:
        place = _some(state, place, rows, now, everything=everything)
    if count:
        log.info("the %d events that are kept are looked through", count)


def _some(state: State, place: int, rows: int, now: int, *, everything: bool) -> int | None:
    """Look through the rows behind a place; return the place they end at, None when it was over."""
    looked = state.index.read(place, rows)
    with state.transaction():
        if looked is None:
            state.streams.remake_aliases()
            state.index.note_made(understood())
            return None
        fresh = state.index.add(looked)
        state.dirty.mark(looked.items if everything else fresh, now, changed=True)
        state.index.note_progress(understood(), looked.last)
    return looked.last
