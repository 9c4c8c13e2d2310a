"""Facts cut to the size of a line: what is too long for one event is told by several.

A season pack, six hundred renames or a claim of four hundred units would pass the 16 KiB of an event's
line. The parts together say what the whole says, in any order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    LibraryFound,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)

MAX_BODY: Final = 12 * 1024
"""Bytes of an encoded body. A line has 16 KiB: the envelope takes half of one, a path never more than one."""

_encode: Final = msgspec.json.Encoder().encode
_with = msgspec.structs.replace
_LISTS: Final[Mapping[type[Body], str]] = {
    LibraryFound: "items",
    FileRenamed: "files",
    FileRemoved: "paths",
    UnitGrabbed: "units",
    UnitReleased: "units",
    UnitClaimed: "units",
}
"""The member of a body that can be cut."""
Member = TypeVar("Member")
Units = Callable[[str], Iterable[str]]


def _unknown(_path: str) -> Iterable[str]:
    return ()


def chunked(body: Body, units_of: Units = _unknown) -> tuple[Body, ...]:
    """Return bodies that together say what `body` says, each short enough for a line.

    `units_of` names the units of a replaced path: it is told with a copy that replaces it.
    """
    if len(_encode(body)) <= MAX_BODY:
        return (body,)
    if isinstance(body, FileImported):
        return _imports(body, units_of)
    name = _LISTS.get(type(body))
    if name is None:
        return (body,)
    room = _room(_with(body, **{name: ()}))
    members = getattr(body, name)
    if isinstance(body, LibraryFound):
        members = tuple(part for each in body.items for part in _found(each, room))
    return tuple(_with(body, **{name: some}) for some in _cut(members, room))


def _room(empty: Body) -> int:
    """Return how many bytes the members of a list may take in a body that is otherwise as `empty`."""
    return max(0, MAX_BODY - len(_encode(empty)) - 16)


def _size(member: object) -> int:
    return len(_encode(member)) + 1


def _cut(
    members: Sequence[Member], room: int, size: Callable[[Member], int] = _size
) -> list[tuple[Member, ...]]:
    """Return the members in their order, in as few groups of at most `room` bytes as that order allows."""
    groups: list[list[Member]] = []
    left = -1
    for member in members:
        took = size(member)
        if took > left:
            groups.append([])
            left = room
        groups[-1].append(member)
        left -= took
    return [tuple(group) for group in groups]


def _found(found: Found, room: int) -> Iterable[Found]:
    if _size(found) <= room or not found.copies:
        return (found,)
    copies = _cut(found.copies, room - _size(_with(found, copies=())) - 16)
    return (_with(found, copies=some) for some in copies)


class _Replacing(msgspec.Struct, frozen=True):
    """A copy, and the paths that end with it."""

    copy: Copy
    replaced: tuple[str, ...]

    @property
    def size(self) -> int:
        return _size(self.copy) + sum(_size(path) for path in self.replaced)


def _imports(body: FileImported, units_of: Units) -> tuple[Body, ...]:
    room = _room(_with(body, copies=(), replaced=()))
    pairs = [part for pair in _paired(body, units_of) for part in _slim(pair, room)]
    return tuple(
        _with(
            body,
            copies=tuple(pair.copy for pair in some),
            replaced=tuple(path for pair in some for path in pair.replaced),
        )
        for some in _cut(pairs, room, lambda pair: pair.size)
    )


def _paired(body: FileImported, units_of: Units) -> list[_Replacing]:
    """Return each copy with what it replaces; of several that share its units the one with least so far.

    Of equals the last: a file of two episodes ends when both of its successors are told.
    """
    paths: list[list[str]] = [[] for _ in body.copies]
    load = [0] * len(body.copies)
    last_first = range(len(body.copies) - 1, -1, -1)
    for path in body.replaced:
        units = set(units_of(path))
        sharing = [number for number in last_first if units & set(body.copies[number].units)]
        chosen = min(sharing or last_first, key=lambda number: load[number])
        paths[chosen].append(path)
        load[chosen] += _size(path)
    return [_Replacing(copy, tuple(ended)) for copy, ended in zip(body.copies, paths, strict=True)]


def _slim(pair: _Replacing, room: int) -> Iterable[_Replacing]:
    """Return a copy that replaces more than fits into a line as often as needed: stating it twice is safe."""
    if pair.size <= room or not pair.replaced:
        return (pair,)
    return (_Replacing(pair.copy, some) for some in _cut(pair.replaced, room - _size(pair.copy)))
