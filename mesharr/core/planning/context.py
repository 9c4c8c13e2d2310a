"""Collect the plan of an item that the mesh and the app both have, while it is made."""

from collections.abc import Collection

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.actions import Action, Plan, Policy
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.numbering import numbered_differently
from mesharr.core.registry.item_state import ItemState


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
        gone_unpublished: Collection[str] = frozenset(),
    ) -> None:
        self.desired = desired
        """The item as the registry has it."""
        self.actual = actual
        """The item as the app lists it."""
        self.memory = memory
        """What will be remembered of the item."""
        self.me = me
        """This node."""
        self.policy = policy
        """The household's choices."""
        self.now = now
        """The time (ms)."""
        self.gone_unpublished = gone_unpublished
        """The keys of listed files that were nowhere any more before they could be published."""
        self.numbered_differently = numbered_differently(desired, actual)
        """The units whose numbers mean another thing here than in the mesh."""
        self.actions: list[Action] = []
        """What has to be done in the app."""
        self.rechecks: list[int] = []
        """When the item is to be checked again (ms)."""
        self.why: list[str] = []
        """What the item waits for, as a user reads it."""
        self.asks = ""
        """Why the user has to decide whether the item is wanted, "" for nothing to decide."""
        self.stuck = False
        """Whether a check soon is of no use."""

    def remember(self, **members: object) -> None:
        """Change fields of the memory."""
        self.memory = msgspec.structs.replace(self.memory, **members)

    def wait(self, until: int, why: str) -> None:
        """Check the item again at `until` (ms), `why` is what it waits for."""
        self.rechecks.append(until)
        self.why.append(why)

    def made(self) -> Plan:
        """Return the plan."""
        recheck_at = min(self.rechecks, default=0)
        why = "; ".join(dict.fromkeys(self.why))
        return Plan(tuple(self.actions), self.memory, recheck_at, why, self.stuck, self.asks)
