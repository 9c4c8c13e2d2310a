"""Files whose names differ in spelling only: a drive that tells spellings apart has both."""

from mesharr.core.arr.snapshot import Baseline, Snapshot, namesakes
from mesharr.core.errors import Unavailable
from mesharr.core.paths import same_key
from mesharr.node.model import Library
from mesharr.state.state import State


def listed_beside(
    library: Library, snapshot: Snapshot | None, baseline: Baseline | None, state: State
) -> frozenset[str]:
    """Return the keys of listed files beside which the one they would replace is on the drive.

    That is the living copy, else what the app listed before. An app that lists what it did has none. While
    the drive cannot be asked, each that may have one has.
    """
    if snapshot is None or baseline is None:
        return frozenset()
    if all(baseline.files.get(copy.path) == copy.size for copy in snapshot.files.values()):
        return frozenset()
    living = state.items.state(library.name, snapshot.item.id).copies
    known = {same_key(path): (path, size) for path, size in baseline.files.items()}
    known |= {key: (each.copy.path, each.copy.size) for key, each in living.items()}
    pairs = namesakes(snapshot, known.values())
    if not pairs:
        return frozenset()
    try:
        sizes = library.storage.sizes([path for each in pairs.values() for path in each.paths])
        folders = {folder for each in pairs.values() if (folder := each.folder_to_list(sizes))}
        names = {folder: library.storage.names(folder) for folder in folders}
    except Unavailable:
        return frozenset(pairs)
    return frozenset(key for key, each in pairs.items() if each.are_both_there(sizes, names))
