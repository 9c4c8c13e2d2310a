"""Sort events into the kinds that activity is filtered by."""

from collections.abc import Mapping
from typing import Final

from mesharr.core.events.schema import (
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    NodeHello,
    NodeLeft,
    StreamOpened,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)

KINDS: Final[Mapping[str, str]] = {
    ItemAdded.type_name: "added",
    LibraryFound.type_name: "added",
    FileImported.type_name: "imported",
    ItemChanged.type_name: "changed",
    ItemMoved.type_name: "changed",
    ItemAliased.type_name: "changed",
    FileRenamed.type_name: "changed",
    ItemLeft.type_name: "removed",
    ItemRemoved.type_name: "removed",
    FileRemoved.type_name: "removed",
    UnitGrabbed.type_name: "download",
    UnitReleased.type_name: "download",
    UnitClaimed.type_name: "claimed",
    StreamOpened.type_name: "node",
    NodeLeft.type_name: "node",
    NodeHello.type_name: "hello",
}
"""The kind that activity is filtered by, of each type of event."""
OTHER: Final = "other"
"""The kind of the events that only a newer program knows."""
HIDDEN: Final = frozenset({"hello"})
"""The kinds that are shown only when they are asked for: each node states them every hour."""


def kind_of(type_name: str) -> str:
    """Return the kind of an event by its type."""
    return KINDS.get(type_name, OTHER)
