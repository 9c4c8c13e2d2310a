"""Back up this node, list the backups, or go back to one."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow

app = command_app("Back up this node, list the backups, or go back to one.")


Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command("make")
def make(context: typer.Context, as_json: Json = False) -> None:
    """Back up database, key, peers and config into `backups/manual`.

    That folder is in the config dir. A running daemon goes on. It makes a backup of its own each day and
    keeps those of a week (`schedule.backup_days`). The file has this node's key in it: keep a copy where only
    you can read it.
    """
    from mesharr.cli.actions.backup import make as action

    action(context, as_json=as_json)


@app.command("list")
def list_(context: typer.Context, every: EveryRow = False, as_json: Json = False) -> None:
    """List the backups in the config dir, the newest first."""
    from mesharr.cli.actions.backup import list_ as action

    action(context, every=every, as_json=as_json)


@app.command("restore")
def restore(
    context: typer.Context,
    backup: Annotated[str, typer.Argument(metavar="FILE", help="its path, or its name in the list")],
) -> None:
    """Go back to a backup from the next start on.

    Its database, key, peers and config are used then. Stop mesharr first. What is in use today is moved
    aside, not deleted. What was published since the backup is on the drive: the next start finds it,
    continues as a new stream, and asks before it changes anything.
    """
    from mesharr.cli.actions.backup import restore as action

    action(context, backup=backup)
