"""Inward: what has to be done to this node's arr so that an item is as the registry wants it.

`plan` is pure. It sees what the registry wants, what the arr shows, and what this node did before
(`ItemMemory`); it returns actions with their reasons, the memory to keep, and when to look again. It is
called again after its actions ran, until it has none: level-triggered, so a crash between any two
actions costs a repetition and nothing else.
"""

from collections.abc import Collection

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import (
    Add,
    CheckScans,
    ConfirmGone,
    ItemMemory,
    Plan,
    Policy,
    Remove,
    SetMonitored,
    VerifyOwnFiles,
    day_of,
)
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.files import FileDifferences, plan_files, settle_file_differences
from mesharr.core.planning.monitoring import DAY_MS, plan_monitoring
from mesharr.core.planning.pauses import plan_pauses
from mesharr.core.planning.placement import plan_type
from mesharr.core.registry.fold import ItemState

NUMBERED_OTHERWISE = "numbered otherwise here than at the peers"
"""What is said of units that are something else here: only of episodes two arrs know numbers that differ."""
ODD_NAMED = 5
"""How many of them are named."""


def plan(  # noqa: PLR0913 - all that planning is a function of
    wanted: ItemState,
    actual: Snapshot | None,
    memory: ItemMemory,
    me: str,
    policy: Policy,
    now: int,
    *,
    had: bool = False,
    vanished: Collection[str] = frozenset(),
) -> Plan:
    """Return what brings the arr from `actual` to `wanted`; () when nothing is left to do.

    `had`: the arr showed the item when mesharr last finished with it. `vanished` are files (keys) that were
    to be told and are proven to be nowhere any more.
    """
    if actual is None:
        planned = _unlisted(wanted, memory, me, policy, had=had)
    else:
        kept = msgspec.structs.replace(memory, restore=False)
        planned = _listed(PlanContext(wanted, actual, kept, me, policy, now, vanished))
    doubt = _doubt(wanted, memory, me)
    return msgspec.structs.replace(planned, actions=(*doubt, *planned.actions)) if doubt else planned


def _doubt(wanted: ItemState, memory: ItemMemory, me: str) -> tuple[ConfirmGone, ...]:
    """A peer ended a path, not knowing of the copy this node has there: it may have gone with the folder."""
    doubted = {key: at for key, at in wanted.concurrent_endings.items() if wanted.copies[key].node == me}
    fresh = tuple(wanted.copies[key].copy.path for key in doubted if memory.doubted.get(key) != doubted[key])
    why = "a peer deleted something there, not knowing of it"
    return (ConfirmGone(fresh, doubted, why),) if fresh else ()


def _unlisted(wanted: ItemState, memory: ItemMemory, me: str, policy: Policy, *, had: bool) -> Plan:
    forgetful = msgspec.structs.replace(memory, paused={})
    return _missing(wanted, forgetful, me, policy, had) if wanted.present else Plan((), forgetful)


def _listed(draft: PlanContext) -> Plan:
    if not draft.wanted.present:
        _gone(draft)
        return draft.made()
    if draft.odd:
        odd = ", ".join(sorted(draft.odd)[:ODD_NAMED])
        many = len(draft.odd)
        episodes = "1 episode is" if many == 1 else f"{many} episodes are"
        more = ", ..." if many > ODD_NAMED else ""
        draft.wait(draft.now + DAY_MS, f"{episodes} {NUMBERED_OTHERWISE}: {odd}{more}")
    differs = settle_file_differences(draft)
    # Flags first, because a scan that runs meanwhile writes old flags back.
    plan_monitoring(draft)
    if not any(isinstance(action, CheckScans) for action in draft.actions):
        plan_type(draft)
        plan_files(draft, differs)
    _look_for(draft, differs)
    return draft.made()


def _look_for(draft: PlanContext, differs: FileDifferences) -> None:
    """What this node told of and its arr neither shows nor needs may be nowhere: nobody else would notice."""
    day, needed = day_of(draft.now), {same_key(copy.path) for copy in differs.absent}
    hidden = tuple(
        living.copy.path
        for key, living in draft.wanted.copies.items()
        if living.node == draft.me and key not in draft.actual.files and key not in needed
        if draft.memory.looked_for.get(key) != day
    )
    if hidden:
        draft.actions.append(VerifyOwnFiles(hidden, "the arr does not show what it once imported"))


def _gone(draft: PlanContext) -> None:
    # Only a removal event removes: a registry that lacks an item says nothing about it.
    wanted, actual = draft.wanted, draft.actual
    if not wanted.removed_by or not actual.mirrored or draft.me in wanted.contributors:
        plan_pauses(draft)
        plan_files(draft, settle_file_differences(draft))
        return
    why = f"removed by {wanted.removed_by}"
    monitored = tuple(unit for unit, flag in actual.monitored.items() if flag)
    if draft.policy.on_remove == "remove":
        draft.actions.append(Remove(actual.ref, actual.item.title, why))
    elif draft.policy.on_remove == "unmonitor" and monitored:
        draft.actions.append(SetMonitored(actual.ref, monitored, monitored=False, why=why))


def _missing(wanted: ItemState, memory: ItemMemory, me: str, policy: Policy, had: bool) -> Plan:
    if me in wanted.left_by or wanted.item is None:
        return Plan((), memory)
    mine = me in wanted.contributors or me in wanted.adders
    lost = had or (mine and not memory.added)
    if lost and not memory.restore:
        return Plan((), memory, why=NOT_LISTED, stuck=True)
    if policy.follow == "mine" and not memory.restore:
        return Plan((), memory)
    needs = tuple(living.copy for living in wanted.copies.values())
    item = msgspec.structs.replace(wanted.item, folder=wanted.folder, series_type=wanted.series_type)
    if not memory.restore:
        add = Add(item, wanted.origin, needs, f"{wanted.origin} has it")
        return Plan((add,), ItemMemory(enforce=memory.enforce, doubted=memory.doubted))
    owned = tuple(sorted(unit for unit in wanted.owners if wanted.owner_of(unit) == me))
    add = Add(item, "" if mine else wanted.origin, needs, "its person wants it back", asked=True)
    return Plan((add,), ItemMemory(enforce=owned, restore=True, doubted=memory.doubted))
