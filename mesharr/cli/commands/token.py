"""Print this node's token, for `mesharr join` at a newcomer."""

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def token(context: typer.Context) -> None:
    """Print this node's token, for `mesharr join` at a newcomer. It contains no secret."""
    from mesharr.cli.actions.token import token as action

    action(context)
