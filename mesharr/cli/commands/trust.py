"""Trust a node: apply its events from now on."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def trust(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="what `mesharr token` prints on the other node")
    ],
) -> None:
    """Trust a node: apply its events from now on. Resumes a frozen peer."""
    from mesharr.cli.actions.trust import trust as action

    action(context, text=text)
