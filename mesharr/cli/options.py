"""Declare the arguments and options that several commands have."""

from collections.abc import Mapping
from typing import Annotated

import typer

from mesharr.cli.context import Misuse

Library = Annotated[
    str, typer.Argument(metavar="LIBRARY", help="a library of mesharr.yml; without one all are listed")
]

Items = Annotated[list[str] | None, typer.Argument(metavar="ITEM", help="item ids, such as tmdb:27205")]

Every = Annotated[bool, typer.Option("--all", help="all items of the library that need an answer")]

EveryRow = Annotated[bool, typer.Option("--all", help="print whole lists, not only their first 20")]

Listed = Annotated[bool, typer.Option("--list", help="only list: all rows, not only the first 20")]
"""As `EveryRow`, of commands whose `--all` means that all is done."""

MOST_ENTRIES = 1000
"""What `history --count` takes at most."""

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="NUMBER", help="as `mesharr approve` lists them")
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="print what would be taken over; change nothing")]

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document")]


def check_one_of(given: Mapping[str, bool]) -> None:
    """Raise `Misuse` when several of these flags were given."""
    names = [f"--{name}" for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise Misuse(f"{names[0]} and {names[1]} were given", "give one of them")
