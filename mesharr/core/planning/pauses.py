"""Inward, the grabs: a unit that a peer downloads is not monitored here meanwhile.

A pause says nothing of who owns the unit, and nothing of what its person wants: when the grab is over and
brought no file, the flag is what it was before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.planning.actions import Pause, PauseRecord, Resume
from mesharr.core.planning.context import PlanContext
from mesharr.core.registry.ownership import Lock


def plan_pauses(draft: PlanContext) -> None:
    """Plan which units pause, and which go on."""
    locks = {unit: lock for unit in draft.actual.monitored if (lock := _lock_of_a_peer(draft, unit))}
    _go_on(draft, [unit for unit in draft.memory.paused if unit not in locks])
    loud: dict[str, list[str]] = defaultdict(list)
    for unit in _hold(draft, locks):
        loud[locks[unit].node].append(unit)
    for peer, units in loud.items():
        draft.actions.append(Pause(draft.actual.ref, tuple(units), peer, f"{peer} downloads it"))
    _wait(draft, locks)


def _lock_of_a_peer(draft: PlanContext, unit: str) -> Lock | None:
    """Return the grab that the unit waits for: the first living one, when it is a peer's.

    What a peer owns is unmonitored anyway. A peer that began before this node had the file, and is not done
    yet, has lost a race; what it brings makes it the owner, but nobody waits for it.
    """
    owner = draft.wanted.owner_of(unit)
    if unit in draft.odd or owner not in {"", draft.me}:
        return None
    taken = draft.wanted.owners[unit].stamp[0] if owner else ""
    living = (
        lock
        for lock in draft.wanted.locks.get(unit, ())
        if lock.lives(draft.now) and (lock.node == draft.me or lock.since > taken)
    )
    first = next(living, None)
    return first if first and first.node != draft.me else None


def _go_on(draft: PlanContext, units: Iterable[str]) -> None:
    """Nobody downloads these any more. A pause is over when the unit reads as monitored, or is a peer's."""
    paused, unmonitored = dict(draft.memory.paused), dict(draft.memory.unmonitored)
    silent: list[str] = []
    for unit in units:
        pause = paused[unit]
        mine = unit in draft.odd or draft.wanted.owner_of(unit) in {"", draft.me}
        if mine and not pause.left and draft.actual.monitored.get(unit) is False:
            silent.append(unit)
            continue
        del paused[unit]
        if not mine and not pause.left:
            unmonitored.setdefault(unit, pause.at)
    draft.remember(paused=paused, unmonitored=unmonitored)
    if silent:
        draft.actions.append(Resume(draft.actual.ref, tuple(silent), "nobody downloads it any more"))


def _hold(draft: PlanContext, locks: Mapping[str, Lock]) -> tuple[str, ...]:
    """Note how each paused unit reads; return those that have to be set unmonitored."""
    paused = dict(draft.memory.paused)
    loud: list[str] = []
    for unit in locks:
        flag, pause = draft.actual.monitored[unit], paused.get(unit)
        if pause is None:
            if flag:
                loud.append(unit)
            elif unit in draft.memory.enforce and draft.policy.on_import == "monitor":
                paused[unit] = PauseRecord(at=draft.now, off=True)
        elif not flag:
            paused[unit] = msgspec.structs.replace(pause, off=True)
        elif pause.off and pause.undone:
            paused[unit] = msgspec.structs.replace(pause, left=True)
        elif not pause.left:
            loud.append(unit)
    draft.remember(paused=paused)
    return tuple(loud)


def _wait(draft: PlanContext, locks: Mapping[str, Lock]) -> None:
    """Look again once, as a scan may have written the old flag back, and then when the grab runs out."""
    for unit, pause in draft.memory.paused.items():
        lock = locks.get(unit)
        if lock is None:
            continue
        verified = pause.at + draft.policy.quiet_after
        until = verified if draft.now < verified and not pause.left else lock.ends
        why = "monitored by its person although" if pause.left else "paused:"
        draft.wait(until, f"{why} {lock.node} downloads it")
