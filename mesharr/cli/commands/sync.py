"""Do everything once: read, compare, publish, change the apps."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow

app = command_app()


@app.command()
def sync(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print what would be done, with reasons; change nothing")
    ] = False,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Read the peers' events, compare, publish, and change the apps: once, then exit.

    Beside a running daemon it asks the daemon to do it. The exit code is 3 when something needs your action
    afterwards (see `mesharr status`), and 1 when the store or an app did not answer.
    """
    from mesharr.cli.actions.sync import sync as action

    action(context, dry_run=dry_run, every=every, as_json=as_json)
