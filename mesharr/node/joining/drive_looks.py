"""Look for the files of a first day: where that is most of a library, its mount lists all."""

from collections.abc import Sequence
from contextlib import suppress

from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import Copy
from mesharr.core.planning.first_day import on_the_drive
from mesharr.node.model import Library

PATHS_AT_ONCE = 50
"""How many files' sizes are read in one call: each may be a remote listing of a folder."""
LISTED_MS = 600_000
"""So long a listing of the whole library is believed."""


class DriveLooks:
    """Looks for the files of one library, whose items are compared some at a time."""

    def __init__(self, library: Library) -> None:
        """Ask for nothing yet."""
        self._library = library
        self._asked_at = 0
        """When the mount was asked to list all (ms)."""
        self._is_listed = False
        """Whether it did."""

    def copies_on_drive(self, copies: Sequence[Copy], items: int, left: int, now: int) -> tuple[Copy, ...]:
        """Return the copies that are on the cloud branch with their sizes.

        They are of so many `items`, and `left` are not compared yet, with these.
        """
        folders = {copy.path.partition("/")[0] for copy in copies}
        if not 0 <= now - self._asked_at < LISTED_MS:
            self._is_listed = False
            if 2 * len(folders) >= items:  # so it is with what is left, most likely
                self._asked_at = now
                with suppress(MesharrError):  # each folder is listed for itself then
                    self._is_listed = self._library.storage.refresh_most(left)
        return copies_on_drive(self._library, copies, fresh=not self._is_listed)


def copies_on_drive(library: Library, copies: Sequence[Copy], *, fresh: bool = True) -> tuple[Copy, ...]:
    """Return the copies that are on the cloud branch with their sizes."""
    there: list[Copy] = []
    for start in range(0, len(copies), PATHS_AT_ONCE):
        some = copies[start : start + PATHS_AT_ONCE]
        there += on_the_drive(some, library.storage.cloud_sizes([copy.path for copy in some], fresh=fresh))
    return tuple(there)
