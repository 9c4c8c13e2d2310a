"""What a pass of reconcile reads of an arr: item by item, or once for all the items that are due."""

from collections.abc import Iterable
from typing import Protocol

from mesharr.arr.base import Arr
from mesharr.core.arr.model import ArrItem, ArrScans

MANY = 20
"""Up to so many items of an arr are read one by one."""


class ArrView(Protocol):
    """Answers what an arr shows. Raises what the arr's calls raise."""

    arr: Arr

    def read(self, item: str) -> ArrItem | None:
        """Return an item, None when the arr does not list it."""
        ...

    def scans(self) -> ArrScans:
        """Return what the arr scans, asked after what `read` returned."""
        ...

    def ended(self, command: int, ref: int) -> bool:
        """Return whether a scan of ours, a command on an item (0: not known any more), has ended."""
        ...


class LiveArrView:
    """Each answer is a request: what it says is as fresh as can be.

    But of `items`, which are going to be read, those are known to be absent at their first read that the arr
    did not list when another was looked for in vain: a list of thousands is read once for all of them.
    """

    def __init__(self, arr: Arr, items: Iterable[str] = ()) -> None:
        self.arr = arr
        self._unread = set(items)
        self._absent: frozenset[str] = frozenset()

    def read(self, item: str) -> ArrItem | None:
        """Ask for the item."""
        is_first = item in self._unread
        self._unread.discard(item)
        if is_first and item in self._absent:
            return None
        held = self.arr.read(item)
        if held is None:
            self._absent |= self.arr.unlisted(self._unread)
        return held

    def scans(self) -> ArrScans:
        """Ask for the commands."""
        return self.arr.scans()

    def ended(self, command: int, ref: int) -> bool:
        """Ask for the command."""
        del ref
        return self.arr.command_ended(command)


class ListedArrView:
    """The arr's whole list, read when this is made, and its commands, read when first needed.

    It is for one look at each item: what is done to one afterwards does not show here.
    """

    def __init__(self, arr: Arr) -> None:
        self.arr = arr
        self._held = {held.id: held for held in arr.read_all()}
        self._scans: ArrScans | None = None

    def read(self, item: str) -> ArrItem | None:
        """Return the item as the list showed it."""
        return self._held.get(item)

    def scans(self) -> ArrScans:
        """Return the commands as they were when first asked for."""
        if self._scans is None:
            self._scans = self.arr.scans()
        return self._scans

    def ended(self, command: int, ref: int) -> bool:
        """Whether the item is not scanned any more, which no command of ours survives."""
        del command
        return not self.scans().of(ref).running
