"""Run `mesharr demo`: show a film travel between two simulated households."""

import sys

import typer
from rich.console import Console

from mesharr.cli.context import FAILED
from mesharr.demo.show import Show


def demo(as_json: bool, *, keep: str | None) -> None:
    """Show a film travel from one household to the other, in under a minute."""
    console = Console(file=sys.stdout, highlight=False)

    def write(line: str) -> None:
        # a JSON line is no markup; whoever reads steps from a pipe shall see each as it comes
        console.print(line, soft_wrap=True, markup=not as_json)
        sys.stdout.flush()

    if not Show(write, as_json=as_json, keep=keep).run():
        raise typer.Exit(FAILED)
