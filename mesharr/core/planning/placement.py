"""Inward, the place and form of an item: a published change is followed once."""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from mesharr.core.arr.snapshot import Snapshot, is_carried_along
from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.events.schema import Copy, Renamed
from mesharr.core.paths import same_key, unicode_form
from mesharr.core.planning.actions import Move, Plan, Rescan, SetSeriesType
from mesharr.core.planning.context import PlanContext
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import quantity

FOLLOW_MS = HOUR_MS
"""How long the files of a moved item are waited for: a large folder is moved within the hour."""
LOOK_MS = 60_000
"""How often a moved item is checked meanwhile."""

FIX_MS = 900_000
"""How often an item is checked whose files are in two folders: no app tells that the user moved them."""
TWO_FOLDERS = "its files are in two folders, {} and {}"
MOVE_THEM = f"{TWO_FOLDERS}: set its path in the app to the second, and let the app move the files"
OTHERS_MOVE = (
    "the household that has it in the second has to move the files, see mesharr status there; "
    "if none has, move them into the first and let the app scan"
)
OTHERS_MOVE_THEM = f"{TWO_FOLDERS}: {OTHERS_MOVE}"
TWO_SPELLINGS = "its files are in two folders whose names differ in {} only, {} and {}"
MOVE_SPELLED = f"{TWO_SPELLINGS}: set its path in the app to the second, and let the app move the files"
OTHERS_MOVE_SPELLED = f"{TWO_SPELLINGS}: {OTHERS_MOVE}"
OUTSIDE = "the app lists {} outside of its folder {}: use its Preview Rename, which moves the file there"
NAMESAKES = (
    "two of its files have names that differ in {} only, {} and {}: the mesh has the second, "
    "delete the first or give it another name"
)


def plan_elsewhere(
    desired: ItemState, ref: int, where: str, memory: ItemMemory, me: str, now: int, *, stays: bool = False
) -> Plan:
    """Return the plan of an item that the app keeps in another library: `where`, "" for none.

    An app keeps an item in one place. It is moved to this library when a peer moved it from there to here,
    its files are here, and no living file of it `stays` there: no peer's event moves an item away from its
    files.
    """
    if me in desired.left_by:
        return Plan((), memory)
    if where in desired.moved_from and not stays:
        needs = copies_in(desired.folder, (living.copy for living in desired.copies.values()))
        return Plan((Move(ref, desired.folder, needs, f"it was moved here from {where}"),), memory)
    return Plan((), memory, now + DAY_MS, f"the app keeps it in {where or 'a folder of no library'}")


def await_moved_files(context: PlanContext) -> None:
    """Wait for the files of a moved item: the app lists none, or some outside of its folder.

    The files may also stay where they are: after an hour they are waited for no more. What the app lists
    outside then was left there by its refresh, which wrote back the folder from which it moved them: no other
    household's app finds that.
    """
    desired, here = context.desired, context.actual.item.folder
    is_here = same_key(desired.folder) == same_key(here)
    outside = _listed_outside(context) if is_here else ()
    if not desired.version or not (outside if is_here else _are_elsewhere(desired)):
        context.remember(moved_folder="", moved_seen_at=0)
        if desired.version and desired.copies and not is_here and _lists_living(context):
            tell_to_move(context, MOVE_THEM.format(here, desired.folder))
        return
    since = context.memory.moved_seen_at if context.memory.moved_folder == desired.folder else context.now
    context.remember(moved_folder=desired.folder, moved_seen_at=since)
    if 0 <= context.now - since < FOLLOW_MS:
        look = since + FOLLOW_MS if is_here else context.now + LOOK_MS
        context.wait(look, f"moved to {desired.folder}: its files are to follow")
    elif outside:
        context.stuck = True
        context.wait(context.now + FIX_MS, OUTSIDE.format(outside[0], here))


