"""Declare commands, and the arguments and options that several of them have."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from mesharr.cli.context import Misuse

F = TypeVar("F", bound=Callable[..., Any])

command = click.command
group = click.group
argument = click.argument
option = click.option


def flag(*names: str, help: str) -> Callable[[F], F]:  # noqa: A002 - click's own name for it
    """Declare an option without a value."""
    return click.option(*names, is_flag=True, help=help)


def check_one_of(given: Mapping[str, bool]) -> None:
    """Raise `Misuse` when several of these flags were given."""
    names = [f"--{name}" for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise Misuse(f"{names[0]} and {names[1]} were given", "give one of them")


as_json = flag("--json", "as_json", help="print one JSON document")
dry_run = flag("--dry-run", help="print what would be taken over; change nothing")
library = argument("library", metavar="LIBRARY", help="a library of mesharr.yml")
items = argument("items", nargs=-1, metavar="[ITEM]...", help="item ids, such as tmdb:27205")
every = flag("--all", "every", help="all items of the library that need an answer")
numbers = argument(
    "numbers", nargs=-1, type=int, metavar="[NUMBER]...", help="as `mesharr approve` lists them"
)
