"""Inward, the flags: each unit that has a file is monitored by nobody but its owner."""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core import hlc
from mesharr.core.planning.actions import CheckScans, Claim, ItemMemory, SetMonitored
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.pauses import plan_pauses

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS

CHANGES = 2
"""A unit that claims took from another owner so often within a week is claimed by a command only."""


def plan_monitoring(draft: PlanContext) -> None:
    """Plan the flags of the units: what this node has just imported is monitored, what a peer owns is not."""
    plan_pauses(draft)
    _enforce(draft)
    _keep_up(draft)
    peers = {
        unit: owner
        for unit in draft.actual.monitored
        if unit not in draft.odd and (owner := draft.wanted.owner_of(unit)) and owner != draft.me
    }
    _forget(draft, set(draft.memory.unmonitored) - set(peers))
    loud = tuple(unit for unit in peers if draft.actual.monitored[unit])
    again = tuple(unit for unit in loud if unit in draft.memory.quiet)
    stale = tuple(unit for unit in loud if unit not in draft.memory.quiet)
    if stale:
        owner = peers[stale[0]]
        draft.actions.append(
            SetMonitored(draft.actual.ref, stale, monitored=False, why=f"{owner} has the file")
        )
    _calm(draft, tuple(unit for unit in peers if unit not in loud))
    _remonitored(draft, again)
    _contested(draft, peers)


def doubting(memory: ItemMemory, monitored: Mapping[str, bool]) -> ItemMemory:
    """Return the memory after an arr was started anew, which shows these flags.

    What it monitors although it was quiet may come of an old database: such a flag is nobody's word, it is
    undone as a stale one. What stayed quiet over the start is quiet still: from then on a flag is a person's.
    """
    loud = frozenset(unit for unit in memory.quiet if monitored.get(unit))
    return msgspec.structs.replace(
        memory,
        quiet=tuple(unit for unit in memory.quiet if unit not in loud),
        suspects=_without(memory.suspects, loud),
    )


def raising(memory: ItemMemory, units: Iterable[str], now: int) -> ItemMemory:
    """Return the memory after these units were set monitored: what scans then is to be asked again."""
    return msgspec.structs.replace(
        memory, raised={**memory.raised, **dict.fromkeys(units, now)}, scans_checked=0
    )


def _enforce(draft: PlanContext) -> None:
    enforce = (unit for unit in draft.memory.enforce if unit not in draft.memory.paused)
    mine = tuple(unit for unit in enforce if draft.wanted.owner_of(unit) == draft.me)
    off = tuple(unit for unit in mine if draft.actual.monitored.get(unit) is False)
    if off and draft.policy.on_import == "monitor":
        draft.actions.append(SetMonitored(draft.actual.ref, off, monitored=True, why="imported here"))
    else:
        draft.remember(enforce=())


def _keep_up(draft: PlanContext) -> None:
    """What was set monitored stays so, though a scan or refresh that had read the old flag may write it back.

    Where none ran since, nothing can: from then on the flag is its person's business.
    """
    raised = {unit: at for unit, at in draft.memory.raised.items() if _may_stay(draft, unit)}
    if raised and draft.memory.scans_checked < max(raised.values()):
        draft.actions.append(CheckScans(draft.actual.ref, "a scan may write an old flag back"))
    elif raised:
        raised = {unit: at for unit, at in raised.items() if draft.memory.scan_ended >= at}
        _look_again(draft, raised)
    draft.remember(raised=raised)


def _may_stay(draft: PlanContext, unit: str) -> bool:
    mine = draft.wanted.owner_of(unit) in {"", draft.me}
    return mine and unit not in draft.memory.paused and unit in draft.actual.monitored


def _look_again(draft: PlanContext, raised: dict[str, int]) -> None:
    """Set again what a scan has written back; forget what stayed long enough after it."""
    off = tuple(unit for unit in raised if not draft.actual.monitored[unit])
    due = draft.memory.scan_ended + draft.policy.quiet_after
    if off:
        why = "a scan wrote its old flag back"
        draft.actions.append(SetMonitored(draft.actual.ref, off, monitored=True, why=why))
    elif raised and draft.now < due:
        draft.wait(due, "verifying that it stays monitored")
    elif raised and draft.memory.scans_checked < due:
        draft.actions.append(CheckScans(draft.actual.ref, "a scan may write an old flag back"))
    else:
        raised.clear()


