"""Looking at the drive on behalf of one item: each path once a visit, since a look may be a request."""

from collections.abc import Iterable, Sequence

from mesharr.core.errors import Unavailable
from mesharr.core.events.schema import Copy
from mesharr.core.paths import folder_of
from mesharr.node.model import Library
from mesharr.state.state import State


class Waiting(Unavailable):
    """Something an action needs is not there yet; not a failure."""


class DriveView:
    """What one visit, or one pass over many items, has seen of a library's files."""

    def __init__(self, library: Library, state: State) -> None:
        self.library = library
        self._state = state
        self._seen: dict[str, int | None] = {}
        self._asked = False
        self._dead: Unavailable | None = None

    def alive(self) -> None:
        """Return when the library is alive; raise `Unavailable` when it is not. It is asked once a look."""
        if not self._asked:
            try:
                self.library.storage.check_available()
            except Unavailable as error:
                self._dead = error
            self._asked = True
        if self._dead:
            raise self._dead

    def doubt(self) -> None:
        """Have the library asked again: something did not answer since."""
        self._asked = False
        self._dead = None

    def sizes(self, paths: Iterable[str]) -> dict[str, int | None]:
        """Return sizes on the merged view; None: not there."""
        wanted = list(paths)
        unseen = [path for path in wanted if path not in self._seen]
        if unseen:
            self._seen |= self.library.storage.sizes(unseen)
        return {path: self._seen[path] for path in wanted}

    def visible(self, copies: Sequence[Copy]) -> None:
        """Return when the copies are on the merged view with their sizes; raise `Waiting` when not."""
        sizes = self.sizes(copy.path for copy in copies)
        for copy in copies:
            size = sizes[copy.path]
            if size != copy.size:
                shown = "not visible here yet" if size is None else f"{size} bytes here"
                raise Waiting(f"{copy.path} ({copy.size} bytes) is {shown}")
        folders = {folder_of(copy.path) for copy in copies}
        if any(self._state.uploads.is_swapping(self.library.name, folder) for folder in folders):
            raise Waiting("an upload of this folder is being swapped in")
