"""Show a film travel between two simulated households."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from mesharr.cli.context import FAILED, command_app
from mesharr.demo.show import Show

app = command_app()


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per step")] = False,
    keep: Annotated[str | None, typer.Option("--keep", metavar="DIR", help="keep everything in DIR")] = None,
) -> None:
    """Show a film travel from one household to the other, in under a minute."""
    console = Console(file=sys.stdout, highlight=False)

    def write(line: str) -> None:
        # a JSON line is no markup; whoever reads steps from a pipe shall see each as it comes
        console.print(line, soft_wrap=True, markup=not as_json)
        sys.stdout.flush()

    if not Show(write, as_json=as_json, keep=keep).run():
        raise typer.Exit(FAILED)
