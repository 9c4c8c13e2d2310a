"""What the plan of an item is a function of, and the plan while it is made."""

from collections.abc import Collection, Mapping
from itertools import chain

import msgspec

from mesharr.core.arr.numbering import numbered_differently
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy
from mesharr.core.planning.actions import Action, FolderTaken, Plan, Policy
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.facts import Stamp
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.text import VERIFYING, name_of


class SeenFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What the drive shows of the listed files of an item where it is not what the app lists."""

    gone: frozenset[str] = frozenset()
    """The keys of files that were nowhere any more before they could be published."""
    resized: Mapping[str, int] = {}
    """By path, the sizes of files that were overwritten before they could be published."""
    went_along: Mapping[str, Copy] = {}
    """The files, by path, as they are in the item's folder of the mesh and no longer in that of the app."""
    spellings: Mapping[str, frozenset[str]] = {}
    """By spelling of the item's folder, the keys of the living copies that the drive shows in that alone."""
    namesakes: Mapping[str, str] = {}
    """The paths of listed files beside the living copies of these keys: they differ in spelling only."""

    @property
    def is_divided(self) -> bool:
        """Whether the item's folder is several on the drive, which differ in spelling only."""
        return len(self.spellings) > 1

    @property
    def only_spelling(self) -> str:
        """The one spelling of the folder that has living copies, "" for several or for none."""
        return "".join(self.spellings) if len(self.spellings) == 1 else ""

    def kept_apart(self, folder: str) -> frozenset[str]:
        """Return the keys of living copies that no scan of the app's folder brings about.

        They are in a divided folder, not as it is spelled here, or beside a listed file of nearly their name.
        """
        divided = self.spellings if self.is_divided else {}
        apart = (keys for each, keys in divided.items() if each != folder)
        return frozenset(chain(self.namesakes, *apart))


class Situation(msgspec.Struct, frozen=True):
    """All that the plan of an item is a function of."""

    desired: ItemState
    """The item as the registry has it."""
    actual: Snapshot | None
    """The item as the app lists it, None when it does not."""
    memory: ItemMemory
    """What this node did to the item before."""
    me: str
    """This node."""
    policy: Policy
    """The household's choices."""
    now: int
    """The time (ms)."""
    was_listed: bool = False
    """Whether the app listed the item when mesharr last finished with it."""
    seen: SeenFiles = SeenFiles()
    """What the drive shows of the listed files where that is not what the app lists."""
    is_asked: bool = False
    """Whether the item came back with an older database of the app, and the user has not answered yet."""
    folder_taken: FolderTaken | None = None
    """The other item that keeps the folder of this one in the mesh, None when this one keeps it."""
    names: Mapping[str, str] = {}
    """What people read for each node, where that is not its name."""
    former: Collection[str] = ()
    """The nodes that were this one before it got a new key."""
    departures: Mapping[str, Stamp] = {}
    """By node when it last left the mesh, of those that did."""

    def looks_after(self, living: LivingCopy) -> bool:
        """Return whether this household tells when a copy is gone.

        It is its own, or of who left the item, or the mesh since.
        """
        left_since = living.stamp < self.departures.get(living.node, living.stamp)
        return left_since or self.desired.is_looked_after(living, self.me)

    @property
    def is_own(self) -> bool:
        """Whether the app lists the item as this household's, and not only as a peer's."""
        return self.actual is not None and (not self.actual.mirrored or self.me in self.desired.contributors)

    def called(self, node: str) -> str:
        """Return what people read for a node."""
        return self.names.get(node) or name_of(node)


class PlanContext:
    """What is known of the item, and what is planned so far."""

    def __init__(self, situation: Situation, actual: Snapshot, memory: ItemMemory) -> None:
        """Plan nothing yet of an item that the app lists; `memory` is what will be remembered of it."""
        self.situation = situation
        self.desired = situation.desired
        self.actual = actual
        self.memory = memory
        self.me = situation.me
        self.policy = situation.policy
        self.now = situation.now
        self.seen = situation.seen
        self.folder_taken = situation.folder_taken
        self.numbered_differently = numbered_differently(situation.desired, actual)
        """The units whose numbers mean another thing here than in the mesh."""
        self.actions: list[Action] = []
        """What has to be done in the app."""
        self.rechecks: list[int] = []
        """When the item is to be checked again (ms)."""
        self.why: list[str] = []
        """What the item waits for, as a user reads it."""
        self.asks = ""
        """Why the user has to decide whether the item is wanted, "" for nothing to decide."""
        self.into = ""
        """The folder that the user is told to give the item in the app, "" for none."""
        self.stuck = False
        """Whether a check soon is of no use."""

    def called(self, node: str) -> str:
        """Return what people read for a node."""
        return self.situation.called(node)

    def is_ours(self, node: str) -> bool:
        """Return whether a node is this one, or this household's as it was before a new key."""
        return node == self.me or node in self.situation.former

    def peer_owning(self, unit: str) -> str:
        """Return the peer that owns a unit, "" when this household does, or nobody."""
        owner = self.desired.owner_of(unit)
        return "" if self.is_ours(owner) else owner

    def remember(self, **members: object) -> None:
        """Change fields of the memory."""
        self.memory = msgspec.structs.replace(self.memory, **members)

    def wait(self, until: int, why: str) -> None:
        """Check the item again at `until` (ms), `why` is what it waits for."""
        self.rechecks.append(until)
        self.why.append(why)

    def verify(self, until: int, what: str) -> None:
        """Look at the item once more at `until` (ms); `what` has to hold then."""
        self.wait(until, f"{VERIFYING}{what}")

    def made(self) -> Plan:
        """Return the plan."""
        recheck_at = min(self.rechecks, default=0)
        why = "; ".join(dict.fromkeys(self.why))
        return Plan(tuple(self.actions), self.memory, recheck_at, why, self.stuck, self.asks, self.into)
