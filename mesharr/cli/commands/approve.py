"""Approve changes; without a number, list what needs approval."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import Numbers

app = command_app()


@app.command()
def approve(
    context: typer.Context,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="approve all that is listed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Approve changes; without a number, list what needs approval.

    Exactly the listed items are approved. A running daemon makes the changes at once. What was
    rejected can be approved by its number, too.
    """
    if numbers or every:
        from mesharr.cli.actions.answer import approve as action

        action(context, numbers=numbers or (), every=every, as_json=as_json)
    else:
        from mesharr.cli.actions.approvals import list_approvals

        list_approvals(context, as_json=as_json)
