"""Run this node until it is stopped (SIGTERM, Ctrl-C)."""

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def run(context: typer.Context) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C)."""
    from mesharr.cli.actions.run import run as action

    action(context)