def tell_to_move(context: PlanContext, said: str) -> None:
    """Say that people are to move files, and into which folder of this app, if any.

    The app refuses a folder in which it has another item.
    """
    desired, here = context.desired, context.actual.item.folder
    context.into = desired.folder if here != desired.folder else ""
    context.stuck = True
    context.wait(context.now + FIX_MS, said)


def _are_elsewhere(desired: ItemState) -> bool:
    """Return whether all files of an item are outside of its folder in the mesh."""
    return bool(desired.copies) and not any(_is_below(key, desired.folder) for key in desired.copies)


def _listed_outside(context: PlanContext) -> tuple[str, ...]:
    """Return the paths of living copies that the app lists outside of its folder of the item."""
    here, living = context.actual.item.folder, context.desired.copies
    return tuple(
        living[key].copy.path for key in context.actual.files if key in living and not _is_below(key, here)
    )


def plan_series_type(context: PlanContext) -> None:
    """Plan what follows a change of the series type.

    What differed before any change was published stays, and so does what the user sets here afterwards,
    which the comparison publishes.
    """
    desired, actual = context.desired.series_type, context.actual.item.series_type
    change = f"{context.desired.series_type_version} {desired}"
    if not context.desired.series_type_version or not actual:
        return
    if desired == actual:
        context.remember(series_type_change=change)
    elif context.memory.series_type_change != change:
        item, why = context.actual.item, f"it is {desired} in the mesh"
        context.actions.append(SetSeriesType(context.actual.ref, item.folder, desired, change, why))


def folder_to_take(context: PlanContext, copies: tuple[Copy, ...]) -> str:
    """Return the folder of these copies that the app is to take, else "".

    That is when the app has another folder and no living file, or spells their folder otherwise. The folder
    of the mesh may have none of them: a refresh that had begun before an app moved them wrote the former one
    back. Files in a folder that another item keeps in the mesh are that one's. An app that keeps its spelling
    is asked once for a change of the mesh.
    """
    desired, here = context.desired, context.actual.item.folder
    if spelling := context.seen.only_spelling:
        return "" if spelling == here or _is_kept(context, spelling) else spelling
    described = desired.item.folder if desired.item else ""
    known = (desired.folder, described, _folder_of_all(desired))
    folder = next((each for each in known if _lie_in(each, copies)), "")
    if not folder or _lie_in(here, copies):
        return ""
    if same_key(folder) == same_key(here):
        return "" if folder != desired.folder or _is_kept(context, folder) else folder
    if not context.folder_taken and any(key not in desired.ended for key in context.actual.files):
        return ""
    return "" if _lie_in(same_key(here), copies, same_key) else folder


def _folder_of_all(desired: ItemState) -> str:
    """Return the folder, as deep as the item's own, of all living copies; "" for several."""
    depth = desired.folder.count("/") + 1
    folders = {"/".join(living.copy.path.split("/")[:depth]) for living in desired.copies.values()}
    return folders.pop() if len(folders) == 1 else ""


