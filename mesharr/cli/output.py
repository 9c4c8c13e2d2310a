"""Tables: drawn for a terminal, plain columns for a pipe. Nothing in a cell can steer the terminal."""

import sys
import time
from collections.abc import Sequence
from datetime import datetime

from mesharr.cli.context import say

MOST = 20
_GAP = 2
_WHOLE, _LEAST = 24, 12
"""A column this narrow is not wrapped as long as each wider one keeps so much."""


def printable(text: str) -> str:
    """Return a text that holds nothing but what can be seen; peers' strings come by here."""
    return "".join(char if char.isprintable() else "�" for char in text)


def ago(text: str, now: float | None = None) -> str:
    """Return how long ago a time (`2026-11-22T18:19:24Z`) was, for a person; what is no time as it is.

    `now` is in seconds since 1970.
    """
    then = _seconds(text)
    if then is None:
        return text
    past = (time.time() if now is None else now) - then
    return f"{_span(past)} ago" if past >= 1 else "now"


def ahead(text: str, now: float | None = None) -> str:
    """Return how far ahead a time is, "now" when it has come; what is no time as it is."""
    then = _seconds(text)
    if then is None:
        return text
    left = then - (time.time() if now is None else now)
    return f"in {_span(left)}" if left >= 1 else "now"


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # also written by hand, in peers.yml
        return None


def _span(seconds: float) -> str:
    for size, most, unit in ((1, 90, "s"), (60, 90, "min"), (3600, 48, "h")):
        if seconds < most * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds // 86_400)} days"


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], most: int = 0) -> None:
    """Print rows of as many cells as there are columns; `most` rows, when given, and how many more."""
    cells = [[printable(str(cell)) for cell in row] for row in (rows[:most] if most else rows)]
    if sys.stdout.isatty():
        _draw(columns, cells)
    else:
        _align([list(columns), *cells])
    if most and len(rows) > most:
        say(f"... and {len(rows) - most} more (--json shows all)")


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    console = Console(file=sys.stdout)
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    # a heading is broken before a cell is
    heads = [
        heading if any(len(cell) >= len(heading) for cell in column) else heading.replace(" ", "\n")
        for heading, column in zip(columns, cells, strict=True)
    ]
    widths = [max(map(len, (*head.split("\n"), *column))) for head, column in zip(heads, cells, strict=True)]
    gap = _GAP if sum(widths) + _GAP * len(widths) <= console.width else 1
    whole = [width <= _WHOLE for width in widths]
    needed = sum(width + gap if short else _LEAST for width, short in zip(widths, whole, strict=True))
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
    for head, short in zip(heads, whole, strict=True):
        # folded, not cut: what is too wide may be what a person has to type
        table.add_column(head, overflow="fold", no_wrap=short and needed <= console.width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: a title like "[REC]" is no markup
    console.print(table)


def _align(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
