"""Try waiting work again now, and what was refused."""

import click

from mesharr.cli.options import as_json, command, flag


@command()
@flag("--scans", help="only media server scans")
@flag("--items", help="only items and files of the store")
@flag("--uploads", help="only uploads and deletions to confirm")
@as_json
@click.pass_context
def retry(context: click.Context, scans: bool, items: bool, uploads: bool, as_json: bool) -> None:
    """Try waiting work again now, and what was refused.

    A running daemon does so at its next poll. What needs approval still needs it: see `approve`.
    """
    from mesharr.cli.actions.retry import retry as action

    action(context, scans=scans, items=items, uploads=uploads, as_json=as_json)
