"""What stands at the top: terms and versions that no higher number can beat.

Both are bounded, so that a peer which jumps to the bound could never be outdone. Whoever goes on after it
names such events in `over`, by stream, seq and id: there they count no more. An id is made of all that its
author had said, so it proves that the one who names it came later, whatever the clocks say, and no two
events can name each other.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from mesharr.core.events.schema import Heads
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.registry.facts import Fact

NAMED: Final = 16
"""How many streams an event names at most: its line is short, and no node has so many at once."""

Superseded = frozenset[tuple[str, int, str]]
"""(stream, seq, register) of what counts no more in a register."""


def at_maximum(ordered: Iterable[Fact]) -> list[Fact]:
    """Return the facts at the top, in their order."""
    return [fact for fact in ordered if fact.body.rank >= MAX_TERM]


def superseded(ordered: Iterable[Fact], top: Sequence[Fact]) -> Superseded:
    """Return which of the facts at the top another one has named that writes the same register.

    Naming one of a stream names what its author said before it. Whoever named it may have departed since.
    """
    if not top:
        return frozenset()
    ids = {(fact.stream, fact.seq): fact.id for fact in top}
    reach: dict[tuple[str, str], int] = {}
    for fact in ordered:
        for stream, (seq, id_) in fact.body.over.items():
            if id_ and ids.get((stream, seq)) == id_:
                for register in fact.body.registers:
                    reach[stream, register] = max(seq, reach.get((stream, register), 0))
    return frozenset(
        (fact.stream, fact.seq, register)
        for fact in top
        for register in fact.body.registers
        if fact.seq <= reach.get((fact.stream, register), 0)
    )


def heads_of(top: Iterable[Fact], gone: Superseded) -> Heads:
    """Return what the next one has to name: by stream the last fact at the top as (seq, id).

    What was named already is named again, for a reader may lack who did so; of too many it is left out first.
    """
    last = {fact.stream: fact for fact in top}
    whole = {
        stream
        for stream, fact in last.items()
        if all((stream, fact.seq, register) in gone for register in fact.body.registers)
    }
    first = sorted(last, key=lambda stream: (stream in whole, stream))[:NAMED]
    return {stream: (last[stream].seq, last[stream].id) for stream in sorted(first)}
