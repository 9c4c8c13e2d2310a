"""Keep unmonitored items for an hour, so that a full read need not request each again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.profiles_tags import LabelledItem
from mesharr.core.arr.model import ArrItem

HOUR_S: Final = 3600.0
# packed, a large library takes a quarter of the memory
_packed = msgspec.msgpack.encode
_unpacked = msgspec.msgpack.Decoder(ArrItem).decode


class ListedItem(LabelledItem, frozen=True, kw_only=True):
    """An item as an app's full list has it, without its units and files."""

    id: int
    path: str = ""
    monitored: bool = False
    statistics: Mapping[str, Any] | None = None


Row = TypeVar("Row", bound=ListedItem)


class _CachedItem(msgspec.Struct, frozen=True):
    row: bytes
    read_at: float
    item: bytes


class ReadCache(Generic[Row]):
    """Reads items with their units and files, and keeps the unmonitored ones for an hour."""

    def __init__(
        self,
        api: ArrApi,
        read: Callable[[Row], ArrItem],
        without_files: Callable[[Row], ArrItem],
        count: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how an item is read.

        `read` requests its units and files, `without_files` makes no request; `count` is the member of
        an item's statistics that holds the number of its files.
        """
        self._api = api
        self._read = read
        self._without_files = without_files
        self._count = count
        self._clock = clock
        self._cached: dict[int, _CachedItem] = {}
        self._generation = 0

    def read_all(self, rows: Sequence[Row]) -> Iterator[ArrItem]:
        """Yield the items of a full list.

        A monitored item is always requested. An unmonitored one is not when it has no files, or when its
        row is the same as when it was last read within the hour. What is not in the list is dropped from
        the cache, and everything is when the app may have another database than before.
        """
        kept = self._cached if self._generation == self._api.generation else {}
        self._generation = self._api.generation
        self._cached = {row.id: kept[row.id] for row in rows if row.id in kept}
        for row in rows:
            yield self._from_cache(row) or self.read(row)

    def read(self, row: Row) -> ArrItem:
        """Return an item as the app has it now."""
        item = self._read(row)
        if not row.monitored:
            self._cached[row.id] = _CachedItem(_packed(row), self._clock(), _packed(item))
        return item

    def _from_cache(self, row: Row) -> ArrItem | None:
        if row.monitored:
            return None
        if row.statistics and not row.statistics.get(self._count):
            return self._without_files(row)
        cached = self._cached.get(row.id)
        if cached is None or cached.row != _packed(row) or self._clock() - cached.read_at >= HOUR_S:
            return None
        return _unpacked(cached.item)
