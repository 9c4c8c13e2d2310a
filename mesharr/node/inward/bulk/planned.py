"""The adds and imports that a pass over many items does together."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from mesharr.core.arr.model import FileToImport, NewItem
from mesharr.core.planning.actions import Add, ImportFiles
from mesharr.core.text import from_node, quantity
from mesharr.node.inward.executor import ActionExecutor
from mesharr.node.inward.visit import Visit
from mesharr.node.inward.visited_item import VisitedItem

log = logging.getLogger(__name__)

KINDS: Final = {
    "movie": ("film",),
    "series": ("series", "series"),
    "artist": ("artist",),
    "author": ("author",),
}
"""What one and many items of a kind are called."""

NAMED = 5
"""How many of many items are named in a line of the log."""


class Adding(msgspec.Struct, frozen=True):
    """An add that is planned."""

    visit: Visit
    add: Add

    @property
    def executor(self) -> ActionExecutor:
        assert self.visit.executor
        return self.visit.executor

    @property
    def item(self) -> VisitedItem:
        return self.visit.item


class PreparedAdd(Adding, frozen=True):
    """An add whose preconditions hold, and what the app is asked."""

    new: NewItem


class Importing(msgspec.Struct, frozen=True):
    """An import by ids that is planned, and what the app is asked to register."""

    visit: Visit
    action: ImportFiles
    files: tuple[FileToImport, ...]

    @property
    def executor(self) -> ActionExecutor:
        assert self.visit.executor
        return self.visit.executor


def log_added(batch: Sequence[Adding]) -> None:
    """Log what was added, a line for each library and household it came from."""
    groups = defaultdict[tuple[str, str], list[Adding]](list)
    for each in batch:
        groups[each.visit.library.name, each.add.origin].append(each)
    for (library, origin), added in groups.items():
        names = ", ".join(each.item.title for each in added[:NAMED])
        source = from_node(added[0].visit.state.names.called(origin))
        if len(added) == 1:
            log.info("%s: added %s%s", library, names, source)
            continue
        more = f" and {len(added) - NAMED} more" if len(added) > NAMED else ""
        many = quantity(len(added), *KINDS[added[0].add.item.kind])
        log.info("%s: added %s%s: %s%s", library, many, source, names, more)
