"""`mesharr demo`: the main job, live, with two nodes, two simulated Radarrs and one temporary drive."""

import sys
from typing import Annotated

import typer

from mesharr.cli.context import FAILED


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("demo", short_help="Show a film travel between two simulated households.")(demo)


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per step")] = False,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="leave everything in DIR to look at")
    ] = None,
) -> None:
    """Show a film travel from one household to the other: import, upgrade, removal. Under a minute."""
    from rich.console import Console  # noqa: PLC0415 - see mesharr.cli.app

    from mesharr.demo.show import Show  # noqa: PLC0415 - see mesharr.cli.app

    console = Console(file=sys.stdout, highlight=False)

    def write(line: str) -> None:
        # a JSON line is no markup; whoever reads steps from a pipe shall see each as it comes
        console.print(line, soft_wrap=True, markup=not as_json)
        sys.stdout.flush()

    if not Show(write, as_json=as_json, keep=keep).run():
        raise typer.Exit(FAILED)
