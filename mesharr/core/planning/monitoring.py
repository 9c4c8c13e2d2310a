"""Plan the monitored flags: a unit with a file is monitored by its owner only."""

from collections.abc import Iterable

from mesharr.core import hlc
from mesharr.core.durations import DAY_MS
from mesharr.core.planning.actions import CheckScans, Claim, SetMonitored
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.memory import without
from mesharr.core.planning.pauses import plan_pauses

WEEK_MS = 7 * DAY_MS

CHANGES = 2
"""How many claims within a week take a unit from its owner before only a command claims it."""

OLD_FLAG = "a scan may write an old flag back"
"""Why the app's scans are read before a flag is trusted."""


def plan_monitoring(context: PlanContext) -> None:
    """Plan the monitored flags of the units.

    What this node has just imported is monitored, what a peer owns is not. What this household owned under an
    earlier key is left as the user has it.
    """
    plan_pauses(context)
    _monitor_imports(context)
    _keep_monitored(context)
    memory, monitored = context.memory, context.actual.monitored
    peers = {
        unit: peer
        for unit in monitored
        if unit not in context.numbered_differently and (peer := context.peer_owning(unit))
    }
    _forget(context, set(memory.set_unmonitored_at) - set(peers))
    confirmed = context.memory.confirmed_unmonitored
    wrong = tuple(unit for unit in peers if monitored[unit])
    stale = tuple(unit for unit in wrong if unit not in confirmed)
    if stale:
        why = f"{context.called(peers[stale[0]])} has the file"
        context.actions.append(SetMonitored(context.actual.ref, stale, monitored=False, why=why))
    _confirm(context, tuple(unit for unit in peers if not monitored[unit]))
    _follow_user(context, tuple(unit for unit in wrong if unit in confirmed))
    _report_conflicts(context, peers)


def _monitor_imports(context: PlanContext) -> None:
    units = (unit for unit in context.memory.must_monitor if unit not in context.memory.paused)
    mine = tuple(unit for unit in units if context.desired.owner_of(unit) == context.me)
    off = tuple(unit for unit in mine if context.actual.monitored.get(unit) is False)
    if off and context.policy.on_import == "monitor":
        context.actions.append(SetMonitored(context.actual.ref, off, monitored=True, why="imported here"))
    else:
        context.remember(must_monitor=())


def _keep_monitored(context: PlanContext) -> None:
    """Keep units monitored that mesharr set monitored.

    A scan that had read the old flag may write it back. When no scan has run since, none can: from then on
    the flag is the user's.
    """
    watched = {unit: at for unit, at in context.memory.set_monitored_at.items() if _may_stay(context, unit)}
    if watched and context.memory.scans_checked_at < max(watched.values()):
        context.actions.append(CheckScans(context.actual.ref, OLD_FLAG))
    elif watched:
        watched = {unit: at for unit, at in watched.items() if context.memory.scan_ended_at >= at}
        _set_again(context, watched)
    context.remember(set_monitored_at=watched)


def _may_stay(context: PlanContext, unit: str) -> bool:
    is_free = not context.peer_owning(unit) and unit not in context.memory.paused
    return is_free and unit in context.actual.monitored


def _set_again(context: PlanContext, watched: dict[str, int]) -> None:
    """Set monitored again what a scan has written back; forget what stayed long enough after it."""
    off = tuple(unit for unit in watched if not context.actual.monitored[unit])
    due = context.memory.scan_ended_at + context.policy.quiet_after
    if off:
        why = "a scan wrote its old flag back"
        context.actions.append(SetMonitored(context.actual.ref, off, monitored=True, why=why))
    elif watched and context.now < due:
        context.verify(due, "it stays monitored")
    elif watched and context.memory.scans_checked_at < due:
        context.actions.append(CheckScans(context.actual.ref, OLD_FLAG))
    else:
        watched.clear()


def _forget(context: PlanContext, units: Iterable[str]) -> None:
    gone, memory = frozenset(units), context.memory
    if gone:
        context.remember(
            set_unmonitored_at=without(memory.set_unmonitored_at, gone),
            user_flag_suspects=without(memory.user_flag_suspects, gone),
            confirmed_unmonitored=tuple(unit for unit in memory.confirmed_unmonitored if unit not in gone),
        )


