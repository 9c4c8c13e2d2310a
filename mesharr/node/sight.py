"""What a pass of reconcile reads of an arr: item by item, or once for all the items that are due."""

from typing import Protocol

from mesharr.arr.base import Arr
from mesharr.core.held import Held, Scans


class Sight(Protocol):
    """Answers what an arr shows. Raises what the arr's calls raise."""

    arr: Arr

    def read(self, item: str) -> Held | None:
        """Return an item, None when the arr does not list it."""
        ...

    def scans(self) -> Scans:
        """Return what the arr scans, asked after what `read` returned."""
        ...

    def ended(self, command: int, ref: int) -> bool:
        """Return whether a scan of ours, a command on an item (0: not known any more), has ended."""
        ...


class OneByOne:
    """Each answer is a request: what it says is as fresh as can be."""

    def __init__(self, arr: Arr) -> None:
        self.arr = arr

    def read(self, item: str) -> Held | None:
        """Ask for the item."""
        return self.arr.read(item)

    def scans(self) -> Scans:
        """Ask for the commands."""
        return self.arr.scans()

    def ended(self, command: int, ref: int) -> bool:
        """Ask for the command."""
        del ref
        return self.arr.command_ended(command)


class Whole:
    """The arr's whole list, read when this is made, and its commands, read when first needed.

    It is for one look at each item: what is done to one afterwards does not show here.
    """

    def __init__(self, arr: Arr) -> None:
        self.arr = arr
        self._held = {held.id: held for held in arr.read_all()}
        self._scans: Scans | None = None

    def read(self, item: str) -> Held | None:
        """Return the item as the list showed it."""
        return self._held.get(item)

    def scans(self) -> Scans:
        """Return the commands as they were when first asked for."""
        if self._scans is None:
            self._scans = self.arr.scans()
        return self._scans

    def ended(self, command: int, ref: int) -> bool:
        """Whether the item is not scanned any more, which no command of ours survives."""
        del command
        return not self.scans().of(ref).running
