"""Which added items are imported by ids beside the app's scan: those it is far from.

The app scans what was added in its order, the import takes the last ones first: the two work towards each
other, and have to stop before they meet.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final

IMPORT_MS: Final = 30
"""How long the app takes for each file that it imports."""
SCANNED_PER_S: Final = 10
"""How many added items an app scans in a second at most; a real Radarr was seen to scan 7 to 9."""
AT_ONCE: Final = 3
"""How many items it scans at once."""
MOST_ADDS: Final = 2
"""Of how many adds files are imported meanwhile: an app runs three commands, and each add has one."""
WORTHWHILE: Final = 100
"""From how many items on that were left to the scan it is looked how far that is."""


def scanned_meanwhile(added: int, waited_ms: int) -> int:
    """Return how many added items the app may have scanned until the others are imported.

    It scans from the first one on since it was asked, `waited_ms` ago; the import begins with the last one.
    """
    import_s = IMPORT_MS / 1000
    before = SCANNED_PER_S * (max(0, waited_ms) / 1000 + import_s * added)
    return min(added, math.ceil(before / (1 + SCANNED_PER_S * import_s)))


class LeftToScan:
    """The items of an app that were added and left to its scan, by their ids there.

    A row for each add, in the order in which they are scanned. It lives in memory: after a restart the scan
    is left alone.
    """

    def __init__(self) -> None:
        self._rows: list[list[int]] = []

    def put(self, refs: Iterable[int]) -> None:
        """Note what was left of an add."""
        self._rows.append(list(refs))

    def all(self) -> frozenset[int]:
        """Return all that are left."""
        return frozenset(ref for row in self._rows for ref in row)

    def fills_the_app(self) -> bool:
        """Return whether so many adds are being scanned that an import would wait for one of them."""
        return len(self._rows) >= MOST_ADDS

    def has_any(self) -> bool:
        """Return whether anything is left."""
        return bool(self._rows)

    def is_worthwhile(self) -> bool:
        """Return whether so many are left that it is looked how far the scan is."""
        return sum(map(len, self._rows)) >= WORTHWHILE

    def drop(self, refs: Collection[int]) -> None:
        """Forget those that are imported, or have a file."""
        rows = ([ref for ref in row if ref not in refs] for row in self._rows)
        self._rows = [row for row in rows if row]

    def far(self, with_file: Collection[int], waited_ms: int) -> tuple[int, ...]:
        """Return what the scan is far from, the farthest first.

        `with_file` are those that had a file `waited_ms` ago: the scan has come to the last of them.
        """
        if len(self._rows) > MOST_ADDS:
            return ()
        rows = [_not_reached(row, with_file) for row in self._rows]
        near = AT_ONCE + scanned_meanwhile(sum(map(len, rows)), waited_ms)
        return tuple(ref for row in rows for ref in reversed(row[near:]))


def _not_reached(row: Sequence[int], with_file: Collection[int]) -> Sequence[int]:
    """Return what stands behind the last one that has a file."""
    last = max((place for place, ref in enumerate(row) if ref in with_file), default=-1)
    return row[last + 1 :]
