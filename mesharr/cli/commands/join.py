"""Join a mesh: trust the node of a token, and ask its peers."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def join(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="what `init` or `token` prints on a node of the mesh")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask whether the words are right")] = False,
) -> None:
    """Join a mesh: trust the node of a token, and ask to be accepted by it and its peers.

    A node that is not set up yet is, first: on a terminal by the questions of `mesharr init`.
    """
    from mesharr.cli.actions.join import join as action

    action(context, text=text, yes=yes)
