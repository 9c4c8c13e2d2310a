"""Print this node's token, for `mesharr trust` on the other nodes."""

import click

from mesharr.cli.options import command


@command()
@click.pass_context
def token(context: click.Context) -> None:
    """Print this node's token, for `mesharr trust` on the other nodes. It contains no secret."""
    from mesharr.cli.actions.token import token as action

    action(context)