def _forget(draft: PlanContext, units: Iterable[str]) -> None:
    gone = frozenset(units)
    if gone:
        draft.remember(
            unmonitored=_without(draft.memory.unmonitored, gone),
            suspects=_without(draft.memory.suspects, gone),
            quiet=tuple(unit for unit in draft.memory.quiet if unit not in gone),
        )


def _calm(draft: PlanContext, units: tuple[str, ...]) -> None:
    """Units of peers that read as unmonitored: quiet when they stayed so long enough after a scan."""
    calm = frozenset(units)
    if calm & set(draft.memory.suspects):
        draft.remember(suspects=_without(draft.memory.suspects, calm))
    if draft.memory.added:  # what mesharr added came unmonitored, also units that got their file later
        mirrored = dict.fromkeys(units, draft.memory.added)
        if mirrored.keys() - draft.memory.unmonitored.keys():
            draft.remember(unmonitored={**mirrored, **draft.memory.unmonitored})
    waiting = [unit for unit in units if unit in draft.memory.unmonitored and unit not in draft.memory.quiet]
    if not waiting:
        return
    since = max(draft.memory.scan_ended, *(draft.memory.unmonitored[unit] for unit in waiting))
    due = since + draft.policy.quiet_after
    if draft.now < due:
        draft.wait(due, "verifying that it stays unmonitored")
    elif draft.memory.scans_checked < due:
        draft.actions.append(CheckScans(draft.actual.ref, "a scan may write an old flag back"))
    else:
        draft.remember(quiet=tuple(sorted({*draft.memory.quiet, *waiting})))


def _remonitored(draft: PlanContext, units: tuple[str, ...]) -> None:
    """Quiet units that are monitored again: a person did it, unless a scan explains it."""
    suspects = {unit: draft.memory.suspects.get(unit, draft.now) for unit in units}
    if not suspects:
        return
    draft.remember(suspects={**draft.memory.suspects, **suspects})
    due = max(suspects.values()) + draft.policy.quiet_after
    if draft.now < due:
        draft.wait(due, "monitored again here: looking twice")
    elif draft.memory.scans_checked < due:
        draft.actions.append(CheckScans(draft.actual.ref, "a scan may have written an old flag back"))
    elif draft.memory.scan_ended >= min(suspects.values()):
        draft.remember(suspects={**draft.memory.suspects, **dict.fromkeys(units, draft.now)})
        draft.wait(draft.now + draft.policy.quiet_after, "monitored again here, and scanned: looking twice")
    else:
        _answer(draft, units)


def _answer(draft: PlanContext, units: tuple[str, ...]) -> None:
    """A person monitored these units of peers: they are claimed or unmonitored again, as the policy says."""
    claims = draft.policy.on_remonitor == "claim"
    fought = tuple(unit for unit in units if claims and _goes_to_and_fro(draft, unit))
    taken = tuple(unit for unit in units if claims and unit not in fought)
    if taken:
        draft.actions.append(Claim(taken, "monitored here by its person"))
    back = units if not claims else fought
    if back:
        why = "claimed to and fro" if claims else "owned by a peer (on_remonitor)"
        draft.actions.append(SetMonitored(draft.actual.ref, back, monitored=False, why=why))
    if fought:
        draft.remember(contested={**draft.memory.contested, **dict.fromkeys(fought, draft.now)})


def _goes_to_and_fro(draft: PlanContext, unit: str) -> bool:
    changes = draft.wanted.owner_changes.get(unit, ())
    return sum(abs(draft.now - hlc.parts_of(at)[0]) < WEEK_MS for at in changes) >= CHANGES


def _contested(draft: PlanContext, peers: Iterable[str]) -> None:
    """Tell for a day what was not claimed although its person monitored it."""
    owned = frozenset(peers)
    told = {
        unit: at for unit, at in draft.memory.contested.items() if unit in owned and draft.now < at + DAY_MS
    }
    if told != draft.memory.contested:
        draft.remember(contested=told)
    if told:
        draft.stuck = True
        command = f"mesharr claim {draft.wanted.library} {draft.wanted.id} {' '.join(sorted(told))}"
        draft.wait(
            min(told.values()) + DAY_MS, f"claims took it to and fro within a week; to take it: {command}"
        )


def _without(units: Mapping[str, int], gone: frozenset[str]) -> dict[str, int]:
    return {unit: at for unit, at in units.items() if unit not in gone}
