"""Run this node until it is stopped (SIGTERM, Ctrl-C)."""

import typer

from mesharr.cli.context import command_app, session_of

app = command_app()


@app.command()
def run(context: typer.Context) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C).

    A changed mesharr.yml is taken over within half a minute, and at once on SIGHUP. What is wrong with it is
    logged, and the settings stay as they were.
    """
    from mesharr.cli.actions.run import run as action

    action(session_of(context))
