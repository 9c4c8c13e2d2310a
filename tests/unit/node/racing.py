"""An item that another thread writes to while something is done to it: during a request, or before a save."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.model import ArrScans
from mesharr.core.planning.actions import Policy
from mesharr.node.model import Library, LibraryStorage
from mesharr.state.db import Database
from mesharr.state.state import State

MOVIES, DUNE, NOW = "movies", "tmdb:438631", 1_764_000_000_000
WRITTEN = "9:9"
"""The unit that the other thread has just published an import of."""
_with = msgspec.structs.replace


class OtherThread:
    """Writes to the item once, at the first moment after it was armed."""

    def __init__(self) -> None:
        self.state: State | None = None
        self.armed = False
        self.writes = 0

    def comes(self) -> None:
        """Write, if it is time."""
        if self.armed and self.state:
            self.armed = False
            self.writes += 1
            self.state.items.update_memory(
                MOVIES, DUNE, lambda memory: _with(memory, must_monitor=(*memory.must_monitor, WRITTEN))
            )

    def is_lost(self) -> bool:
        """Whether what it wrote was overwritten."""
        assert self.state
        assert self.writes == 1
        return WRITTEN not in self.state.items.memory(MOVIES, DUNE).must_monitor


class RacedDatabase(Database):
    """A database in which the other thread is the first to get the lock."""

    def __init__(self, other: OtherThread) -> None:
        self._other = other
        super().__init__(":memory:")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let the other thread commit before this transaction begins."""
        if self._depth == 0:
            self._other.comes()
        with super().transaction():
            yield


class RacedArr:
    """An app during whose requests `during` is called; it has nothing, and does nothing."""

    def __init__(self, during: Callable[[], None]) -> None:
        self._during = during

    def scans(self) -> ArrScans:
        """Return that nothing is scanned."""
        self._during()
        return ArrScans()

    def rescan(self, ref: int, paths: Sequence[str] = (), units: Sequence[str] = ()) -> int:
        """Return the number of a scan."""
        self._during()
        return 7

    def exclusions(self) -> frozenset[str]:
        """Return that nothing is excluded."""
        return frozenset()

    def start_time(self) -> str:
        """Return what no comparison has noted."""
        return ""

    def __getattr__(self, name: str) -> Any:
        def request(*_args: object, **_kwargs: object) -> None:
            self._during()

        return request


class RacedStorage:
    """A drive on which nothing is, and during whose listings `during` is called."""

    def __init__(self, during: Callable[[], None]) -> None:
        self._during = during

    def check_available(self) -> None:
        """Return: it is there."""

    def sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return that none of them is there."""
        self._during()
        return dict.fromkeys(paths)


def raced_library(storage: RacedStorage) -> Library:
    """Return a library on a raced drive, of an app named `radarr`."""
    return Library(
        name=MOVIES, storage=cast(LibraryStorage, storage), policy=Policy(), app="radarr", root="/movies"
    )


def as_arr(arr: RacedArr) -> Arr:
    """Return the app as what the executor takes it for."""
    return cast(Arr, arr)
