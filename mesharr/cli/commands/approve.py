"""Approve changes; without a number, list what needs approval."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import Listed, Numbers, check_one_of

app = command_app()


@app.command()
def approve(
    context: typer.Context,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="approve all groups")] = False,
    listed: Listed = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Approve changes; without a number, list what needs approval.

    Exactly the items that are in these groups now are approved. A running daemon makes the changes at once.
    What was rejected can be approved by its number, too.
    """
    check_one_of({"all": every, "list": listed})
    if (numbers or every) and not listed:
        from mesharr.cli.actions.answer import approve as action

        action(context, numbers=numbers or (), every=every, as_json=as_json)
    else:
        from mesharr.cli.actions.approvals import list_approvals

        list_approvals(context, every=listed, as_json=as_json)
