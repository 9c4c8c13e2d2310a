"""Inward: what has to be done to this node's arr so that an item is as the registry wants it.

`plan` is pure. It sees what the registry wants, what the arr shows, and what this node did before
(`Memory`); it returns actions with their reasons, the memory to keep, and when to look again. It is
called again after its actions ran, until it has none: level-triggered, so a crash between any two
actions costs a repetition and nothing else.
"""

import msgspec

from mesharr.core.actions import Add, LookAtScans, Memory, Planned, Policy, Remove, SetMonitored
from mesharr.core.draft import Draft
from mesharr.core.files import plan_files, unlike
from mesharr.core.monitoring import plan_monitoring
from mesharr.core.registry import ItemState
from mesharr.core.shown import Shown


def plan(
    wanted: ItemState, actual: Shown | None, memory: Memory, me: str, policy: Policy, now: int
) -> Planned:
    """Return what brings the arr from `actual` to `wanted`; () when nothing is left to do."""
    if not wanted.present:
        return _gone(wanted, actual, memory, me, policy)
    if actual is None:
        return _missing(wanted, memory, me, policy)
    draft = Draft(wanted, actual, memory, me, policy, now)
    differs = unlike(draft)
    # Flags first, because a scan that runs meanwhile writes old flags back.
    plan_monitoring(draft)
    if not any(isinstance(action, LookAtScans) for action in draft.actions):
        plan_files(draft, differs)
    return draft.made()


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
