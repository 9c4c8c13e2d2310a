"""What all visits of a node share."""

from collections.abc import Callable, Mapping

import msgspec

from mesharr.node.inward.visited_item import NoWatcher, Watcher
from mesharr.node.limits import Guard
from mesharr.node.model import Library, Me
from mesharr.state.state import State


class VisitContext(msgspec.Struct, frozen=True, kw_only=True):
    """What all visits of a node share."""

    me: Me
    """This node."""
    libraries: Mapping[str, Library]
    """All libraries by name."""
    state: State
    """What this node keeps."""
    guard: Guard
    """The limits."""
    now: Callable[[], int]
    """The time (ms)."""
    watcher: Watcher = NoWatcher()
    """What learns what visits do."""

    def others_of_app(self, library: Library) -> tuple[Library, ...]:
        """Return the other libraries of the same app."""
        return tuple(
            each for each in self.libraries.values() if each.app == library.app and each is not library
        )
