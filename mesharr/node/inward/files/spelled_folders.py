"""Where the drive shows files whose paths differ in spelling only."""

from collections.abc import Mapping

from mesharr.core.arr.snapshot import Snapshot, namesakes
from mesharr.core.planning.file_differences import FileDifferences, file_differences
from mesharr.core.planning.placement import spelled_paths
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem


def files_by_spelling(
    item: VisitedItem, actual: Snapshot | None, drive: DriveView
) -> Mapping[str, frozenset[str]]:
    """Return by spelling of the item's folder the keys of living copies that it alone shows.

    A drive that does not tell spellings apart shows each in every one. Nothing is looked for where the app
    lists what it should in the mesh's folder; in another spelling of it, others may wait for these files.
    """
    registry = item.registry
    if actual is None:
        return {}
    if actual.item.folder == registry.folder and file_differences(registry, actual) == FileDifferences():
        return {}
    paths = spelled_paths(registry, actual.item.folder)
    sizes = drive.sizes(path for each in paths.values() for path in each.values())
    shown = {
        spelling: {key for key, path in each.items() if sizes[path] == registry.copies[key].copy.size}
        for spelling, each in paths.items()
    }
    alone = {
        spelling: keys - set().union(*(other for each, other in shown.items() if each != spelling))
        for spelling, keys in shown.items()
    }
    return {spelling: frozenset(keys) for spelling, keys in alone.items() if keys}


def listed_beside(item: VisitedItem, actual: Snapshot | None, drive: DriveView) -> Mapping[str, str]:
    """Return by key the listed files beside which the living copy is on the drive.

    Their paths differ in spelling only. Files in folders that differ so are left to `files_by_spelling`.
    """
    if actual is None:
        return {}
    copies = (living.copy for living in item.registry.copies.values())
    below = f"{actual.item.folder}/"
    pairs = namesakes(actual, ((copy.path, copy.size) for copy in copies if copy.path.startswith(below)))
    sizes = drive.sizes(path for each in pairs.values() for path in each.paths)
    names = drive.names(each.folder_to_list(sizes) for each in pairs.values())
    return {key: each.listed.path for key, each in pairs.items() if each.are_both_there(sizes, names)}
