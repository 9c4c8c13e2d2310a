"""Back up this node, list the backups, or go back to one."""

import click

from mesharr.cli.options import argument, as_json, group


@group()
def backup() -> None:
    """Back up this node, list the backups, or go back to one."""


@backup.command("make")
@as_json
@click.pass_context
def make(context: click.Context, as_json: bool) -> None:
    """Back up database, key, peers and config into `backups/manual` of the config dir.

    A running daemon goes on. It makes a backup of its own each day and keeps those of a week
    (`schedule.backup_days`). The file has this node's key in it: keep a copy where only you can read it.
    """
    from mesharr.cli.actions.backup import make as action

    action(context, as_json=as_json)


@backup.command("list")
@as_json
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List the backups in the config dir, the newest first."""
    from mesharr.cli.actions.backup import list_ as action

    action(context, as_json=as_json)


@backup.command("restore")
@argument("file", metavar="FILE", help="its path, or its name in the list")
@click.pass_context
def restore(context: click.Context, file: str) -> None:
    """Go back to a backup: its database, key, peers and config are used from the next start on.

    Stop mesharr first. What is in use today is moved aside, not deleted. What was published since the backup
    is on the drive: the next start finds it, continues as a new stream, and asks before it changes anything.
    """
    from mesharr.cli.actions.backup import restore as action

    action(context, backup=file)
