"""Inward: what has to be done to this node's arr so that an item is as the registry wants it.

`plan` is pure. It sees what the registry wants, what the arr shows, and what this node did before
(`Memory`); it returns actions with their reasons, the memory to keep, and when to look again. It is
called again after its actions ran, until it has none: level-triggered, so a crash between any two
actions costs a repetition and nothing else.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from mesharr.core.events import Copy, Item
from mesharr.core.paths import same_key
from mesharr.core.registry import ItemState
from mesharr.core.shown import Shown

SCANS = 2
"""A lower-quality replacement is refused by the first scan and taken by the second; a third is vain."""

ADD_SCAN_MS = 60_000
"""How long an arr gets for the scan it makes by itself after an add."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The household's choices that planning needs. Times are in ms."""

    on_import: Literal["monitor", "leave"] = "monitor"
    on_remove: Literal["remove", "unmonitor", "keep"] = "remove"
    on_remonitor: Literal["claim", "revert"] = "claim"
    follow: Literal["all", "mine"] = "all"
    quiet_after: int = 600_000
    replaced_after: int = 600_000
    gone_after: int = 600_000


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What this node did to an item in its arr, and saw of it. Times are in ms, 0: never.

    `unmonitored` maps the units we added or set unmonitored to when; `quiet` are those verified to
    have stayed so; `suspects` maps a quiet unit that is monitored again to when that was first seen.
    `enforce` are units this node has just imported. `scans_for` names what the `scans` so far were
    to find; `command` is the running scan. `scan_ended` and `scans_checked`: when a scan of the item
    last ended as far as known, and when the arr was last asked. `visible_since`: when all that is
    wanted was first seen on the drive while something replaced was still there.
    """

    added: int = 0
    unmonitored: Mapping[str, int] = {}
    quiet: tuple[str, ...] = ()
    suspects: Mapping[str, int] = {}
    enforce: tuple[str, ...] = ()
    scans: int = 0
    scans_for: str = ""
    command: int = 0
    scan_ended: int = 0
    scans_checked: int = 0
    visible_since: int = 0


class Add(msgspec.Struct, frozen=True):
    """Add the item unmonitored, once its copies are visible."""

    item: Item
    origin: str
    needs: tuple[Copy, ...]
    why: str


class SetMonitored(msgspec.Struct, frozen=True):
    """Set the monitored flag of these units."""

    ref: int
    units: tuple[str, ...]
    monitored: bool
    why: str


class Rescan(msgspec.Struct, frozen=True):
    """Have the arr scan the item's folder, once `needs` are visible and the paths `gone` are not."""

    ref: int
    needs: tuple[Copy, ...]
    gone: tuple[str, ...]
    why: str


class Move(msgspec.Struct, frozen=True):
    """Point the item at another folder, once its copies are visible there."""

    ref: int
    folder: str
    needs: tuple[Copy, ...]
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


class LookAtScans(msgspec.Struct, frozen=True):
    """Ask the arr when it last scanned the item, and plan again."""

    ref: int
    why: str


Action = Add | SetMonitored | Rescan | Move | Remove | Claim | LookAtScans


class Planned(msgspec.Struct, frozen=True):
    """What to do now, what to remember, and when to look again (ms, 0: when something changes).

    `why` says what the item waits for, "" when it is as it should be. `stuck`: looking again soon
    will not help, a nightly look will do.
    """

    actions: tuple[Action, ...]
    memory: Memory
    again: int = 0
    why: str = ""
    stuck: bool = False


def plan(
    wanted: ItemState, actual: Shown | None, memory: Memory, me: str, policy: Policy, now: int
) -> Planned:
    """Return what brings the arr from `actual` to `wanted`; () when nothing is left to do."""
    if not wanted.present:
        return _gone(wanted, actual, memory, me, policy)
    if actual is None:
        return _missing(wanted, memory, me, policy)
    return _Plan(wanted, actual, memory, me, policy, now).made()


def _gone(wanted: ItemState, actual: Shown | None, memory: Memory, me: str, policy: Policy) -> Planned:
    # Only a removal event removes: a registry that lacks an item says nothing about it.
    if actual is None or not wanted.removed_by or not actual.mirrored or me in wanted.takers:
        return Planned((), memory)
    why = f"removed by {wanted.removed_by}"
    monitored = tuple(unit for unit, flag in actual.monitored.items() if flag)
    if policy.on_remove == "remove":
        return Planned((Remove(actual.ref, actual.item.title, why),), memory)
    if policy.on_remove == "unmonitor" and monitored:
        return Planned((SetMonitored(actual.ref, monitored, monitored=False, why=why),), memory)
    return Planned((), memory)


