"""What visits see of the drive: each path is asked for once, since that may be a request."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.events.schema import Copy
from mesharr.core.paths import folder_of
from mesharr.core.text import size_text, unequal_sizes
from mesharr.node.model import Library
from mesharr.node.outcome import NOT_VISIBLE, Waits
from mesharr.state.state import State


class DriveView:
    """What one visit, or one pass over many items, has seen of a library's files."""

    def __init__(self, library: Library, state: State) -> None:
        self.library = library
        self._state = state
        self._seen: dict[str, int | None] = {}
        self._refreshed: frozenset[str] = frozenset()
        """The paths whose folders the mount has read again in this pass."""
        self._asked = False
        self._failure: Unavailable | None = None

    def check_available(self) -> None:
        """Raise `Unavailable` when the library is not available; it is asked once."""
        if not self._asked:
            try:
                self.library.storage.check_available()
            except Unavailable as error:
                self._failure = error
            self._asked = True
        if self._failure:
            raise self._failure

    def forget_available(self) -> None:
        """Have the library asked again: something did not answer since."""
        self._asked = False
        self._failure = None

    def expect(self, paths: Collection[str]) -> None:
        """Have what this pass will ask for listed together, if it is in most of all folders.

        When that fails, each is listed for itself.
        """
        folders = {path.partition("/")[0] for path in paths}
        with suppress(MesharrError):
            if self.library.storage.refresh_most(len(folders)):
                self._refreshed = frozenset(paths)

    def sizes(self, paths: Iterable[str]) -> dict[str, int | None]:
        """Return sizes on the merged view; None: not there."""
        asked = list(paths)
        unseen = {path for path in asked if path not in self._seen}
        for some, fresh in ((unseen & self._refreshed, False), (unseen - self._refreshed, True)):
            if some:
                self._seen |= self.library.storage.sizes(sorted(some), fresh=fresh)
        return {path: self._seen[path] for path in asked}

    def names(self, folders: Iterable[str]) -> dict[str, Sequence[str]]:
        """Return the names in folders of the merged view; "" is no folder."""
        return {folder: self.library.storage.names(folder) for folder in set(folders) if folder}

    def missing(self, copies: Sequence[Copy]) -> Waits | None:
        """Return which copy is not on the merged view with its size yet; None when all are."""
        sizes = self.sizes(copy.path for copy in copies)
        for copy in copies:
            size = sizes[copy.path]
            if size != copy.size:
                if size is None:
                    return Waits(f"{copy.path} ({size_text(copy.size)}) {NOT_VISIBLE}")
                wanted, seen = unequal_sizes(copy.size, size)
                return Waits(f"{copy.path} has {seen} here, and {wanted} in the mesh")
        folders = {folder_of(copy.path) for copy in copies}
        if any(self._state.uploads.is_swapping(self.library.name, folder) for folder in folders):
            return Waits("an upload of this folder is being swapped in")
        return None
