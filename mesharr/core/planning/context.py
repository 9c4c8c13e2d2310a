"""One planning of an item that the mesh and the app both have, while it is made."""

from collections.abc import Collection

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.actions import Action, Plan, Policy
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.numbering import numbered_differently
from mesharr.core.registry.fold import ItemState


class PlanContext:
    """What is known of the item, and what is planned so far."""

    def __init__(
        self,
        desired: ItemState,
        actual: Snapshot,
        memory: ItemMemory,
        me: str,
        policy: Policy,
        now: int,
        vanished: Collection[str] = frozenset(),
    ) -> None:
        self.desired = desired
        """What the registry wants of the item."""
        self.actual = actual
        """What the app lists of it."""
        self.memory = memory
        """What will be remembered of it."""
        self.me = me
        """This node."""
        self.policy = policy
        """The household's choices."""
        self.now = now
        """The time (ms)."""
        self.vanished = vanished
        """Files (keys) that are nowhere any more."""
        self.numbered_differently = numbered_differently(desired, actual)
        """Units that are something else here than in the mesh."""
        self.actions: list[Action] = []
        """What is to be done."""
        self.rechecks: list[int] = []
        """When the item is to be checked again (ms)."""
        self.why: list[str] = []
        """What the item waits for."""
        self.stuck = False
        """Whether checking again soon does not help."""

    def remember(self, **members: object) -> None:
        """Change members of the memory."""
        self.memory = msgspec.structs.replace(self.memory, **members)

    def wait(self, until: int, why: str) -> None:
        """Check the item again at `until` (ms), because of `why`."""
        self.rechecks.append(until)
        self.why.append(why)

    def made(self) -> Plan:
        """Return the plan."""
        recheck_at = min(self.rechecks, default=0)
        return Plan(
            tuple(self.actions), self.memory, recheck_at, "; ".join(dict.fromkeys(self.why)), self.stuck
        )
