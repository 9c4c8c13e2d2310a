"""Files whose names differ in spelling only: a drive that tells spellings apart has both."""

from mesharr.core.arr.snapshot import Baseline, Snapshot, namesakes
from mesharr.core.errors import Unavailable
from mesharr.node.model import Library


def listed_beside(library: Library, snapshot: Snapshot | None, baseline: Baseline | None) -> frozenset[str]:
    """Return the keys of listed files beside which the one listed before is still on the drive.

    While the drive cannot be asked, each that may have one has.
    """
    pairs = namesakes(snapshot, baseline.files.items()) if snapshot and baseline else {}
    if not pairs:
        return frozenset()
    try:
        sizes = library.storage.sizes([path for each in pairs.values() for path in each.paths])
    except Unavailable:
        return frozenset(pairs)
    return frozenset(key for key, each in pairs.items() if each.are_both_there(sizes))
