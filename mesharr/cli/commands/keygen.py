"""Create this node's key."""

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def keygen(context: typer.Context) -> None:
    """Create this node's key. Fails when there is one: `token` prints its public half."""
    from mesharr.cli.actions.keygen import keygen as action

    action(context)
