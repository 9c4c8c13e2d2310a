"""What every arr checks before it stores: paths, profiles, tags, the ids of a bulk edit."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.disk.folders import TakenFolders, clean, within
from mesharr.demo.wire import Fields, Invalid, JsonObject, error, invalid

T = TypeVar("T")

SYSTEM_FOLDERS = ("/bin", "/boot", "/lib", "/sbin", "/proc", "/usr/bin")


def refuse(failures: Iterable[Invalid]) -> None:
    """Raise the 400 array if there is any failure."""
    found = list(failures)
    if found:
        raise invalid(*found)


def profile_failures(arr: SimulatedApp, fields: Fields, name: str = "QualityProfileId") -> list[Invalid]:
    """Return what is wrong with the quality profile.

    It has to be given and to exist. `name` is the property in the reply.
    """
    profile = int(fields.given("qualityProfileId", 0))
    if profile <= 0:
        message = "'Quality Profile Id' must be greater than '0'."
        return [Invalid(name, message, profile, "GreaterThanValidator")]
    if profile not in arr.common.profiles:
        message = "Quality Profile does not exist"
        return [Invalid(name, message, profile, "QualityProfileExistsValidator")]
    return []


def path_failures(
    arr: SimulatedApp, path: str, others: TakenFolders, noun: str, taken: str = "an existing"
) -> list[Invalid]:
    """Return the first rule that an item's folder breaks, if any; paths compare with their case.

    `others` are the folders of all other items, `noun` is what this arr calls one, `taken` how it
    speaks of the one that has the path already.
    """
    recycle_bin = str(arr.config("mediamanagement")["recycleBin"])
    kind = noun.capitalize()
    rules = (
        (not os.path.isabs(path), f"Invalid Path: '{path}'", "PathValidator"),
        (
            clean(path) in map(clean, arr.common.roots.values()),
            f"Path '{path}' is already configured as a root folder",
            "RootFolderValidator",
        ),
        (
            bool(recycle_bin) and within(path, recycle_bin),
            f"Path '{path}' is set to or child of configured recycle bin folder",
            "RecycleBinValidator",
        ),
        (
            any(within(path, folder) for folder in SYSTEM_FOLDERS),
            f"Path '{path}' is a system folder",
            "SystemFolderValidator",
        ),
        (
            others.has(path),
            f"Path '{path}' is already configured for {taken} {noun}",
            f"{kind}PathValidator",
        ),
        (
            others.has_within(path),
            f"Path '{path}' is an ancestor of an existing {noun}",
            f"{kind}AncestorValidator",
        ),
    )
    broken = next((rule for rule in rules if rule[0]), None)
    return [] if broken is None else [Invalid("Path", broken[1], path, broken[2])]


def root_failures(arr: SimulatedApp, root: str, folder: str | None, noun: str) -> list[Invalid]:
    """Return what is wrong with a root folder that an item shall be put into as `folder`."""
    if not os.path.isabs(root):
        return [Invalid("RootFolderPath", f"Invalid Path: '{root}'", root, "PathValidator")]
    if clean(root) not in map(clean, arr.common.roots.values()):
        message = f"Root folder '{root}' does not exist"
        return [Invalid("RootFolderPath", message, root, "RootFolderExistsValidator")]
    if folder is not None and os.path.basename(clean(root)) == folder:
        message = f"Root folder path '{root}' contains {noun} folder '{folder}'"
        return [Invalid("RootFolderPath", message, root, f"{noun.capitalize()}FolderAsRootFolderValidator")]
    return []


def edited_tags(before: Sequence[int], fields: Fields) -> tuple[int, ...]:
    """Return the tags after a bulk edit.

    `applyTags` says whether `tags` are added, removed or all.
    """
    given, how = fields["tags"], str(fields.given("applyTags", "add"))
    if how == "remove":
        return tuple(tag for tag in before if tag not in given)
    if how == "replace":
        return tuple(dict.fromkeys(given))
    return tuple(dict.fromkeys((*before, *given)))


def bulk_edits(
    fields: Fields, columns: Mapping[str, str], path: str, tags: Sequence[int], built: str
) -> JsonObject:
    """Return the columns that a bulk edit changes in the row with this path and these tags.

    A root folder keeps the name of the item's folder, but with `moveFiles` it gets the `built` one, which the
    naming settings make: also when the root is the one it is in.

    `columns` maps each editable property to its column; what is omitted or null stays.
    """
    edits: JsonObject = {
        column: fields[name] for name, column in columns.items() if fields.get(name) is not None
    }
    if fields.get("rootFolderPath"):
        name = built if fields.given("moveFiles", False) else os.path.basename(path)
        edits["path"] = f"{clean(str(fields['rootFolderPath']))}/{name}"
    if fields.get("tags") is not None:
        edits["tags"] = edited_tags(tags, fields)
    return edits


def row_of(table: Mapping[int, T], number: int, kind: str) -> T:
    """Return the row with this id; an unknown one is a 404."""
    try:
        return table[number]
    except KeyError as unknown:
        raise error(404, f"{kind} with ID {number} does not exist") from unknown


def rows_with(table: Mapping[int, T], ids: Iterable[int]) -> list[T]:
    """Return the rows of a bulk request; one unknown id is a 500 and nothing is done."""
    wanted = list(dict.fromkeys(ids))
    found = [table[number] for number in wanted if number in table]
    if len(found) != len(wanted):
        raise error(500, f"Expected query to return {len(wanted)} rows but returned {len(found)}")
    return found