def _confirm(context: PlanContext, units: tuple[str, ...]) -> None:
    """Confirm units of peers that stayed unmonitored long enough after a scan."""
    if set(units) & set(context.memory.user_flag_suspects):
        context.remember(user_flag_suspects=without(context.memory.user_flag_suspects, units))
    if context.memory.added_at:  # what mesharr added came unmonitored, also units that got their file later
        mirrored = dict.fromkeys(units, context.memory.added_at)
        if mirrored.keys() - context.memory.set_unmonitored_at.keys():
            context.remember(set_unmonitored_at={**mirrored, **context.memory.set_unmonitored_at})
    memory = context.memory
    ours = (unit for unit in units if unit in memory.set_unmonitored_at)
    waiting = [unit for unit in ours if unit not in memory.confirmed_unmonitored]
    if not waiting:
        return
    since = max(memory.scan_ended_at, *(memory.set_unmonitored_at[unit] for unit in waiting))
    due = since + context.policy.quiet_after
    if context.now < due:
        context.verify(due, "it stays unmonitored")
    elif memory.scans_checked_at < due:
        context.actions.append(CheckScans(context.actual.ref, OLD_FLAG))
    else:
        context.remember(confirmed_unmonitored=tuple(sorted({*memory.confirmed_unmonitored, *waiting})))


def _follow_user(context: PlanContext, units: tuple[str, ...]) -> None:
    """Follow the user, who monitored confirmed units again, unless a scan explains the flag."""
    known, now, quiet_after = context.memory.user_flag_suspects, context.now, context.policy.quiet_after
    suspects = {unit: known.get(unit, now) for unit in units}
    if not suspects:
        return
    context.remember(user_flag_suspects={**known, **suspects})
    due = max(suspects.values()) + quiet_after
    if now < due:
        context.wait(due, "monitored again here: checking twice")
    elif context.memory.scans_checked_at < due:
        context.actions.append(CheckScans(context.actual.ref, "a scan may have written an old flag back"))
    elif context.memory.scan_ended_at >= min(suspects.values()):
        context.remember(user_flag_suspects={**known, **dict.fromkeys(units, now)})
        context.wait(now + quiet_after, "monitored again here, and scanned: checking twice")
    else:
        _claim_or_revert(context, units)


def _claim_or_revert(context: PlanContext, units: tuple[str, ...]) -> None:
    """Claim the units of peers that the user monitored, or unmonitor them again.

    The policy states which.
    """
    claims = context.policy.on_remonitor == "claim"
    disputed = tuple(unit for unit in units if claims and _is_disputed(context, unit))
    taken = tuple(unit for unit in units if claims and unit not in disputed)
    if taken:
        context.actions.append(Claim(taken, "monitored here by the user"))
    back = units if not claims else disputed
    if back:
        why = "claimed back and forth" if claims else "owned by a peer (on_remonitor)"
        context.actions.append(SetMonitored(context.actual.ref, back, monitored=False, why=why))
    if disputed:
        conflicts = {**context.memory.user_conflicts, **dict.fromkeys(disputed, context.now)}
        context.remember(user_conflicts=conflicts)


def _is_disputed(context: PlanContext, unit: str) -> bool:
    """Return whether claims took the unit from its owner too often within a week."""
    changes = context.desired.owner_changes.get(unit, ())
    return sum(abs(context.now - hlc.parts_of(at)[0]) < WEEK_MS for at in changes) >= CHANGES


def _report_conflicts(context: PlanContext, peers: Iterable[str]) -> None:
    """Report for a day what was not claimed although the user monitored it."""
    owned, known = frozenset(peers), context.memory.user_conflicts
    open_ = {unit: at for unit, at in known.items() if unit in owned and context.now < at + DAY_MS}
    if open_ != known:
        context.remember(user_conflicts=open_)
    if open_:
        context.stuck = True
        command = f"mesharr claim {context.desired.library} {context.desired.id} {' '.join(sorted(open_))}"
        until = min(open_.values()) + DAY_MS
        context.wait(until, f"claims took it back and forth within a week; to take it: {command}")
