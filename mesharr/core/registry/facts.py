"""The events that the fold reads, in their total order, and what excludes some of them.

A *stamp* is (hlc, node, inc, seq). It orders all events, and only decides between two that are equal by every
other rule.
"""

from collections.abc import Mapping

import msgspec

from mesharr.core.events.schema import Body

Stamp = tuple[str, str, str, int]


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One event as the fold reads it.

    What a fold is made of are trees, so the garbage collector need not search its thousands for cycles.
    """

    stream: str
    """The stream that the event is in."""
    seq: int
    """Its number in the stream."""
    hlc: str
    """Its hybrid clock value."""
    body: Body
    id: str = ""
    """Its id, by which later events name it in `over`."""
    size: int = 0
    """The bytes of its line, 0 where they are not known."""

    @property
    def node(self) -> str:
        """The node that published the event."""
        return self.stream.rpartition(".")[0]

    @property
    def stamp(self) -> Stamp:
        """The place of the event in the total order."""
        node, _, inc = self.stream.rpartition(".")
        return (self.hlc, node, inc, self.seq)


class Cuts(msgspec.Struct, frozen=True):
    """What excludes events of every item."""

    forks: Mapping[str, int] = {}
    """By stream the lowest forked seq: from there on its events do not count."""
    left: Mapping[str, Stamp] = {}
    """By node the stamp at which it left the mesh."""
    forgotten: Mapping[str, int] = {}
    """By stream the seq up to which its removals, renames and replacements end nothing here, because the user
    forgot them.
    """


def voided(fact: Fact, departures: Mapping[str, Stamp]) -> bool:
    """Return whether the author of an event left the item or the mesh after it."""
    return fact.node in departures and fact.stamp < departures[fact.node]
