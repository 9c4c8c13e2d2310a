"""Plan the files of an item: the app lists the living copies, and no file that has ended."""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ImportFiles, Move, Rescan
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.file_differences import FileDifferences, file_differences, listed_spellings
from mesharr.core.planning.memory import MOST_SCANS
from mesharr.core.planning.placement import copies_in, folder_to_take, tell_to_move, two_folders_message

SCANS = 2
"""How many scans are tried, an import by ids counting as one.

The second scan imports a replacement of lower quality, a third is of no use.
"""

NIGHT_MS = 20 * 60 * 60_000
"""After how long one more scan may help: the apps clean their databases once a day."""

MOST_SETTLED = 2
"""How often the app is brought back to the same files from others that it took by itself.

Then it is left with those: its nightly scan would take them again, and again.
"""

MOST_GIVEN_UP = 8
"""How many earlier states of an item's files are known as those from which the app strayed each time."""

ADD_SCAN_MS = 60_000
"""How long an app gets for the scan that it runs by itself after an add."""

NOT_TAKEN = "the app scanned and does not import the file: use its Manual Import, which states the reason"
NOT_DROPPED = "the app scanned twice and still lists {}, which is not on the drive: see its log"
NOT_DECIDED = "the app takes other files at each scan: use its Manual Import, or delete a file not wanted"
NOT_CORRECTED = "the app lists {} as another part than its owner: use its Manual Import"


def settle_file_differences(context: PlanContext) -> FileDifferences:
    """Return how the files differ; the scans so far are forgotten when nothing differs."""
    differs = file_differences(context.desired, context.actual, context.seen)
    if differs == FileDifferences():
        settled = context.memory.scans_settled + bool(context.memory.scans_requested)
        context.remember(scans_requested=0, scan_goal="", import_goal="", scans_settled=settled)
    is_scanned = differs.overwritten and _was_scanned(context, differs.overwritten)
    if is_scanned or (differs.respelled and _keeps_spelling(context, differs.respelled)):
        differs = FileDifferences(misread=differs.misread)
    differs = msgspec.structs.replace(differs, misread=_to_correct(context, differs.misread))
    if differs == FileDifferences():
        _settled(context)
    return differs


def plan_files(context: PlanContext, differs: FileDifferences) -> None:
    """Plan what makes the app list the living copies."""
    copies = differs.absent or differs.respelled
    if differs != FileDifferences() and (folder := folder_to_take(context, copies)):
        why = f"its files are in {folder}"
        needs = copies_in(folder, copies or differs.overwritten)
        context.actions.append(Move(context.actual.ref, folder, needs, why))
    elif not differs.stale and two_folders_message(context, differs.absent):
        _report_what_stays(context, differs.absent, ())
    elif differs.absent or differs.stale:
        _take_files(context, differs.absent, differs.stale, differs.misread)
    elif differs.respelled:
        _take_files(context, differs.respelled, _spellings_of(context, differs.respelled))
    elif differs.overwritten:
        _take_files(context, differs.overwritten, _spellings_of(context, differs.overwritten), by_ids=False)
    elif differs.misread:
        _correct(context, differs.misread)


def _was_scanned(context: PlanContext, copies: tuple[Copy, ...]) -> bool:
    """Return whether a scan by mesharr has read these copies.

    What the app lists after such a scan is accepted.
    """
    done = bool(context.memory.scans_requested) and not context.memory.scan_command
    return done and context.memory.scan_goal == _goal(copies, _spellings_of(context, copies))


def _spellings_of(context: PlanContext, copies: Iterable[Copy]) -> tuple[str, ...]:
    """Return the paths of copies as the app lists them and the mesh does not."""
    return tuple(
        path
        for copy in copies
        for path in listed_spellings(context.actual, same_key(copy.path))
        if path != copy.path
    )


def _keeps_spelling(context: PlanContext, copies: tuple[Copy, ...]) -> bool:
    """Return whether the app was asked to list copies in their new spelling and keeps its own.

    Its disk does not tell the spellings apart then, and what the app lists is there.
    """
    memory = context.memory
    goal = _goal(copies, _spellings_of(context, copies))
    asked = memory.scans_requested >= SCANS or len(memory.recent_scans) >= MOST_SCANS
    return memory.scan_goal == goal and asked and not memory.scan_command


def _settled(context: PlanContext) -> None:
    ended = context.now if context.memory.scan_command or _adding(context) else context.memory.scan_ended_at
    context.remember(scan_command=0, absent_since=0, visible_since=0, scan_ended_at=ended)


def _adding(context: PlanContext) -> bool:
    return context.memory.added_at > context.memory.scan_ended_at


def _take_files(
    context: PlanContext,
    absent: tuple[Copy, ...],
    stale: tuple[str, ...],
    misread: tuple[Copy, ...] = (),
    *,
    by_ids: bool = True,
) -> None:
    """Plan an import by ids, then scans, as often as they may be of use; else report what stays.

    What is misread is imported with the rest: of that a copy may not come.
    """
    goal = _goal((*misread, *absent), stale)
    _count_for(context, goal)
    memory, now = context.memory, context.now
    is_new = by_ids and memory.import_goal != goal
    to_import = (*misread, *_importable(context, absent)) if is_new else ()
    since_add = now - memory.added_at
    recent = [at for at in memory.recent_scans if 0 <= now - at < NIGHT_MS]
    if memory.scan_command:
        context.wait(now + 2_000, "the app is scanning")
    elif memory.scans_settled >= MOST_SETTLED and _lists_others(context, absent):
        context.stuck = True
        context.why.append(NOT_DECIDED)
    elif len(recent) >= MOST_SCANS:
        context.stuck = True
        context.wait(recent[0] + NIGHT_MS, NOT_DECIDED)
    elif to_import:
        why = "its file is on the drive"
        ref, own = context.actual.ref, _own(context, to_import)
        context.actions.append(ImportFiles(ref, to_import, stale, why, goal, own))
    elif _adding(context) and not context.actual.files and since_add < ADD_SCAN_MS:
        context.wait(now + max(2_000, since_add), "the app scans what was just added")
    elif memory.scans_requested >= SCANS and now - memory.scan_ended_at < NIGHT_MS:
        _report_what_stays(context, absent, stale)
    else:
        why = "its file is on the drive" if absent else "its file left the drive"
        context.actions.append(Rescan(context.actual.ref, absent, stale, why, _own(context, absent)))


