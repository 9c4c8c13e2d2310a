"""Divide the lists of a body that is too long for one event line.

A season pack, six hundred renames or a claim of four hundred units would pass the 16 KiB of an event line.
Such a body is published as several of its type, which together state what the whole states, in any order.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

MAX_BODY: Final = 12 * 1024
"""Bytes of an encoded body. A line has 16 KiB: the envelope takes half of one, a path never more than one."""

_BRACKETS: Final = 16
"""Bytes left free for the brackets and the name of a list that is empty while the room is measured."""

_encode: Final = msgspec.json.Encoder().encode
Member = TypeVar("Member")


def fits(body: msgspec.Struct) -> bool:
    """Return whether the encoded body is short enough for one event line."""
    return len(_encode(body)) <= MAX_BODY


def room_beside(rest: msgspec.Struct) -> int:
    """Return how many bytes the members of a list may take in an event line.

    `rest` is the body with that list empty.
    """
    return max(0, MAX_BODY - len(_encode(rest)) - _BRACKETS)


def room_inside(room: int, rest: msgspec.Struct) -> int:
    """Return how many of `room` bytes a list inside a member may take.

    `rest` is the member without that list.
    """
    return room - size_of(rest) - _BRACKETS


def size_of(member: object) -> int:
    """Return the bytes that an encoded list member takes, its comma included."""
    return len(_encode(member)) + 1


def grouped(
    members: Sequence[Member], room: int, size: Callable[[Member], int] = size_of
) -> list[tuple[Member, ...]]:
    """Return the members in their order, in groups of at most `room` bytes.

    The groups are as few as that order allows.
    """
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
