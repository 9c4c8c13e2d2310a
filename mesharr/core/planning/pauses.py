"""Plan pauses: a unit that a peer downloads is unmonitored here meanwhile.

A pause changes neither the owner of the unit nor what the user wants: when the grab ends without a file, the
flag is set back to what it was before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.planning.actions import Pause, Resume
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.memory import PauseRecord
from mesharr.core.registry.ownership import Lock


def plan_pauses(context: PlanContext) -> None:
    """Plan which units are paused for a peer's download, and which are resumed."""
    monitored = context.actual.monitored
    locks = {unit: lock for unit in monitored if (lock := _lock_of_a_peer(context, unit))}
    _resume(context, [unit for unit in context.memory.paused if unit not in locks])
    to_pause: dict[str, list[str]] = defaultdict(list)
    for unit in _note_flags(context, locks):
        to_pause[locks[unit].node].append(unit)
    for peer, units in to_pause.items():
        context.actions.append(
            Pause(context.actual.ref, tuple(units), peer, f"{context.called(peer)} downloads it")
        )
    _wait(context, locks)


def _lock_of_a_peer(context: PlanContext, unit: str) -> Lock | None:
    """Return the lock that the unit waits for: the first living one, when a peer holds it.

    A unit that a peer owns is unmonitored anyway. A peer that began before this node imported the file, and
    has not finished yet, has lost a race: its import will make it the owner, but nobody waits for it.
    """
    if unit in context.numbered_differently or context.peer_owning(unit):
        return None
    taken = context.desired.owners[unit].stamp[0] if context.desired.owner_of(unit) else ""
    living = (
        lock
        for lock in context.desired.locks.get(unit, ())
        if lock.lives(context.now) and (context.is_ours(lock.node) or lock.since > taken)
    )
    first = next(living, None)
    return first if first and not context.is_ours(first.node) else None


def _resume(context: PlanContext, units: Iterable[str]) -> None:
    """Plan the end of pauses: nobody downloads these units any more.

    A pause is over when the unit is listed as monitored, or is a peer's.
    """
    paused, set_unmonitored = dict(context.memory.paused), dict(context.memory.set_unmonitored_at)
    unmonitored: list[str] = []
    for unit in units:
        pause = paused[unit]
        mine = unit in context.numbered_differently or not context.peer_owning(unit)
        if mine and not pause.left_to_user and context.actual.monitored.get(unit) is False:
            unmonitored.append(unit)
            continue
        del paused[unit]
        if not mine and not pause.left_to_user:
            set_unmonitored.setdefault(unit, pause.set_at)
    context.remember(paused=paused, set_unmonitored_at=set_unmonitored)
    if unmonitored:
        why = "nobody downloads it any more"
        context.actions.append(Resume(context.actual.ref, tuple(unmonitored), why))


def _note_flags(context: PlanContext, locks: Mapping[str, Lock]) -> tuple[str, ...]:
    """Remember the flag of each paused unit; return the units that have to be set unmonitored."""
    paused = dict(context.memory.paused)
    monitored: list[str] = []
    for unit in locks:
        flag, pause = context.actual.monitored[unit], paused.get(unit)
        if pause is None:
            if flag:
                monitored.append(unit)
            elif unit in context.memory.must_monitor and context.policy.on_import == "monitor":
                paused[unit] = PauseRecord(set_at=context.now, read_unmonitored=True)
        elif not flag:
            paused[unit] = msgspec.structs.replace(pause, read_unmonitored=True)
        elif pause.read_unmonitored and pause.set_back:
            paused[unit] = msgspec.structs.replace(pause, left_to_user=True)
        elif not pause.left_to_user:
            monitored.append(unit)
    context.remember(paused=paused)
    return tuple(monitored)


def _wait(context: PlanContext, locks: Mapping[str, Lock]) -> None:
    """Plan a recheck of paused units, and another one when the grab runs out.

    The first one is needed because a scan may have written the old flag back.
    """
    for unit, pause in context.memory.paused.items():
        lock = locks.get(unit)
        if lock is None:
            continue
        verified = pause.set_at + context.policy.quiet_after
        until = verified if context.now < verified and not pause.left_to_user else lock.ends
        why = "monitored by the user although" if pause.left_to_user else "paused:"
        context.wait(until, f"{why} {context.called(lock.node)} downloads it")
