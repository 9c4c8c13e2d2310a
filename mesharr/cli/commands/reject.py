"""Reject changes that need approval; they are not done."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import Listed, Numbers, check_one_of

app = command_app()


@app.command()
def reject(
    context: typer.Context,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="reject all groups")] = False,
    listed: Listed = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Reject changes; without a number, list what needs approval and what was rejected.

    What peers caused is not done here, now or later, until one of them says something else of the item;
    `mesharr approve NUMBER` has it done after all. What your own apps did is undone: deletions are not
    published, and the items are added again once their files are back; flags that were to be claims are
    unmonitored again.
    """
    check_one_of({"all": every, "list": listed})
    if (numbers or every) and not listed:
        from mesharr.cli.actions.answer import reject as action

        action(context, numbers=numbers or (), every=every, as_json=as_json)
    else:
        from mesharr.cli.actions.approvals import list_approvals

        list_approvals(context, every=listed, as_json=as_json)
