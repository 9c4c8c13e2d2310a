"""What was read lately of items that nothing can be wanted of: a look at everything need not ask again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.profiles_tags import Labelled
from mesharr.core.arr.model import ArrItem

HOUR_S: Final = 3600.0
_packed = msgspec.msgpack.encode  # a large library is a quarter as big so
_unpacked = msgspec.msgpack.Decoder(ArrItem).decode


class Listed(Labelled, frozen=True, kw_only=True):
    """What any arr's list says of an item with units and files of its own."""

    id: int
    path: str = ""
    monitored: bool = False
    statistics: Mapping[str, Any] | None = None


Row = TypeVar("Row", bound=Listed)


class ReadCache(Generic[Row]):
    """Reads items, and remembers those that are unmonitored as a whole for an hour.

    `read` asks the arr for an item's units and files, `bare` makes do without; `count` names the member
    of an item's statistics that counts its files.
    """

    def __init__(
        self,
        api: ArrApi,
        read: Callable[[Row], ArrItem],
        bare: Callable[[Row], ArrItem],
        count: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._read = read
        self._bare = bare
        self._count = count
        self._clock = clock
        self._seen: dict[int, tuple[bytes, float, bytes]] = {}
        self._era = 0

    def every(self, rows: Sequence[Row]) -> Iterator[ArrItem]:
        """Yield all of a full list; what is not in it is forgotten, and all of it when the arr may have
        another database than before.

        A monitored item is always asked for. An unmonitored one is not when it has no files, or when the
        list says the same of it as when it was last read within the hour.
        """
        kept = self._seen if self._era == self._api.era else {}
        self._era = self._api.era
        self._seen = {row.id: kept[row.id] for row in rows if row.id in kept}
        for row in rows:
            yield self._known(row) or self.asked(row)

    def asked(self, row: Row) -> ArrItem:
        """Return an item as the arr has it now."""
        held = self._read(row)
        if not row.monitored:
            self._seen[row.id] = (_packed(row), self._clock(), _packed(held))
        return held

    def _known(self, row: Row) -> ArrItem | None:
        if row.monitored:
            return None
        if row.statistics and not row.statistics.get(self._count):
            return self._bare(row)
        before, at, held = self._seen.get(row.id, (b"", 0.0, b""))
        if before != _packed(row) or self._clock() - at >= HOUR_S:
            return None
        return _unpacked(held)
