"""Supersede events whose term or version is at the maximum, which no higher number can beat.

Terms and versions are bounded, so a peer that jumps to the bound could never be outdone. The next event names
such events in `over`, by stream, seq and id: then they do not count any more. An id is a hash over the whole
stream up to its event, so it proves that the event that names it came later, whatever the clocks say, and no
two events can name each other.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from mesharr.core.events.schema import Heads
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.registry.facts import Fact

NAMED: Final = 16
"""How many streams an event names at most: the line stays short, and no node has so many at once."""

Superseded = frozenset[tuple[str, int, str]]
"""(stream, seq, register) of the events that do not count any more in a register."""


def at_maximum(ordered: Iterable[Fact]) -> list[Fact]:
    """Return the events whose term or version is at the maximum, in their order."""
    return [fact for fact in ordered if fact.body.rank >= MAX_TERM]


def superseded(ordered: Iterable[Fact], maximum: Sequence[Fact]) -> Superseded:
    """Return which events at the maximum another event of the same register names.

    Naming an event supersedes all of its stream before it. It counts also when its author has departed since.
    """
    if not maximum:
        return frozenset()
    ids = {(fact.stream, fact.seq): fact.id for fact in maximum}
    reach: dict[tuple[str, str], int] = {}
    for fact in ordered:
        for stream, (seq, id_) in fact.body.over.items():
            if id_ and ids.get((stream, seq)) == id_:
                for register in fact.body.registers:
                    reach[stream, register] = max(seq, reach.get((stream, register), 0))
    return frozenset(
        (fact.stream, fact.seq, register)
        for fact in maximum
        for register in fact.body.registers
        if fact.seq <= reach.get((fact.stream, register), 0)
    )


def heads_of(maximum: Iterable[Fact], gone: Superseded) -> Heads:
    """Return what the next event names: by stream, the last event at the maximum.

    An event is given as (seq, id). What was named already is named again, because a reader may lack the event
    that did so; of more than `NAMED` streams it is left out first.
    """
    last = {fact.stream: fact for fact in sorted(maximum, key=lambda fact: fact.seq)}
    whole = {
        stream
        for stream, fact in last.items()
        if all((stream, fact.seq, register) in gone for register in fact.body.registers)
    }
    first = sorted(last, key=lambda stream: (stream in whole, stream))[:NAMED]
    return {stream: (last[stream].seq, last[stream].id) for stream in sorted(first)}
