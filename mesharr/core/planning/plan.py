"""Plan what has to be done in this node's app so that an item is as the registry has it.

`plan` is pure. It reads what the registry has, what the app lists, and what this node did before
(`ItemMemory`); it returns actions with their reasons, the memory to keep, and when to check again. It is
called again after its actions ran, until it has none: level-triggered, so a crash between any two
actions costs a repetition and nothing else.
"""

from collections.abc import Collection

import msgspec

from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import (
    Add,
    CheckScans,
    ConfirmGone,
    FolderTaken,
    ImportFiles,
    Move,
    Plan,
    Remove,
    Rescan,
    SetMonitored,
    VerifyOwnFiles,
    day_of,
)
from mesharr.core.planning.context import PlanContext, Situation
from mesharr.core.planning.file_differences import FileDifferences
from mesharr.core.planning.files import plan_files, settle_file_differences
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.monitoring import plan_monitoring
from mesharr.core.planning.pauses import plan_pauses
from mesharr.core.planning.placement import (
    await_moved_files,
    await_one_folder,
    note_folder_taken,
    plan_moved_along,
    plan_series_type,
    report_namesakes,
)
from mesharr.core.planning.removed_elsewhere import plan_removed_elsewhere, plan_returned, plan_wanted_again
from mesharr.core.text import quantity

NUMBERED_DIFFERENTLY = "numbered differently here than at the peers"
"""The message about units that mean another thing here. Only episodes have numbers that can differ."""
NEW_FILE_MS = 600_000
"""How often an item is checked that waits for the publication of a file of this household."""
MOST_NAMED = 5
"""How many of them are named."""

_with = msgspec.structs.replace


def plan(known: Situation) -> Plan:
    """Return the plan that brings an item in the app from `actual` to `desired`.

    The plan has no actions when nothing is left to do.
    """
    planned = _of_item(known)
    if action := _confirm_gone(known):
        return _with(planned, actions=(action, *planned.actions))
    return planned


def _of_item(known: Situation) -> Plan:
    memory, taken = known.memory, known.folder_taken
    if taken and (known.desired.present or known.actual) and not known.is_own:
        return _displaced(known, taken)
    if known.actual is None:
        return _unlisted(known, _with(memory, paused={}, remove_requested=False))
    kept = memory if memory.removal_unmonitored else _with(memory, restore_requested=False)
    context = PlanContext(known, known.actual, kept)
    planned = _returned(context) if known.is_asked else _listed(context)
    leaves_it = any(isinstance(action, Move) for action in planned.actions)
    if taken and not leaves_it and (known.desired.handed_over or not planned.asks):
        asks = f"{taken.title} is in its folder {known.actual.item.folder} at the peers"
        return _with(planned, asks=asks)
    return planned


def _confirm_gone(known: Situation) -> ConfirmGone | None:
    """Return the check of own copies whose path a peer ended unseen, None for no such copy.

    Unseen: the peer did not know of the copy.
    """
    copies, checked = known.desired.copies, known.memory.endings_checked
    endings = {
        key: at for key, at in known.desired.concurrent_endings.items() if copies[key].node == known.me
    }
    fresh = tuple(copies[key].copy.path for key, at in endings.items() if checked.get(key) != at)
    return ConfirmGone(fresh, endings, "a peer deleted files there without having seen it") if fresh else None


def _displaced(known: Situation, taken: FolderTaken) -> Plan:
    """Plan for a peer's item in whose folder is another one: an app lists one of them.

    With a file that this household has just imported it is its own, once that is published.
    """
    desired, actual, memory = known.desired, known.actual, known.memory
    why = f"its folder is that of {taken.title} in the mesh"
    if actual is None:
        return Plan((), memory, why=why, stuck=True)
    if not actual.files.keys() <= {*desired.copies, *desired.ended, *taken.files}:
        return Plan((), memory, known.now + NEW_FILE_MS, f"{why}, and a file is to be published first")
    return Plan((Remove(actual.ref, actual.item.title, why, peer=taken.peer),), memory)


def _returned(context: PlanContext) -> Plan:
    plan_returned(context)
    return context.made()


