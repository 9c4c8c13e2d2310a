"""Show a film travel between two simulated households."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per step")] = False,
    keep: Annotated[str | None, typer.Option("--keep", metavar="DIR", help="keep everything in DIR")] = None,
) -> None:
    """Show a film travel from one household to the other, in under a minute."""
    from mesharr.cli.actions.demo import demo as action

    action(as_json, keep=keep)
