"""Where the drive shows the files of an item whose folder is spelled in several ways."""

from collections.abc import Mapping

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.files import FileDifferences, file_differences
from mesharr.core.planning.placement import spelled_paths
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem


def files_by_spelling(
    item: VisitedItem, actual: Snapshot | None, drive: DriveView
) -> Mapping[str, frozenset[str]]:
    """Return by spelling of the item's folder the keys of living copies that it alone shows.

    A drive that does not tell spellings apart shows each in every one. Nothing is looked for where the app
    lists what it should.
    """
    registry = item.registry
    if actual is None or file_differences(registry, actual) == FileDifferences():
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
