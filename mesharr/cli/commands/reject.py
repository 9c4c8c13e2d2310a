"""Reject changes that need approval; they are not done."""

import click

from mesharr.cli.options import as_json, command, flag, numbers


@command()
@numbers
@flag("--all", "every", help="reject all that needs approval")
@as_json
@click.pass_context
def reject(context: click.Context, numbers: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Reject changes; without a number, list what needs approval and what was rejected.

    What peers caused is not done here, now or later, until one of them says something else of the item;
    `mesharr approve NUMBER` has it done after all. What your own apps did is undone: deletions are not
    published, and the items are added again once their files are back; flags that were to be claims are
    unmonitored again.
    """
    if numbers or every:
        from mesharr.cli.actions.answer import reject as action

        action(context, numbers=numbers, every=every, as_json=as_json)
    else:
        from mesharr.cli.actions.approvals import list_approvals

        list_approvals(context, as_json=as_json)
