"""Take over what a node that left owned, or what nobody owns."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson, DryRun, EveryRow

app = command_app()


@app.command()
def adopt(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="NODE", help="a node that left, or that is no longer trusted"),
    ] = None,
    library: Annotated[
        str | None, typer.Option("--library", metavar="LIBRARY", help="only this library")
    ] = None,
    ownerless: Annotated[
        bool, typer.Option("--missing-owner", help="what has files and no owner (default without --from)")
    ] = False,
    dry_run: DryRun = False,
    every: EveryRow = False,
    as_json: AsJson = False,
) -> None:
    """Take over what a node that left owned, or what nobody owns: monitored here from then on.

    Only what your apps have can be adopted. On a terminal it asks first.
    """
    from mesharr.cli.actions.adopt import adopt as action

    action(
        context,
        source=source,
        library=library,
        ownerless=ownerless,
        dry_run=dry_run,
        every=every,
        as_json=as_json,
    )
