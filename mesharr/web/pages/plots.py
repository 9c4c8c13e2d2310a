"""Lay out the small plots of the page: bars, whose lengths a template draws as SVG."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import dropwhile

import msgspec

from mesharr.core.text import quantity, size_text
from mesharr.state.events.catalogue import OwnerCount

WIDTH = 100.0
"""The length of the longest bar."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bar(msgspec.Struct, frozen=True):
    """One bar."""

    label: str
    value: str
    """What it stands for, in words."""
    length: float
    """Of `WIDTH`."""


def owner_bars(owners: Iterable[OwnerCount], names: Mapping[str, str]) -> list[Bar]:
    """Return how many items each node owns, as bars."""
    counts = []
    for each in owners:
        text = f"{quantity(each.items, 'item')}, {size_text(each.size)}"
        counts.append((names.get(each.owner, each.owner) or "nobody", each.items, text))
    return _bars(counts)


def upload_bars(days: Sequence[tuple[int, int]]) -> list[Bar]:
    """Return how much was uploaded on each day, as bars, from the first day with any."""
    begun = dropwhile(lambda each: not each[1], days)
    return _bars([(_day_text(day), size, size_text(size)) for day, size in begun])


def _day_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%d %b")


def _bars(values: Sequence[tuple[str, int, str]]) -> list[Bar]:
    most = max((value for _, value, _ in values), default=0) or 1
    return [Bar(label, text, round(WIDTH * value / most, 2)) for label, value, text in values]
