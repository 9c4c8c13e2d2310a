"""One look at the drive for several files of one folder."""

from collections.abc import Sequence

from mesharr.core.errors import Unavailable
from mesharr.node.model import LibraryStorage


class DriveLook:
    """What mount and drive say of some files, read when the first is asked for."""

    def __init__(self, storage: LibraryStorage, paths: Sequence[str]) -> None:
        self._storage = storage
        self._paths = paths
        self._sizes: dict[str, int | None] | Unavailable | None = None

    def size(self, path: str) -> int | None:
        """Return the size that both say, None for no such file.

        Raises `Unavailable` when they cannot say.
        """
        if self._sizes is None:
            try:
                self._sizes = self._storage.sizes_on_drive(self._paths)
            except Unavailable as error:
                self._sizes = error
        if isinstance(self._sizes, Unavailable):
            raise self._sizes
        return self._sizes[path]
