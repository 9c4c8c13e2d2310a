"""Print the lists of commands: tables, drawn on a terminal and plain columns in a pipe."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from time import sleep
from typing import Final

from mesharr.cli.context import WRONG, say
from mesharr.core.text import number_text, span, title_key

MOST: Final = 20
"""How many rows of a list are printed unless all are asked for."""
_WATCHED_S: Final = 2.0
_CLEAR: Final = "\x1b[2J\x1b[H"
_GAP = 2
_COLOURS: Final = dict.fromkeys(("unavailable", "refused", "stuck", "failed", "frozen"), WRONG)
"""The colour of a cell that says nothing but one of these states."""
_WHOLE, _LEAST = 24, 12
"""A column up to the first width is not wrapped while each wider one has at least the second."""


def printable(text: str) -> str:
    """Return a text with a replacement for each control character: it may come from a peer."""
    return "".join(char if char.isprintable() else "�" for char in text)


def ago(text: str, now: float | None = None) -> str:
    """Return how long ago an ISO time was, as `3 h ago`; other text unchanged.

    `now` is in seconds since 1970.
    """
    then = _seconds(text)
    if then is None:
        return text
    past = (time.time() if now is None else now) - then
    return f"{span(past)} ago" if past >= 1 else "now"


def until(text: str, now: float | None = None) -> str:
    """Return how long it is until an ISO time, as `in 3 h` or `now`; other text unchanged."""
    then = _seconds(text)
    if then is None:
        return text
    left = then - (time.time() if now is None else now)
    return f"in {span(left)}" if left >= 1 else "now"


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # also written by hand, in peers.yml
        return None


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    order: str = "",
    every: bool = False,
    option: str = "--all",
    unread: int = 0,
) -> None:
    """Print a table: its first `MOST` rows and how many more there are, or `every` row.

    `order` is the heading of the column with the titles that the rows are sorted by, "" for rows that have
    an order of their own. `option` is that of the command which shows every row. `unread` is how many rows
    there are beside these.
    """
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if order:
        column = columns.index(order)
        cells.sort(key=lambda row: title_key(row[column]))
    shown = cells if every else cells[:MOST]
    if sys.stdout.isatty():
        _draw(columns, shown)
    else:
        _align([list(columns), *shown])
    _say_more(len(cells) - len(shown) + unread, option)


def print_lines(
    lines: Sequence[str], *, every: bool = False, option: str = "--all", indent: str = ""
) -> None:
    """Print a list of sentences as `print_table` does its rows, in their order."""
    shown = lines if every else lines[:MOST]
    for line in shown:
        say(f"{indent}{printable(line)}")
    _say_more(len(lines) - len(shown), option, indent)


def _say_more(count: int, option: str, indent: str = "") -> None:
    if count:
        say(f"{indent}… and {number_text(count)} more ({option} shows them)")


def watched(show: Callable[[], object]) -> None:
    """Print what `show` prints every two seconds, on a terminal in its place before."""
    try:
        while True:
            if sys.stdout.isatty():
                sys.stdout.write(_CLEAR)
            show()
            sys.stdout.flush()
            sleep(_WATCHED_S)
    except KeyboardInterrupt:
        return


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    console = Console(file=sys.stdout)
    used = [n for n in range(len(columns)) if any(row[n] for row in rows)] or range(len(columns))
    columns, rows = [columns[n] for n in used], [[row[n] for n in used] for row in rows]
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    # a heading is wrapped before a cell is
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
        # folded, not cut: the user may have to type what is too wide
        table.add_column(head, overflow="fold", no_wrap=short and needed <= console.width)
    for row in rows:
        # as text: a title like "[REC]" is no markup
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    console.print(table)


def _align(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
