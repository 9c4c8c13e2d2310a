"""Read an app for visits: item by item, or its whole list once for all items that are due."""

from collections.abc import Iterable
from typing import Protocol

from mesharr.arr.base import Arr
from mesharr.core.arr.model import ArrItem, ArrScans
from mesharr.node.model import RecentList

MANY = 20
"""Up to so many items of an app are read one by one."""


class ArrView(Protocol):
    """What visits ask an app. Each call raises what the app's own calls raise."""

    arr: Arr
    read_at: int
    """When all items were read (ms), 0 when each is read as it is asked for."""

    def read(self, item: str) -> ArrItem | None:
        """Return an item, None when the app does not list it."""
        ...

    def scans(self) -> ArrScans:
        """Return what the app scans, as of a time after the last `read`."""
        ...

    def ended(self, command: int, ref: int) -> bool:
        """Return whether a requested scan has ended; `command` and `ref` (0: unknown) name it."""
        ...


class LiveArrView:
    """Asks the app each time.

    But an app that cannot be asked for one item sends its whole list. Of `items`, which are going to be read,
    those that were not on a list that was read for another one are taken as absent at their first read.
    """

    def __init__(self, arr: Arr, items: Iterable[str] = ()) -> None:
        self.arr = arr
        self.read_at = 0
        self._unread = set(items)
        self._absent: frozenset[str] = frozenset()

    def read(self, item: str) -> ArrItem | None:
        """Ask the app for the item."""
        is_first = item in self._unread
        self._unread.discard(item)
        if is_first and item in self._absent:
            return None
        arr_item = self.arr.read(item)
        if arr_item is None:
            self._absent |= self.arr.unlisted(self._unread)
        return arr_item

    def scans(self) -> ArrScans:
        """Ask the app for its commands."""
        return self.arr.scans()

    def ended(self, command: int, ref: int) -> bool:
        """Ask the app for the command."""
        del ref
        return self.arr.command_ended(command)


class ListedArrView:
    """Holds the app's list as of when this is made.

    Its commands are those of a moment before that, or of the first use. It serves one visit to each item:
    what is done to an item afterwards does not show here.
    """

    def __init__(
        self, arr: Arr, now: int, *, scans: ArrScans | None = None, known: RecentList | None = None
    ) -> None:
        """`scans` are commands that were read just now: what ended before that shows in the list.

        `known` is a list that was read a moment ago, which is not read again.
        """
        self.arr = arr
        self._scans = scans
        self.read_at = known.at if known else now
        listed = known.arr_items if known else arr.read_all(recent=scans is not None)
        self._arr_items = {arr_item.id: arr_item for arr_item in listed}

    def read(self, item: str) -> ArrItem | None:
        """Return the item as it was on the list."""
        return self._arr_items.get(item)

    def scans(self) -> ArrScans:
        """Return the commands as they were when first asked for."""
        if self._scans is None:
            self._scans = self.arr.scans()
        return self._scans

    def refs_with_file(self) -> frozenset[int]:
        """Return the app's ids of the items that have a file."""
        return frozenset(arr_item.ref for arr_item in self._arr_items.values() if arr_item.files)

    def ended(self, command: int, ref: int) -> bool:
        """Return whether the item is scanned no more: then no command for it runs."""
        del command
        return not self.scans().of(ref).running


class AddedArrView(ListedArrView):
    """Holds items that were just added and are not scanned soon, as the app answered."""

    def __init__(self, arr: Arr, now: int, added: Iterable[ArrItem]) -> None:
        self.arr = arr
        self.read_at = now
        self._arr_items = {arr_item.id: arr_item for arr_item in added}
        self._scans = ArrScans()
