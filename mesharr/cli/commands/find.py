"""Find an item of the mesh: who owns it, who has it, and where."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson, EveryRow

app = command_app()


@app.command()
def find(
    context: typer.Context,
    title: Annotated[
        str, typer.Argument(metavar="TITLE", help="a part of the title, or an id, also of IMDb")
    ],
    library: Annotated[str, typer.Option("--library", metavar="LIBRARY", help="only this library")] = "",
    every: EveryRow = False,
    as_json: AsJson = False,
) -> None:
    """Find an item of the mesh: who owns it, who has it, and where.

    Of one that matches alone its files are listed, too. The exit code is 1 when nothing matches.
    """
    from mesharr.cli.actions.find import find as action

    action(context, title, library=library, every=every, as_json=as_json)
