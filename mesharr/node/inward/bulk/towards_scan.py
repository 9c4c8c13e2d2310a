"""Which films of a bulk add are imported by ids: those that the app scans later.

The app refreshes and scans what was added in its order, the import takes the last ones first: the two work
towards each other, and have to stop before they meet. How far the scan is, the app's commands say.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import Final

from mesharr.core.arr.model import ArrItem, ArrScans

IMPORT_MS: Final = 30
"""How long the app takes for each file that it imports."""
BEGIN_MS: Final = 500
"""How long an import waits for one of the app's threads: each is free after the film that it is at."""
SCAN_MS: Final = 100
"""How long the app takes at least until it begins with the next film; a real Radarr took 110 to 140."""
LISTED_SCAN_MS: Final = 30
"""The same after a film that has its file: it looks into no new file then."""
AT_ONCE: Final = 3
"""How many films it begins with at the same time."""
WORTHWHILE: Final = 20
"""From how many films on that the app comes to much later a further import is worth its requests."""


class LeftToScan:
    """The films that were added to an app and have no file yet.

    The app's scan finds it, or an import brings it. This lives in memory: after a restart all is left to the
    scan.
    """

    def __init__(self) -> None:
        self._left: dict[int, ArrItem] = {}
        self._imported: set[str] = set()
        self.imports_until = 0
        """When the app will have imported what it was asked to (ms)."""

    def put(self, arr_items: Iterable[ArrItem]) -> None:
        """Note what was added, as the app answered."""
        self._left |= {arr_item.ref: arr_item for arr_item in arr_items}

    def has_any(self) -> bool:
        """Return whether anything is left."""
        return bool(self._left)

    def far(self, scans: ArrScans, read_at: int, now: int) -> list[ArrItem]:
        """Return those that an import reaches before the scan can, the last ones first.

        `read_at` is when the commands were read (ms).
        """
        if scans.moving or (scans.importing and self.imports_until <= read_at):
            return []  # the import would begin some time, while the scan goes on
        imported_in = max(now, self.imports_until) - read_at + BEGIN_MS
        far: list[ArrItem] = []
        for ref, scanned_in in reversed(self._scanned_in(scans.queued)):
            if arr_item := self._left.get(ref):
                imported_in += IMPORT_MS
                if scanned_in <= imported_in:
                    break
                far.append(arr_item)
        return far

    def _scanned_in(self, queued: Sequence[int]) -> list[tuple[int, int]]:
        """Return each queued film, in order, with how soon the app may begin with it (ms)."""
        times = (SCAN_MS if ref in self._left else LISTED_SCAN_MS for ref in queued)
        return list(zip(queued, [0] * AT_ONCE + list(accumulate(times)), strict=False))

    def last_place(self, scans: ArrScans) -> int:
        """Return how many queued films are scanned once all that are left are."""
        return max((place for place, ref in enumerate(scans.queued, 1) if ref in self._left), default=0)

    def note_imported(self, arr_items: Collection[ArrItem]) -> None:
        """Note that the app was asked to import the files of these."""
        self._imported |= {arr_item.id for arr_item in arr_items}
        self._drop({arr_item.ref for arr_item in arr_items})

    def is_worthwhile(self, scans: ArrScans) -> bool:
        """Return whether so much is left and queued that a further import may be worth it."""
        return len(self._left.keys() & set(scans.queued)) > 2 * WORTHWHILE

    def waiting(self, items: Iterable[str]) -> set[str]:
        """Return which items wait for the scan, or for an import that was asked for."""
        return (self._imported | {arr_item.id for arr_item in self._left.values()}).intersection(items)

    def note_read(self, items: Iterable[str], with_file: Collection[int]) -> None:
        """Note that the app's list was read for these items, and what of it has a file."""
        self._imported.difference_update(items)
        self._drop(with_file)

    def _drop(self, refs: Collection[int]) -> None:
        self._left = {ref: arr_item for ref, arr_item in self._left.items() if ref not in refs}
