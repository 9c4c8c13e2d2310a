"""The item of one visit: its record, read once, and the one way to change it."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from mesharr.core.planning.actions import Action
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.node.model import Library
from mesharr.node.outcome import Outcome
from mesharr.state.items import ItemRecord, LocalItem
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

_with = msgspec.structs.replace


class VisitedItem:
    """One item while it is visited: its record is read when this is made, and at `refresh`."""

    def __init__(self, state: State, library: Library, dirty: Dirty) -> None:
        self._state = state
        self.library = library
        self.dirty = dirty
        self.id = dirty.item
        self.record: ItemRecord = state.items.record(library.name, dirty.item)
        described = self.registry.item
        self.title = described.called if described else dirty.title or dirty.item

    @property
    def registry(self) -> ItemState:
        """What the registry wants of the item."""
        return self.record.registry

    @property
    def memory(self) -> ItemMemory:
        """What mesharr did to the item, as last read or written by this visit."""
        return self.record.local.memory

    @property
    def local(self) -> LocalItem:
        """What this node alone keeps of the item, as last read or written by this visit."""
        return self.record.local

    def refresh(self) -> None:
        """Read all of the item again, at one time.

        This node may have published something of the item meanwhile.
        """
        self.record = self._state.items.record(self.library.name, self.id)

    def has_pending(self) -> bool:
        """Return whether something of the item waits to be published, or for its explanation, now."""
        baseline = self._state.items.baseline(self.library.name, self.id)
        is_unexplained = baseline is not None and bool(baseline.unconfirmed)
        return is_unexplained or bool(self._state.outbox.of(self.library.name, self.id))

    def update(self, change: Callable[[LocalItem], LocalItem]) -> None:
        """Change what this node keeps of the item, by a function of the value it has at this moment."""
        local = self._state.items.update(self.library.name, self.id, change)
        self.record = _with(self.record, local=local)

    def update_memory(self, change: Callable[[ItemMemory], ItemMemory]) -> None:
        """Change the memory of the item, by a function of the memory it has at this moment."""
        self.update(lambda local: _with(local, memory=change(local.memory)))

    def replace_memory(self, before: ItemMemory, after: ItemMemory) -> bool:
        """Replace a memory that is still what it was; return whether it was.

        It follows from what can be read again, so the disk is not waited for.
        """
        with self._state.lazily():
            self.update_memory(lambda memory: after if memory == before else memory)
        return self.memory == after


class Watcher(Protocol):
    """Learns what visits do. A dry run reports it."""

    def acted(self, item: VisitedItem, action: Action, outcome: Outcome) -> None:
        """Take note of an action that did not fail."""
        ...

    def scan_queued(self, item: VisitedItem, folder: str) -> None:
        """Take note of a folder (library-relative) that the media servers are to scan."""
        ...


class NoWatcher:
    """Watches nothing."""

    def acted(self, item: VisitedItem, action: Action, outcome: Outcome) -> None:
        """Do nothing."""

    def scan_queued(self, item: VisitedItem, folder: str) -> None:
        """Do nothing."""
