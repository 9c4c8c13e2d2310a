"""Approve changes; without a number, list what needs approval."""

import click

from mesharr.cli.options import as_json, command, flag, numbers


@command()
@numbers
@flag("--all", "every", help="approve all that is listed")
@as_json
@click.pass_context
def approve(context: click.Context, numbers: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Approve changes; without a number, list what needs approval.

    Exactly the listed items are approved. A running daemon makes the changes at its next poll. What was
    rejected can be approved by its number, too.
    """
    if numbers or every:
        from mesharr.cli.actions.answer import approve as action

        action(context, numbers=numbers, every=every, as_json=as_json)
    else:
        from mesharr.cli.actions.approvals import list_approvals

        list_approvals(context, as_json=as_json)