def _missing(wanted: ItemState, memory: Memory, me: str, policy: Policy) -> Planned:
    if me in wanted.left or policy.follow == "mine" or wanted.item is None:
        return Planned((), memory)
    if (me in wanted.takers or me in wanted.adders) and not memory.added:
        return Planned((), memory, why="the arr lost it: add it again there, or delete it there", stuck=True)
    needs = tuple(living.copy for living in wanted.copies.values())
    item = msgspec.structs.replace(wanted.item, folder=wanted.folder)
    add = Add(item, wanted.brought_by, needs, f"{wanted.brought_by} has it")
    return Planned((add,), Memory(enforce=memory.enforce))


class _Plan:
    """One planning of an item that the mesh and the arr both have."""

    def __init__(
        self, wanted: ItemState, actual: Shown, memory: Memory, me: str, policy: Policy, now: int
    ) -> None:
        self.wanted = wanted
        self.actual = actual
        self.memory = memory
        self.me = me
        self.policy = policy
        self.now = now
        self.actions: list[Action] = []
        self.again: list[int] = []
        self.why: list[str] = []
        self.stuck = False

    def made(self) -> Planned:
        """Return the plan: flags first, because a scan that runs meanwhile writes old flags back."""
        absent, stale = self._unlike()
        overwritten = () if absent or stale else self._overwritten()
        if not (absent or stale or overwritten):
            self._remember(scans=0, scans_for="")
        if not (absent or stale) and (not overwritten or self._looked_at(overwritten)):
            self._settled()
            overwritten = ()
        self._monitoring()
        if not any(isinstance(action, LookAtScans) for action in self.actions):
            if absent or stale:
                self._files(absent, stale)
            elif overwritten:
                self._scan(overwritten, ())
        again = min(self.again, default=0)
        return Planned(tuple(self.actions), self.memory, again, "; ".join(self.why), self.stuck)

    def _remember(self, **members: object) -> None:
        self.memory = msgspec.structs.replace(self.memory, **members)

    def _wait(self, until: int, why: str) -> None:
        self.again.append(until)
        self.why.append(why)

    # -- monitoring

    def _monitoring(self) -> None:
        self._enforce()
        peers = {
            unit: owner
            for unit in self.actual.monitored
            if (owner := self.wanted.owner_of(unit)) and owner != self.me
        }
        self._forget(set(self.memory.unmonitored) - set(peers))
        loud = tuple(unit for unit in peers if self.actual.monitored[unit])
        again = tuple(unit for unit in loud if unit in self.memory.quiet)
        stale = tuple(unit for unit in loud if unit not in self.memory.quiet)
        if stale:
            owner = peers[stale[0]]
            self.actions.append(
                SetMonitored(self.actual.ref, stale, monitored=False, why=f"{owner} has the file")
            )
        self._calm(tuple(unit for unit in peers if unit not in loud))
        self._remonitored(again)

    def _enforce(self) -> None:
        mine = tuple(unit for unit in self.memory.enforce if self.wanted.owner_of(unit) == self.me)
        off = tuple(unit for unit in mine if self.actual.monitored.get(unit) is False)
        if off and self.policy.on_import == "monitor":
            self.actions.append(SetMonitored(self.actual.ref, off, monitored=True, why="imported here"))
        else:
            self._remember(enforce=())

    def _forget(self, units: Iterable[str]) -> None:
        gone = frozenset(units)
        if gone:
            self._remember(
                unmonitored=_without(self.memory.unmonitored, gone),
                suspects=_without(self.memory.suspects, gone),
                quiet=tuple(unit for unit in self.memory.quiet if unit not in gone),
            )

    def _calm(self, units: tuple[str, ...]) -> None:
        """Units of peers that read as unmonitored: quiet when they stayed so long enough after a scan."""
        calm = frozenset(units)
        if calm & set(self.memory.suspects):
            self._remember(suspects=_without(self.memory.suspects, calm))
        if self.memory.added:  # what mesharr added came unmonitored, also units that got their file later
            mirrored = dict.fromkeys(units, self.memory.added)
            if mirrored.keys() - self.memory.unmonitored.keys():
                self._remember(unmonitored={**mirrored, **self.memory.unmonitored})
        waiting = [
            unit for unit in units if unit in self.memory.unmonitored and unit not in self.memory.quiet
        ]
        if not waiting:
            return
        since = max(self.memory.scan_ended, *(self.memory.unmonitored[unit] for unit in waiting))
        due = since + self.policy.quiet_after
        if self.now < due:
            self._wait(due, "verifying that it stays unmonitored")
        elif self.memory.scans_checked < due:
            self.actions.append(LookAtScans(self.actual.ref, "a scan may write an old flag back"))
        else:
            self._remember(quiet=tuple(sorted({*self.memory.quiet, *waiting})))

    def _remonitored(self, units: tuple[str, ...]) -> None:
        """Quiet units that are monitored again: a person did it, unless a scan explains it."""
        suspects = {unit: self.memory.suspects.get(unit, self.now) for unit in units}
        if not suspects:
            return
        self._remember(suspects={**self.memory.suspects, **suspects})
        due = max(suspects.values()) + self.policy.quiet_after
        if self.now < due:
            self._wait(due, "monitored again here: looking twice")
        elif self.memory.scans_checked < due:
            self.actions.append(LookAtScans(self.actual.ref, "a scan may have written an old flag back"))
        elif self.memory.scan_ended >= min(suspects.values()):
            self._remember(suspects={**self.memory.suspects, **dict.fromkeys(units, self.now)})
            self._wait(self.now + self.policy.quiet_after, "monitored again here, and scanned: looking twice")
        elif self.policy.on_remonitor == "claim":
            self.actions.append(Claim(units, "monitored here by its person"))
        else:
            revert = SetMonitored(
                self.actual.ref, units, monitored=False, why="owned by a peer (on_remonitor)"
            )
            self.actions.append(revert)

    # -- files

    def _unlike(self) -> tuple[tuple[Copy, ...], tuple[str, ...]]:
        """Return the copies the arr should show and does not, and the paths it shows that have ended."""
        absent = tuple(
            each.copy
            for each in self.wanted.copies.values()
            if each.copy.units and not any(self._shows(unit) for unit in each.copy.units)
        )
        stale = tuple(
            copy.path
            for key, copy in self.actual.files.items()
            if key in self.wanted.ended and (absent or not self._has_living(copy))
        )
        return absent, stale

    def _overwritten(self) -> tuple[Copy, ...]:
        """Return the copies the arr shows with another size than they have."""
        return tuple(
            self.wanted.copies[key].copy
            for key, shown in self.actual.files.items()
            if key in self.wanted.copies and self.wanted.copies[key].copy.size != shown.size
        )

    def _looked_at(self, copies: tuple[Copy, ...]) -> bool:
        """Whether a scan of ours has looked at them: what the arr shows after it is its own business."""
        done = bool(self.memory.scans) and not self.memory.command
        return done and self.memory.scans_for == _goal(copies, ())

    def _files(self, absent: tuple[Copy, ...], stale: tuple[str, ...]) -> None:
        if folder := self._folder_to_take(absent):
            self.actions.append(Move(self.actual.ref, folder, absent, f"its files are in {folder}"))
        else:
            self._scan(absent, stale)

    def _shows(self, unit: str) -> bool:
        return any(
            unit in self.wanted.copies[key].copy.units
            for key in self.actual.files
            if key in self.wanted.copies
        )

    def _has_living(self, copy: Copy) -> bool:
        return any(self._shows(unit) for unit in copy.units)

    def _settled(self) -> None:
        ended = self.now if self.memory.command or self._adding() else self.memory.scan_ended
        self._remember(command=0, visible_since=0, scan_ended=ended)

    def _adding(self) -> bool:
        return self.memory.added > self.memory.scan_ended

    def _folder_to_take(self, absent: tuple[Copy, ...]) -> str:
        """Return the folder the item's files are in, when it has none here and looks in another; else ""."""
        if self.actual.files or _lie_in(self.actual.item.folder, absent):
            return ""
        described = self.wanted.item.folder if self.wanted.item else ""
        return next((folder for folder in (self.wanted.folder, described) if _lie_in(folder, absent)), "")

    def _scan(self, absent: tuple[Copy, ...], stale: tuple[str, ...]) -> None:
        goal = _goal(absent, stale)
        if goal != self.memory.scans_for:
            self._remember(scans_for=goal, scans=0)
        since_add = self.now - self.memory.added
        if self.memory.command:
            self._wait(self.now + 2_000, "the arr is scanning")
        elif self._adding() and not self.actual.files and since_add < ADD_SCAN_MS:
            self._wait(self.now + max(2_000, since_add), "the arr scans what was just added")
        elif self.memory.scans >= SCANS:
            self.stuck = True
            self.why.append(
                "the arr scanned twice and does not take the file: see its manual import for the reason"
            )
        else:
            why = "its file is on the drive" if absent else "its file left the drive"
            self.actions.append(Rescan(self.actual.ref, absent, stale, why))


def _goal(absent: Iterable[Copy], stale: Iterable[str]) -> str:
    return "|".join([*(f"{copy.path}:{copy.size}" for copy in absent), *(f"-{path}" for path in stale)])


def _lie_in(folder: str, copies: Iterable[Copy]) -> bool:
    below = same_key(f"{folder}/")
    return bool(folder) and any(same_key(copy.path).startswith(below) for copy in copies)


def _without(units: Mapping[str, int], gone: frozenset[str]) -> dict[str, int]:
    return {unit: at for unit, at in units.items() if unit not in gone}
