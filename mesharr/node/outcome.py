"""How a step of a visit ended, as a value. Only what failed is raised."""

from typing import Final

import msgspec

from mesharr.core.errors import MesharrError

NOT_VISIBLE: Final = "is not visible here yet"
"""How the reason ends for which an item waits whose file this node's mount does not show."""

DELETION_REJECTED: Final = "its deletion was rejected here: "
"""How that reason begins for an item whose own deletion the user rejected; what can be done follows."""


class Done(msgspec.Struct, frozen=True):
    """The step did what it was for; of a whole visit: the item is as the registry wants it."""


class RecheckAt(msgspec.Struct, frozen=True):
    """What was begun takes a while."""

    until: int
    """When the item is to be checked again (ms)."""
    why: str
    """What takes a while, for people."""
    scanned_ref: int = 0
    """The app's own id of the item while the app scans it by itself, else 0."""


class Waits(msgspec.Struct, frozen=True):
    """Something the step needs is not there yet: it is tried again with a growing wait."""

    why: str
    """What is not there, for people."""


class Stuck(msgspec.Struct, frozen=True):
    """Checking again soon does not help: the user may have to act."""

    until: int
    """When the item is to be checked again all the same (ms)."""
    why: str
    """What is wrong, for people."""


class NeedsApproval(msgspec.Struct, frozen=True):
    """The action waits until the user approves it."""

    hold: int
    """The number to approve."""
    reason: str
    """Why approval is needed."""
    recheck_at: int = 0
    """When the item has to be checked for something else (ms), 0: nothing."""

    @property
    def why(self) -> str:
        """What one item waits for: why, and how many wait with it, is listed once for all of them."""
        return f"needs approval: mesharr approve {self.hold}"


class UserRejected(msgspec.Struct, frozen=True):
    """The user said that this is not to be done: it is left, and nothing waits for it."""

    hold: int
    """The number that `mesharr approve` takes to have it done after all."""
    recheck_at: int = 0
    """When the item has to be checked for something else (ms), 0: nothing."""

    @property
    def why(self) -> str:
        """What keeps it from being done, for people."""
        return f"rejected here: mesharr approve {self.hold} has it done after all"


class Excluded(msgspec.Struct, frozen=True):
    """The user told the app never to add the item."""

    why: str
    """The same, for people."""


class Failed(msgspec.Struct, frozen=True):
    """An adapter raised: `Refused` when the user must act, anything else is tried again."""

    error: MesharrError
    """What was raised."""

    @property
    def why(self) -> str:
        """What failed, for people."""
        return str(self.error)


Blocked = RecheckAt | Waits | Stuck | NeedsApproval | UserRejected | Excluded | Failed
"""What keeps an item from being brought further now."""
Outcome = Done | Blocked
