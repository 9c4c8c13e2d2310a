"""Take an item over: monitored here, and nowhere else."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson, DryRun

app = command_app()


@app.command()
def claim(
    context: typer.Context,
    library: Annotated[str, typer.Argument(metavar="LIBRARY", help="a library of mesharr.yml")],
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="its id, such as tmdb:438631, or a part of its title")
    ] = "",
    units: Annotated[
        list[str] | None,
        typer.Argument(metavar="UNIT", help="such as S01E02 (default: all with a file)"),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over an item, or some episodes, albums or books of it: monitored only here.

    Unlike monitoring it in your app, this waits for no time and needs no approval. What has no file belongs
    to nobody and cannot be claimed. A running daemon publishes the claim at once.
    """
    from mesharr.cli.actions.claim import claim as action

    action(context, library=library, item=item, units=units, dry_run=dry_run, as_json=as_json)