def _listed(context: PlanContext) -> Plan:
    note_folder_taken(context)
    if context.memory.remove_requested:
        why = "the user wants it removed"
        context.actions.append(Remove(context.actual.ref, context.actual.item.title, why, requested=True))
        return context.made()
    if not context.desired.present:
        _plan_absent(context)
        return context.made()
    plan_wanted_again(context)
    if context.numbered_differently:
        context.wait(context.now + DAY_MS, _numbered_words(context.numbered_differently))
    differs = settle_file_differences(context)
    # Flags come first, because a scan that runs meanwhile writes old flags back.
    plan_monitoring(context)
    if not any(isinstance(action, CheckScans) for action in context.actions):
        plan_series_type(context)
        if context.seen.went_along:
            plan_moved_along(context)
        else:
            plan_files(context, differs)
    if differs == FileDifferences():
        await_moved_files(context)
    await_one_folder(context)
    report_namesakes(context)
    _verify_own_files(context, differs)
    return context.made()


def _numbered_words(units: Collection[str]) -> str:
    named = ", ".join(sorted(units)[:MOST_NAMED])
    episodes = quantity(len(units), "episode is", "episodes are")
    more = ", ..." if len(units) > MOST_NAMED else ""
    return f"{episodes} {NUMBERED_DIFFERENTLY}: {named}{more}"


def _verify_own_files(context: PlanContext, differs: FileDifferences) -> None:
    """Plan a check of the copies that this household looks after and that the app does not list.

    Asking the app for files checks them as well.
    """
    is_asked = any(isinstance(action, Rescan | ImportFiles) for action in context.actions)
    needed = {same_key(copy.path) for copy in differs.absent if is_asked}
    actual = context.actual
    due = _looks_due(context.situation, needed.union(actual.files))
    hidden = tuple(copy.path for copy in due if actual.unshared_units.isdisjoint(copy.units))
    if hidden:  # first: another action may wait for such a copy
        context.actions.insert(0, VerifyOwnFiles(hidden, "the app does not list what it once imported"))


def _looks_due(known: Situation, listed: Collection[str] = ()) -> list[Copy]:
    """Return the copies that this household has to look for today, but for `listed` ones (keys)."""
    desired, checked = known.desired, known.memory.own_files_checked
    return [
        living.copy
        for key, living in desired.copies.items()
        if known.looks_after(living) and key not in listed
        if checked.get(key) != day_of(known.now)
    ]


def _plan_absent(context: PlanContext) -> None:
    """Plan for a listed item that the registry does not have.

    Only a removal event removes it: the registry may lack an item because no event arrived yet.
    """
    desired, actual = context.desired, context.actual
    is_own = context.situation.is_own
    if is_own and desired.removed_by not in {"", context.me} and not desired.moved_to:
        plan_removed_elsewhere(context)
        return
    if is_own or not desired.removed_by:
        plan_pauses(context)
        plan_files(context, settle_file_differences(context))
        return
    why = f"removed by {context.called(desired.removed_by)}"
    monitored = tuple(unit for unit, flag in actual.monitored.items() if flag)
    if context.policy.on_remove == "remove":
        context.actions.append(Remove(actual.ref, actual.item.title, why))
    elif context.policy.on_remove == "unmonitor" and monitored:
        context.actions.append(SetMonitored(actual.ref, monitored, monitored=False, why=why))


def _unlisted(known: Situation, memory: ItemMemory) -> Plan:
    """Plan for an item that the app does not list; `memory` is what stays of it."""
    desired, me = known.desired, known.me
    if me in desired.left_by and not desired.adders and (due := _looks_due(known)):
        why = "nobody may have the item any more"
        return Plan((VerifyOwnFiles(tuple(copy.path for copy in due), why),), memory)
    if not desired.present or me in desired.left_by or desired.item is None:
        return Plan((), memory)
    mine = me in desired.contributors or me in desired.adders
    if not memory.restore_requested:
        if known.was_listed or (mine and not memory.added_at):
            return Plan((), memory, why=NOT_LISTED, stuck=True)
        if known.policy.follow == "mine":
            return Plan((), memory)
    needs = tuple(living.copy for living in desired.copies.values())
    item = _with(desired.item, folder=desired.folder, series_type=desired.series_type)
    remembered = ItemMemory(
        must_monitor=memory.must_monitor,
        endings_checked=memory.endings_checked,
        absent_since=memory.absent_since,
        shares_folder_with=memory.shares_folder_with,
    )
    if not memory.restore_requested:
        return Plan((Add(item, desired.origin, needs, f"{known.called(desired.origin)} has it"),), remembered)
    owned = tuple(sorted(unit for unit in desired.owners if desired.owner_of(unit) == me))
    origin = "" if mine else desired.origin
    add = Add(item, origin, needs, "the user wants it back", requested=True)
    return Plan((add,), _with(remembered, must_monitor=owned, restore_requested=True))