def copies_in(folder: str, copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """Return the copies that a move of an item to a folder waits for: those in it, if any are.

    What lies elsewhere does not come with the folder.
    """
    known = tuple(copies)
    return tuple(copy for copy in known if _is_below(same_key(copy.path), folder)) or known


def _is_kept(context: PlanContext, folder: str) -> bool:
    """Return whether the app was asked for this spelling of its folder, and keeps its own."""
    return context.memory.folder_change == folder_change(context.desired, folder)


def folder_change(desired: ItemState, folder: str) -> str:
    """Return what names the change of the mesh that gave an item this folder."""
    return f"{desired.version} {folder}"


def note_folder_taken(context: PlanContext) -> None:
    """Note that the app lists the folder that it was asked to take.

    A spelling that it has later was changed by somebody, or written back by a refresh that had begun before:
    the app is asked again.
    """
    if context.actual.item.folder == context.memory.folder_requested:
        context.remember(folder_change="")


def two_folders_message(context: PlanContext, absent: tuple[Copy, ...]) -> str:
    """Return the message about an item whose files are in two folders, "" for no such item.

    The app lists living copies in its folder, and all absent ones are elsewhere. An item has one folder: no
    scan finds what is outside of it, and an import would move the files.
    """
    desired, here = context.desired, context.actual.item.folder
    is_elsewhere = absent and not any(_is_below(same_key(copy.path), here) for copy in absent)
    if not is_elsewhere or not _lists_living(context):
        return ""
    if same_key(here) != same_key(desired.folder):
        return MOVE_THEM.format(here, desired.folder)
    return OTHERS_MOVE_THEM.format(here, absent[0].path.rpartition("/")[0])


def spelled_paths(desired: ItemState, folder: str) -> Mapping[str, Mapping[str, str]]:
    """Return by spelling of an item's folder the paths of living copies in it, by key.

    `folder` is that of the app. Only copies in it count, and nothing is returned where it has one spelling.
    """
    depth = folder.count("/") + 1
    parts = {
        key: living.copy.path.split("/") for key, living in desired.copies.items() if _is_below(key, folder)
    }
    spellings = dict.fromkeys((folder, desired.folder, *("/".join(each[:depth]) for each in parts.values())))
    found = {
        spelling: {key: "/".join((spelling, *each[depth:])) for key, each in parts.items()}
        for spelling in spellings
        if same_key(spelling) == same_key(folder)
    }
    return found if len(found) > 1 else {}


def await_one_folder(context: PlanContext) -> None:
    """Say what to do about a folder that is two on the drive, which differ in spelling only.

    An app lists the files of one of them, and mesharr moves none. Who has the mesh's spelling keeps it.
    """
    seen, folder, here = context.seen, context.desired.folder, context.actual.item.folder
    if not seen.is_divided:
        return
    other = next(each for each in seen.spellings if each != here)
    if here in seen.spellings and here != folder:
        said = MOVE_SPELLED.format(_differing(here, folder), here, folder)
    else:
        said = OTHERS_MOVE_SPELLED.format(_differing(folder, other), folder, other)
    if here not in {*seen.spellings, folder} and not _is_kept(context, folder):
        context.actions.append(Move(context.actual.ref, folder, (), f"its folder is {folder} in the mesh"))
    tell_to_move(context, said)


def report_namesakes(context: PlanContext) -> None:
    """Say what to do about two files whose paths differ in spelling only.

    The app lists the one that the mesh does not have. Each of its scans may take the one or the other, and an
    import by ids would delete one.
    """
    if not context.seen.namesakes:
        return
    (key, path), *others = context.seen.namesakes.items()
    living = context.desired.copies[key].copy.path
    more = f" (and so {quantity(len(others), 'other pair')})" if others else ""
    context.stuck = True
    context.wait(context.now + FIX_MS, NAMESAKES.format(_differing(path, living), path, living) + more)


def _differing(one: str, other: str) -> str:
    """Return in what two spellings of a folder differ, as a user reads it."""
    return "the Unicode form of letters" if unicode_form(one) == unicode_form(other) else "capitals"


def moved_along(desired: ItemState, actual: Snapshot, me: str) -> dict[str, Copy]:
    """Return where files that this household tells of went along with the item's folder.

    Those are the files, by their paths, that its app lists in another folder, or in another spelling of it,
    than another household gave the item; and those it has dropped there since. The app of that household
    moves all that is in the folder, also what was just imported there.
    """
    here, folder = actual.item.folder, desired.folder
    if not desired.version or not here or not folder or here == folder:
        return {}
    listed = {
        key: copy
        for key, copy in actual.files.items()
        if key not in desired.ended and (key not in desired.copies or _is_told_by(me, desired, key))
        if not _stated_path(desired, key, copy).startswith(f"{folder}/")
    }
    dropped = {
        key: living.copy
        for key, living in desired.copies.items()
        if key not in actual.files and _is_told_by(me, desired, key)
        if not living.copy.path.startswith(f"{folder}/")
    }
    depth = here.count("/") + 1
    return {
        copy.path: msgspec.structs.replace(copy, path=f"{folder}/{copy.path.split('/', depth)[-1]}")
        for key, copy in (listed | dropped).items()
        if _is_below(key, here)
    }


def places_after_a_move(desired: ItemState, paths: Iterable[str], me: str) -> tuple[Renamed, ...]:
    """Return where copies that this household tells of may be since a peer moved the item.

    Those are the places in its folder to which they went if that was moved with all that is in it, several of
    each copy. Where the mesh has another copy is that one's file: two households may import one release.
    """
    if not desired.version or not desired.folder or me in desired.left_by:
        return ()
    below = f"{desired.folder}/"
    found: list[Renamed] = []
    for key in sorted({same_key(path) for path in paths} & desired.copies.keys()):
        copy = desired.copies[key].copy
        if copy.path.startswith(below) or not _is_told_by(me, desired, key):
            continue
        parts = copy.path.split("/")
        tails = ("/".join(parts[depth:]) for depth in range(1, len(parts)))
        places = (msgspec.structs.replace(copy, path=f"{below}{tail}") for tail in tails)
        found += [
            Renamed(old=copy.path, new=place)
            for place in places
            if same_key(place.path) == key or same_key(place.path) not in desired.copies
        ]
    return tuple(found)


def has_names_to_publish(desired: ItemState, actual: Snapshot, pending: Collection[str], me: str) -> bool:
    """Return whether files have names in the app that are to be published.

    The app lists this household's elsewhere than the mesh, or than `pending`: the keys of unpublished copies;
    or it lists any in the mesh's spelling of the folder, in which they are not published.
    """
    if not desired.version or same_key(actual.item.folder) != same_key(desired.folder):
        return False
    if not actual.files.keys() >= set(pending):
        return True
    absent = desired.copies.keys() - actual.files.keys()
    unknown = {copy.size for key, copy in actual.files.items() if key not in desired.copies}
    if any(_is_told_by(me, desired, key) and desired.copies[key].copy.size in unknown for key in absent):
        return True
    both = ((desired.copies[key].copy, copy) for key, copy in actual.files.items() if key in desired.copies)
    return any(is_carried_along(listed.path, known.path, desired) for known, listed in both)


def plan_moved_along(context: PlanContext) -> None:
    """Plan that the app takes the item's folder, where its files are, and reads them there."""
    files = context.seen.went_along
    ref, copies, why = context.actual.ref, tuple(files.values()), "its files were moved with the folder"
    context.actions += [
        Move(ref, context.desired.folder, copies, why),
        Rescan(ref, copies, tuple(files), why),
    ]


def _lists_living(context: PlanContext) -> bool:
    """Return whether the app lists living copies in its folder of the item."""
    here, living = context.actual.item.folder, context.desired.copies
    return any(key in living and _is_below(key, here) for key in context.actual.files)


def _is_told_by(me: str, desired: ItemState, key: str) -> bool:
    """Return whether this household tells where a copy is.

    It brought the copy, or who did has left the item.
    """
    return desired.copies[key].brought_by in {me, *desired.left_by}


def _stated_path(desired: ItemState, key: str, listed: Copy) -> str:
    """Return the path of a listed file in the mesh, or its listed one if it is unpublished."""
    return desired.copies[key].copy.path if key in desired.copies else listed.path


def _is_below(key: str, folder: str) -> bool:
    return key.startswith(f"{same_key(folder)}/")


def _lie_in(folder: str, copies: Iterable[Copy], form: Callable[[str], str] = str) -> bool:
    """Return whether a copy lies in a folder, in the given form of both."""
    return bool(folder) and any(form(copy.path).startswith(f"{folder}/") for copy in copies)
