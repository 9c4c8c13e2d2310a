"""Try waiting work again now, and what was refused."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def retry(
    context: typer.Context,
    scans: Annotated[bool, typer.Option("--scans", help="only media server scans")] = False,
    items: Annotated[bool, typer.Option("--items", help="only items and files of the store")] = False,
    uploads: Annotated[bool, typer.Option("--uploads", help="only uploads and deletions to confirm")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Try waiting work again now, and what was refused.

    A running daemon does so at once. What needs approval still needs it: see `approve`.
    """
    from mesharr.cli.actions.retry import retry as action

    action(context, scans=scans, items=items, uploads=uploads, as_json=as_json)
