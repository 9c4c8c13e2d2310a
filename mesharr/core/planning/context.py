"""One planning of an item that the mesh and the arr both have, while it is made."""

from collections.abc import Collection

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.actions import Action, ItemMemory, Plan, Policy
from mesharr.core.planning.numbering import numbered_differently
from mesharr.core.registry.fold import ItemState


class PlanContext:
    """What is known of the item, and what is planned so far. `memory` is what will be kept; `odd` are units
    that are something else here than in the mesh, `vanished` files (keys) that are nowhere any more.
    """

    def __init__(
        self,
        wanted: ItemState,
        actual: Snapshot,
        memory: ItemMemory,
        me: str,
        policy: Policy,
        now: int,
        vanished: Collection[str] = frozenset(),
    ) -> None:
        self.wanted = wanted
        self.actual = actual
        self.memory = memory
        self.me = me
        self.policy = policy
        self.now = now
        self.vanished = vanished
        self.actions: list[Action] = []
        self.again: list[int] = []
        self.why: list[str] = []
        self.stuck = False
        self.odd = numbered_differently(wanted, actual)

    def remember(self, **members: object) -> None:
        """Keep other members of the memory."""
        self.memory = msgspec.structs.replace(self.memory, **members)

    def wait(self, until: int, why: str) -> None:
        """Look again at `until` (ms), because of `why`."""
        self.again.append(until)
        self.why.append(why)

    def made(self) -> Plan:
        """Return the plan."""
        again = min(self.again, default=0)
        return Plan(tuple(self.actions), self.memory, again, "; ".join(dict.fromkeys(self.why)), self.stuck)
