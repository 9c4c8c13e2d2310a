"""Plan for an item that nobody may want: removed with its files, or of an older database.

It stays in the app. Monitored it would be downloaded again at once, so it is set unmonitored, and the user is
asked.
"""

from mesharr.core.detect.model import RETURNED
from mesharr.core.planning.actions import CheckScans, SetMonitored
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.files import plan_files, settle_file_differences
from mesharr.core.planning.pauses import plan_pauses


def plan_removed_elsewhere(context: PlanContext) -> None:
    """Plan the flags of units without their files, and have ended files dropped.

    `Policy.on_remove` states the flags of what lost its file.
    """
    plan_pauses(context)
    differs = settle_file_differences(context)
    if context.policy.on_remove != "keep":
        _unmonitor(context)
    if not any(isinstance(action, CheckScans) for action in context.actions):
        plan_files(context, differs)


def plan_returned(context: PlanContext) -> None:
    """Plan for an item of an older database that the user is asked about: it is unmonitored.

    The flags that were set stay the user's once they were seen to be off.
    """
    monitored = tuple(unit for unit, flag in context.actual.monitored.items() if flag)
    if not context.memory.removal_followed:
        _set_unmonitored(context, monitored, RETURNED, unlimited=True)


def plan_wanted_again(context: PlanContext) -> None:
    """Plan to monitor units again that a removal unmonitored, if the user wants the item."""
    memory = context.memory
    if not memory.removal_unmonitored and not memory.removal_followed:
        return
    off = tuple(
        unit
        for unit in memory.removal_unmonitored
        if context.actual.monitored.get(unit) is False and not context.peer_owning(unit)
    )
    if memory.restore_requested and off:
        action = SetMonitored(context.actual.ref, off, monitored=True, why="the user wants it back")
        context.actions.append(action)
        return
    context.remember(removal_unmonitored=(), removal_followed=False, restore_requested=False)


def _unmonitor(context: PlanContext) -> None:
    """Plan what is set unmonitored; verified to stay so, the flags are the user's again."""
    memory, peer = context.memory, context.called(context.desired.removed_by)
    kept = {
        unit
        for key, copy in context.actual.files.items()
        if key not in context.desired.ended
        for unit in copy.units
    }
    monitored = tuple(unit for unit, flag in context.actual.monitored.items() if flag and unit not in kept)
    if monitored and memory.removal_followed:
        return  # the user's wish
    if context.desired.handed_over:
        context.asks = f"another item is in its folder {context.actual.item.folder} at the peers"
    elif context.policy.on_remove == "remove":
        context.asks = f"removed with its files by {peer}, and unmonitored here"
    _set_unmonitored(context, monitored, f"removed with its files by {peer}")


def _set_unmonitored(
    context: PlanContext, monitored: tuple[str, ...], why: str, *, unlimited: bool = False
) -> None:
    """Plan to set units unmonitored, and to verify that they stay so."""
    memory = context.memory
    if monitored:
        units = tuple(sorted({*memory.removal_unmonitored, *monitored}))
        context.remember(removal_unmonitored=units)
        context.actions.append(
            SetMonitored(context.actual.ref, monitored, monitored=False, why=why, unlimited=unlimited)
        )
        return
    since = (memory.set_unmonitored_at.get(unit, 0) for unit in memory.removal_unmonitored)
    due = max(since, default=0) + context.policy.quiet_after
    if context.now < due:
        context.verify(due, "it stays unmonitored")
    elif not memory.removal_followed:
        context.remember(removal_followed=True)
