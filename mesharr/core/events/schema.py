"""All types of events in one table, and the checked reading of a body.

A body is decoded once, by `body_of`, which trusts nothing: ids, paths, lengths and ranges are checked there,
so that the code behind it has no need to. A new type of event is a class (`mesharr.core.events.base` says
what it answers for itself) and its place in `TYPES`.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.base import ActivityKind, Body, Copy, Heads, Item, ItemBody, UnitsOfPath, Vector
from mesharr.core.events.file_events import FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.events.item_events import (
    Found,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
)
from mesharr.core.events.node_events import (
    LibraryInfo,
    NodeHello,
    NodeLeft,
    PathConflict,
    StreamOpened,
    UploadsInfo,
)
from mesharr.core.events.unit_events import UnitClaimed, UnitGrabbed, UnitReleased
from mesharr.core.events.validation import check, check_unescaped, is_unescaped

__all__ = [
    "TYPES",
    "Body",
    "Copy",
    "FileImported",
    "FileRemoved",
    "FileRenamed",
    "Found",
    "Heads",
    "Item",
    "ItemAdded",
    "ItemAliased",
    "ItemBody",
    "ItemChanged",
    "ItemLeft",
    "ItemMoved",
    "ItemRemoved",
    "LibraryFound",
    "LibraryInfo",
    "NodeHello",
    "NodeLeft",
    "PathConflict",
    "Renamed",
    "StreamOpened",
    "UnitClaimed",
    "UnitGrabbed",
    "UnitReleased",
    "UnitsOfPath",
    "UploadsInfo",
    "Vector",
    "activity_of",
    "body_as_written",
    "body_of",
    "is_found_by_type",
]

TYPES: Final[dict[str, type[Body]]] = {
    body.type_name: body
    for body in (
        LibraryFound,
        ItemAdded,
        ItemChanged,
        ItemMoved,
        ItemAliased,
        ItemLeft,
        ItemRemoved,
        FileImported,
        FileRenamed,
        FileRemoved,
        UnitGrabbed,
        UnitReleased,
        UnitClaimed,
        NodeHello,
        StreamOpened,
        NodeLeft,
    )
}
"""The class of each event type that this program knows."""

_encode: Final = msgspec.json.Encoder().encode


def is_found_by_type(type_name: str) -> bool:
    """Return whether an index is kept to search events of a type by their type."""
    body = TYPES.get(type_name)
    return body is not None and body.found_by_type


def activity_of(type_name: str) -> ActivityKind:
    """Return the kind under which events of a type are listed, `other` for an unknown type."""
    return TYPES.get(type_name, Body).activity


@cache
def _decoder(body: type[Body]) -> Callable[[bytes | msgspec.Raw], Body]:
    return msgspec.json.Decoder(body).decode


def body_of(type_name: str, raw: bytes | msgspec.Raw) -> Body | None:
    """Return the checked body of an event, None when this program does not know the type.

    Raises `Rejected` when a member is missing, or has a value that no honest node would write.
    """
    known = TYPES.get(type_name)
    if known is None:
        return None
    try:
        body = _decoder(known)(raw)
        (check_unescaped if is_unescaped(bytes(raw)) else check)(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Rejected(f"body of {type_name}: {error}") from error
    except Rejected as error:
        raise Rejected(f"body of {type_name}: {error.what}") from error
    return body


def body_as_written(type_name: str, raw: bytes) -> Body | None:
    """Return the checked body when this program writes it exactly as `raw`, else None.

    The comparison is byte for byte. None is no objection to `raw`: a newer program, or another one, may write
    it differently. What is returned has no member twice, no unknown member and no number with a fraction, and
    is no deeper than its type.
    """
    try:
        body = body_of(type_name, raw)
    except Rejected:
        return None
    return body if body is not None and _encode(body) == raw else None
