"""Tables: drawn for a terminal, plain columns for a pipe. Nothing in a cell can steer the terminal."""

import sys
from collections.abc import Sequence

from mesharr.cli.session import say

MOST = 20


def printable(text: str) -> str:
    """Return a text that holds nothing but what can be seen; peers' strings come by here."""
    return "".join(char if char.isprintable() else "�" for char in text)


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

    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: a title like "[REC]" is no markup
    Console(file=sys.stdout).print(table)


def _align(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
