"""Define the values of planning: a household's choices, actions on an item, and the plan."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import Copy, Item
from mesharr.core.planning.memory import ItemMemory


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The household's choices that planning needs. Times are in ms."""

    on_import: Literal["monitor", "leave"] = "monitor"
    """Whether what this node imports is set monitored here."""
    on_remove: Literal["remove", "unmonitor", "keep"] = "remove"
    """What is done to an item that a peer removed. One that is this household's too is never removed: it is
    set unmonitored, and with `remove` the user is asked.
    """
    on_remonitor: Literal["claim", "revert"] = "claim"
    """What is done when the user monitors a unit that a peer owns."""
    follow: Literal["all", "mine"] = "all"
    """Whether peers' items are added here."""
    quiet_after: int = 600_000
    """How long after a scan an unmonitored flag is verified."""
    replaced_after: int = 600_000
    """How long a replaced file that is still visible is waited for."""
    gone_after: int = 600_000
    """How long after the first check a file is proven gone by a second one."""


class Add(msgspec.Struct, frozen=True):
    """Add the item unmonitored, once its copies are visible."""

    item: Item
    """What is added."""
    origin: str
    """The node that the item came from, "" for this household itself."""
    needs: tuple[Copy, ...]
    """Copies that have to be visible here before."""
    why: str
    """The reason, for people."""
    requested: bool = False
    """Whether the user asked for it: then it needs no approval."""


class SetMonitored(msgspec.Struct, frozen=True):
    """Set the monitored flag of units."""

    ref: int
    """The app's own id of the item."""
    units: tuple[str, ...]
    """Which units."""
    monitored: bool
    """The flag."""
    why: str
    """The reason, for people."""
    unlimited: bool = False
    """Whether it counts for no limit: no peer is the cause."""


class Pause(msgspec.Struct, frozen=True):
    """Set units unmonitored for as long as a peer downloads them."""

    ref: int
    """The app's own id of the item."""
    units: tuple[str, ...]
    """Which units."""
    peer: str
    """The node that downloads them."""
    why: str
    """The reason, for people."""


class Resume(msgspec.Struct, frozen=True):
    """Set paused units monitored again."""

    ref: int
    """The app's own id of the item."""
    units: tuple[str, ...]
    """Which units."""
    why: str
    """The reason, for people."""


class Rescan(msgspec.Struct, frozen=True):
    """Have the app scan the item's folder, once the drive is as the scan shall find it."""

    ref: int
    """The app's own id of the item."""
    needs: tuple[Copy, ...]
    """Copies that have to be visible here before."""
    gone: tuple[str, ...]
    """Paths that must not be visible any more."""
    why: str
    """The reason, for people."""
    own_paths: tuple[str, ...] = ()
    """Paths of those needed that this node published: when they are nowhere, no other node can tell."""


class ImportFiles(msgspec.Struct, frozen=True):
    """Have the app register files in the item's folder by ids, once the drive is as in the mesh."""

    ref: int
    """The app's own id of the item."""
    copies: tuple[Copy, ...]
    """What is registered; all have to be visible here before."""
    gone: tuple[str, ...]
    """Paths that must not be visible any more."""
    why: str
    """The reason, for people."""
    goal: str
    """What it is to reach, to be remembered."""
    own_paths: tuple[str, ...] = ()
    """Paths of those needed that this node published: when they are nowhere, no other node can tell."""


class Move(msgspec.Struct, frozen=True):
    """Point the item at another folder, once its copies are visible there."""

    ref: int
    """The app's own id of the item."""
    folder: str
    """The new folder, library-relative."""
    needs: tuple[Copy, ...]
    """Copies that have to be visible there before; after a while, one of them."""
    why: str
    """The reason, for people."""


class SetSeriesType(msgspec.Struct, frozen=True):
    """Set the type of a series that stays in its folder."""

    ref: int
    """The app's own id of the item."""
    folder: str
    """The folder it stays in, library-relative."""
    series_type: str
    """The new type."""
    change: str
    """The change that is followed, to be remembered."""
    why: str
    """The reason, for people."""


class Remove(msgspec.Struct, frozen=True):
    """Remove the item from the app and leave its files alone."""

    ref: int
    """The app's own id of the item."""
    title: str
    """The item's title."""
    why: str
    """The reason, for people."""
    requested: bool = False
    """Whether the user asked for it: then it needs no approval."""
    peer: str = ""
    """The node that put another item in its folder, "" when the item was removed in the mesh."""


class Claim(msgspec.Struct, frozen=True):
    """Publish that this node takes units over."""

    units: tuple[str, ...]
    """Which units."""
    why: str
    """The reason, for people."""


class ConfirmGone(msgspec.Struct, frozen=True):
    """Publish that copies of this node are gone, once that is proven."""

    paths: tuple[str, ...]
    """The paths of the copies."""
    endings: Mapping[str, str]
    """By which ending each copy (key) is in question, to be remembered."""
    why: str
    """The reason, for people."""


class VerifyOwnFiles(msgspec.Struct, frozen=True):
    """Look for copies that the app does not list; one that is gone is published as such.

    They are this node's own, or those of a node that has left the item.
    """

    paths: tuple[str, ...]
    """The paths of the copies."""
    why: str
    """The reason, for people."""


class CheckScans(msgspec.Struct, frozen=True):
    """Ask the app when it last scanned the item, and plan again."""

    ref: int
    """The app's own id of the item."""
    why: str
    """The reason, for people."""


class FolderTaken(msgspec.Struct, frozen=True):
    """Another item that keeps the folder of an item in the mesh."""

    title: str
    """What people call it."""
    peer: str
    """The node that stated last that it is in that folder."""
    files: frozenset[str] = frozenset()
    """The keys of the files that it has or had."""


Action = (
    Add
    | SetMonitored
    | Pause
    | Resume
    | ImportFiles
    | Rescan
    | Move
    | SetSeriesType
    | Remove
    | Claim
    | ConfirmGone
    | VerifyOwnFiles
    | CheckScans
)


class Plan(msgspec.Struct, frozen=True):
    """What is to be done to an item now."""

    actions: tuple[Action, ...]
    """What to do, in this order."""
    memory: ItemMemory
    """What to remember before anything is done."""
    recheck_at: int = 0
    """When to check the item again (ms), 0: when something changes."""
    why: str = ""
    """What the item waits for, "" when it is as it should be."""
    stuck: bool = False
    """Whether checking again soon does not help: then a nightly check will do."""
    asks: str = ""
    """Why the user has to decide whether the listed item is wanted, "" for nothing to decide."""
    into: str = ""
    """The folder that the user is told to give the item in the app, "" for none."""

    def without(self, *kinds: type[Action]) -> "Plan":
        """Return the plan without the actions of these kinds."""
        rest = tuple(action for action in self.actions if not isinstance(action, kinds))
        return msgspec.structs.replace(self, actions=rest)


def day_of(now: int) -> int:
    """Return the number of the day (UTC) that a time (ms) is in."""
    return now // DAY_MS
