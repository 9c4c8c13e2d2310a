"""The values of planning: a household's choices, what it remembers of an item, what can be done to it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from mesharr.core.events.schema import Copy, Item


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The household's choices that planning needs. Times are in ms."""

    on_import: Literal["monitor", "leave"] = "monitor"
    on_remove: Literal["remove", "unmonitor", "keep"] = "remove"
    on_remonitor: Literal["claim", "revert"] = "claim"
    follow: Literal["all", "mine"] = "all"
    quiet_after: int = 600_000
    replaced_after: int = 600_000
    gone_after: int = 600_000


class PauseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that is kept unmonitored while a peer downloads it.

    `at` is when it was last set unmonitored (ms), `off` whether it was read as unmonitored since. `undone`:
    it was monitored again meanwhile, and set back once. `left`: it was monitored once more, so that is
    what its person wants. `by` is the peer it counts for, "" for none: what a person approved does not count.
    """

    at: int
    off: bool = False
    undone: bool = False
    left: bool = False
    by: str = ""


class ItemMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What this node did to an item in its arr, and saw of it. Times are in ms, 0: never.

    `unmonitored` maps the units we added or set unmonitored to when; `quiet` are those verified to
    have stayed so; `suspects` maps a quiet unit that is monitored again to when that was first seen.
    `enforce` are units this node has just imported, `paused` those a peer downloads. `raised` maps units that
    were set monitored to when, until nothing can write the old flag back. `contested` maps a unit that
    claims sent to and fro to when a further claim was refused here. `scans_for` names what the
    `scans` so far were to find; `command` is the running scan. `scan_ended` and `scans_checked`: when a
    scan of the item last ended as far as known, and when the arr was last asked. `visible_since`: when all
    that is wanted was first seen on the drive while something replaced was still there. `typed` is the last
    change of the series type that was followed. `restore`: its person wants it back. `doubted` maps copies of
    this node (keys) that were looked for since a peer ended their path to that ending (HLC). `looked_for`
    maps those that the arr does not show to the day (`day_of`) on which they were last looked for.
    """

    added: int = 0
    unmonitored: Mapping[str, int] = {}
    quiet: tuple[str, ...] = ()
    suspects: Mapping[str, int] = {}
    enforce: tuple[str, ...] = ()
    paused: Mapping[str, PauseRecord] = {}
    raised: Mapping[str, int] = {}
    contested: Mapping[str, int] = {}
    scans: int = 0
    scans_for: str = ""
    command: int = 0
    scan_ended: int = 0
    scans_checked: int = 0
    visible_since: int = 0
    typed: str = ""
    restore: bool = False
    doubted: Mapping[str, str] = {}
    looked_for: Mapping[str, int] = {}


class Add(msgspec.Struct, frozen=True):
    """Add the item unmonitored, once its copies are visible. `origin` "" is this household itself; what
    was `asked` for by its person is not held.
    """

    item: Item
    origin: str
    needs: tuple[Copy, ...]
    why: str
    asked: bool = False


class SetMonitored(msgspec.Struct, frozen=True):
    """Set the monitored flag of these units."""

    ref: int
    units: tuple[str, ...]
    monitored: bool
    why: str


class Pause(msgspec.Struct, frozen=True):
    """Set these units unmonitored for as long as the peer `by` downloads them."""

    ref: int
    units: tuple[str, ...]
    by: str
    why: str


class Resume(msgspec.Struct, frozen=True):
    """Set paused units monitored again."""

    ref: int
    units: tuple[str, ...]
    why: str


class Rescan(msgspec.Struct, frozen=True):
    """Have the arr scan the item's folder, once `needs` are visible and the paths `gone` are not. `own` are
    the paths of those needed that this node told of: when they are nowhere, nobody else says so.
    """

    ref: int
    needs: tuple[Copy, ...]
    gone: tuple[str, ...]
    why: str
    own: tuple[str, ...] = ()


class Move(msgspec.Struct, frozen=True):
    """Point the item at another folder, once its copies are visible there."""

    ref: int
    folder: str
    needs: tuple[Copy, ...]
    why: str


class SetSeriesType(msgspec.Struct, frozen=True):
    """Set the type of a series that stays in its folder; `change` is what it follows."""

    ref: int
    folder: str
    series_type: str
    change: str
    why: str


class Remove(msgspec.Struct, frozen=True):
    """Remove the item from the arr and leave its files alone."""

    ref: int
    title: str
    why: str


class Claim(msgspec.Struct, frozen=True):
    """Tell the mesh that this node takes the units over."""

    units: tuple[str, ...]
    why: str


class ConfirmGone(msgspec.Struct, frozen=True):
    """Tell the mesh that copies of this node are gone, once that is proven. `doubted` is to be remembered."""

    paths: tuple[str, ...]
    doubted: Mapping[str, str]
    why: str


class VerifyOwnFiles(msgspec.Struct, frozen=True):
    """Look for copies of this node that its arr does not show: one that is not there is told gone, once that
    is proven. The day is to be remembered.
    """

    paths: tuple[str, ...]
    why: str


class CheckScans(msgspec.Struct, frozen=True):
    """Ask the arr when it last scanned the item, and plan again."""

    ref: int
    why: str


Action = (
    Add
    | SetMonitored
    | Pause
    | Resume
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
    """What to do now, what to remember, and when to look again (ms, 0: when something changes).

    `why` says what the item waits for, "" when it is as it should be. `stuck`: looking again soon
    will not help, a nightly look will do.
    """

    actions: tuple[Action, ...]
    memory: ItemMemory
    again: int = 0
    why: str = ""
    stuck: bool = False


def day_of(now: int) -> int:
    """Return the number of the day (UTC) that a time (ms) is in."""
    return now // 86_400_000
