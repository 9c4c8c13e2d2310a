"""An arr made of values, and hands that do to it what a plan says: enough to see where planning leads.

Its scans take a while, and what a scan read at its start it may write back at its end.
"""

from random import Random

import msgspec

from mesharr.core.arr.model import ScanState
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy, Item
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    Move,
    Pause,
    Plan,
    Policy,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
    day_of,
)
from mesharr.core.planning.context import Situation
from mesharr.core.planning.memory import (
    ItemMemory,
    after_add,
    after_import_monitored,
    after_own_files_check,
    after_pause,
    after_removal,
    after_scan_check,
    after_scan_end,
    after_scan_request,
    after_set_monitored,
    after_set_unmonitored,
)
from mesharr.core.planning.plan import plan
from mesharr.core.registry.item_state import ItemState

SCAN_MS = 7_000
DAY_MS = 86_400_000


class _Scan(msgspec.Struct):
    """A scan that runs until `ends`, and the flags it read when it began."""

    ends: int
    flags: dict[str, bool]
    writes_back: bool


class ModelArr:
    """One item in one arr. `takes` False: it never takes a file (a person would have to import it)."""

    def __init__(self, units: tuple[str, ...], random: Random, *, takes: bool = True) -> None:
        self.random = random
        self.units = units
        self.takes = takes
        self.shown: Snapshot | None = None
        self.scans: list[_Scan] = []
        self.ended = 0
        self.claimed: list[str] = []

    def put(
        self,
        item: Item,
        flags: dict[str, bool],
        files: tuple[Copy, ...],
        tag: str,
        *,
        parts: bool = False,
    ) -> None:
        """The arr has the item; `parts` as in `Snapshot`."""
        self.shown = Snapshot(
            ref=1,
            item=item,
            tags=(tag,) if tag else (),
            monitored=flags,
            files={same_key(copy.path): copy for copy in files},
            multi_file_units=parts,
        )

    def scan(self, now: int) -> None:
        """A scan or a refresh of the item begins."""
        if self.shown:
            flags = dict(self.shown.monitored)
            took = self.random.choice((1, SCAN_MS, 20 * SCAN_MS))
            self.scans.append(_Scan(now + took, flags, self.random.random() < 0.7))

    def pass_to(self, now: int, drive: dict[str, Copy]) -> None:
        """Time has passed: scans that are over have found what is on the drive."""
        for scan in [scan for scan in self.scans if scan.ends <= now]:
            self.scans.remove(scan)
            self.ended = max(self.ended, scan.ends)
            if self.shown is None:
                continue
            below = same_key(f"{self.shown.item.folder}/")
            files = {key: copy for key, copy in drive.items() if key.startswith(below)}
            flags = {**self.shown.monitored, **scan.flags} if scan.writes_back else self.shown.monitored
            kept = (
                files
                if self.takes
                else {key: self.shown.files[key] for key in files if key in self.shown.files}
            )
            self.shown = msgspec.structs.replace(self.shown, files=kept, monitored=flags)


class Household:
    """An arr, what is on the drive, and the memory of what was done."""

    def __init__(self, arr: ModelArr, desired: ItemState, policy: Policy, me: str) -> None:
        self.arr = arr
        self.desired = desired
        self.policy = policy
        self.me = me
        self.memory = ItemMemory()
        self.now = 1_764_000_000_000
        self.done: list[Action] = []
        self.drive = {key: living.copy for key, living in desired.copies.items()}

    def plan(self) -> Plan:
        """Return what is planned now, with what is known of scans that ended."""
        self.arr.pass_to(self.now, self.drive)
        memory = self.memory
        if memory.scan_command and memory.scan_command <= self.now:  # a command is named by when it ends
            memory = after_scan_end(memory, self.now)
        made = plan(Situation(self.desired, self.arr.shown, memory, self.me, self.policy, self.now))
        self.memory = made.memory
        return made

    def settle(self, steps: int = 400, refreshes: int = 0) -> Plan:
        """Plan and act until nothing is planned; the arr refreshes by itself so often meanwhile."""
        for _ in range(steps):
            if refreshes and self.arr.random.random() < 0.3:
                self.arr.scan(self.now)
                refreshes -= 1
            made = self.plan()
            for action in made.actions:
                self.do(action)
            if made.actions:
                self.now += 500
            elif made.recheck_at:
                self.now = max(self.now + 1_000, made.recheck_at)
            elif refreshes or self.arr.scans:
                self.now += DAY_MS  # the nightly look, after what the arr did by itself
            else:
                return made
        raise AssertionError(f"not settled in {steps} steps: {self.done[-6:]} {self.memory}")

    def do(self, action: Action) -> None:
        """Do one action, and remember it."""
        self.done.append(action)
        arr, memory, now = self.arr, self.memory, self.now
        if isinstance(action, Add):
            units = {unit for copy in action.needs for unit in copy.units}
            arr.put(action.item, dict.fromkeys(arr.units, False), (), f"mesharr-{action.origin}")
            arr.scan(now)
            memory = after_add(memory, sorted(units), now)
        elif isinstance(action, CheckScans):
            memory = after_scan_check(memory, ScanState(bool(arr.scans), arr.ended), now, restarted=False)
        elif isinstance(action, Claim):
            arr.claimed += action.units
        elif isinstance(action, ConfirmGone):
            memory = msgspec.structs.replace(memory, endings_checked=action.endings)
        elif isinstance(action, VerifyOwnFiles):
            keys = [same_key(path) for path in action.paths]
            memory = after_own_files_check(memory, keys, day_of(now), self.desired.copies)
        elif isinstance(action, SetMonitored):
            memory = self._set(action, memory)
        elif isinstance(action, Pause):
            memory = self._pause(action, memory)
        elif isinstance(action, Resume):
            self._flag(action.units, True)
            memory = after_set_monitored(memory, action.units, now)
        elif isinstance(action, Rescan):
            arr.scan(now)
            memory = after_scan_request(memory, arr.scans[-1].ends, now)
        elif isinstance(action, Remove):
            arr.shown, memory = None, after_removal(memory)
        elif isinstance(action, Move):
            assert arr.shown is not None
            moved = msgspec.structs.replace(arr.shown.item, folder=action.folder)
            arr.shown = msgspec.structs.replace(arr.shown, item=moved)
        elif isinstance(action, SetSeriesType):
            assert arr.shown is not None
            typed = msgspec.structs.replace(arr.shown.item, series_type=action.series_type)
            arr.shown = msgspec.structs.replace(arr.shown, item=typed)
            memory = msgspec.structs.replace(memory, series_type_change=action.change)
        self.memory = memory

    def _flag(self, units: tuple[str, ...], flag: bool) -> None:
        assert self.arr.shown is not None
        flags = {**self.arr.shown.monitored, **dict.fromkeys(units, flag)}
        self.arr.shown = msgspec.structs.replace(self.arr.shown, monitored=flags)

    def _pause(self, action: Pause, memory: ItemMemory) -> ItemMemory:
        self._flag(action.units, False)
        return after_pause(memory, action.units, "", self.now)

    def _set(self, action: SetMonitored, memory: ItemMemory) -> ItemMemory:
        self._flag(action.units, action.monitored)
        change = after_import_monitored if action.monitored else after_set_unmonitored
        return change(memory, action.units, self.now)
