"""Do everything once: read, compare, publish, change the apps."""

import click

from mesharr.cli.options import as_json, command, flag


@command()
@flag("--dry-run", help="print what would be done, with reasons; change nothing")
@as_json
@click.pass_context
def sync(context: click.Context, dry_run: bool, as_json: bool) -> None:
    """Read the peers' events, compare, publish, and change the apps: once, then exit.

    Beside a running daemon it asks the daemon to do it. The exit code is 3 when something needs your action
    afterwards (see `mesharr status`), and 1 when the store or an app did not answer.
    """
    from mesharr.cli.actions.sync import sync as action

    action(context, dry_run=dry_run, as_json=as_json)
