"""What the fold reads: events by their place in the order of all events, and what takes some of them out.

A *stamp* is (hlc, node, inc, seq): a total order of events that never says which of two is true,
only which of two equals is taken.
"""

from collections.abc import Mapping

import msgspec

from mesharr.core.events.schema import Body

Stamp = tuple[str, str, str, int]


class Fact(msgspec.Struct, frozen=True):
    """One event as the fold sees it: where it stands, what it says, and the id that names it to others."""

    stream: str
    seq: int
    hlc: str
    body: Body
    id: str = ""

    @property
    def node(self) -> str:
        """The node that said it."""
        return self.stream.rpartition(".")[0]

    @property
    def stamp(self) -> Stamp:
        """The place of this event in the total order."""
        node, _, inc = self.stream.rpartition(".")
        return (self.hlc, node, inc, self.seq)


class Cuts(msgspec.Struct, frozen=True):
    """What concerns every item: `forks` names the lowest forked seq of a stream (from there on it is
    out of the fold), `left` the stamp at which a node left the mesh.
    """

    forks: Mapping[str, int] = {}
    left: Mapping[str, Stamp] = {}


def voided(fact: Fact, departures: Mapping[str, Stamp]) -> bool:
    """Return whether its author has given up what it said: it departed after that."""
    return fact.node in departures and fact.stamp < departures[fact.node]