def _report_what_stays(context: PlanContext, absent: tuple[Copy, ...], stale: tuple[str, ...]) -> None:
    """Say why no scan is of use for what the app does not list, or lists still."""
    context.stuck = True
    if said := two_folders_message(context, absent):
        tell_to_move(context, said)
    else:
        context.why.append(NOT_TAKEN if absent else NOT_DROPPED.format(stale[0]))


def _lists_others(context: PlanContext, absent: Iterable[Copy]) -> bool:
    """Return whether the app lists files in place of these copies that do not live in the mesh."""
    units = {unit for copy in absent for unit in copy.units}
    listed = (copy for key, copy in context.actual.files.items() if key not in context.desired.copies)
    return any(not units.isdisjoint(copy.units) for copy in listed)


def _correct(context: PlanContext, misread: tuple[Copy, ...]) -> None:
    """Plan an import by ids of files that the app lists as other units, once; else report them."""
    goal = _goal(misread, ())
    _count_for_files(context)
    memory = context.memory
    if memory.scan_command:
        context.wait(context.now + 2_000, "the app is scanning")
    elif memory.import_goal != goal and len(memory.recent_scans) < MOST_SCANS:
        why = "the app lists its file as another part"
        own = _own(context, misread)
        context.actions.append(ImportFiles(context.actual.ref, misread, (), why, goal, own))
    else:
        context.stuck = True
        context.why.append(NOT_CORRECTED.format(misread[0].path))


def _to_correct(context: PlanContext, misread: tuple[Copy, ...]) -> tuple[Copy, ...]:
    """Return which misread copies that others know better can be fixed by ids.

    These are copies of units that mean the same here, in the mesh as a whole and to who stated the copy.
    """
    differing, checks = context.numbered_differently, context.actual.checks
    known = {key for key, living in context.desired.copies.items() if living.is_known_by(context.me)}
    theirs = (copy for copy in misread if same_key(copy.path) not in known)
    alike = (
        copy for copy in theirs if all(checks.get(unit, each) == each for unit, each in copy.checks.items())
    )
    return _inside(context, (copy for copy in alike if differing.isdisjoint(copy.units)))


def _importable(context: PlanContext, absent: tuple[Copy, ...]) -> tuple[Copy, ...]:
    """Return the absent copies to import by ids; of several for one unit, the owner's."""
    copies = _inside(context, absent)
    if context.actual.multi_file_units:
        return copies
    taken: set[str] = set()
    chosen: list[Copy] = []
    for copy in sorted(copies, key=lambda copy: not _is_owners(context, copy)):
        if not taken.issuperset(copy.units):
            taken.update(copy.units)
            chosen.append(copy)
    return tuple(chosen)


def _inside(context: PlanContext, copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """Return the copies in the item's folder as the app spells it, of units that the app lists.

    The app moves a file that is elsewhere.
    """
    if not context.actual.imports_files or not context.actual.item.folder:
        return ()
    below, units = f"{context.actual.item.folder}/", context.actual.monitored.keys()
    return tuple(
        copy for copy in copies if copy.path.startswith(below) and copy.units and units >= {*copy.units}
    )


def _is_owners(context: PlanContext, copy: Copy) -> bool:
    node = context.desired.copies[same_key(copy.path)].brought_by
    return any(context.desired.owner_of(unit) == node for unit in copy.units)


def _own(context: PlanContext, copies: tuple[Copy, ...]) -> tuple[str, ...]:
    """Return the paths of the copies that this node published."""
    living = context.desired.copies
    return tuple(
        copy.path
        for copy in copies
        if (known := living.get(same_key(copy.path))) and known.node == context.me
    )


def _count_for(context: PlanContext, goal: str) -> None:
    """Count scans from zero for another goal, or for other files of the item in the mesh."""
    if goal != context.memory.scan_goal:
        context.remember(scan_goal=goal, scans_requested=0)
    _count_for_files(context)


def _count_for_files(context: PlanContext) -> None:
    """Count all scans of the item from zero for other files of it in the mesh.

    Files to which the app was brought back often enough stay given up when they come back: the set that it
    takes by itself is published as its household's, so that the two would live in turn, each of them followed
    anew.
    """
    memory = context.memory
    files = [f"{living.copy.path}:{living.copy.size}" for living in context.desired.copies.values()]
    known = "\n".join(sorted([*files, *(f"-{key}" for key in context.desired.ended)]))
    digest = blake2b(known.encode(), digest_size=8).hexdigest()
    if digest != memory.scanned_files:
        given_up = memory.files_given_up
        if memory.scans_settled >= MOST_SETTLED and memory.scanned_files not in given_up:
            given_up = (*given_up, memory.scanned_files)[-MOST_GIVEN_UP:]
        settled = MOST_SETTLED if digest in given_up else 0
        context.remember(
            scanned_files=digest, recent_scans=(), scans_settled=settled, files_given_up=given_up
        )


def _goal(absent: Iterable[Copy], stale: Iterable[str]) -> str:
    return "|".join([*(f"{copy.path}:{copy.size}" for copy in absent), *(f"-{path}" for path in stale)])
