"""Create this node's key."""

import click

from mesharr.cli.options import command


@command()
@click.pass_context
def keygen(context: click.Context) -> None:
    """Create this node's key. Fails when there is one: `token` prints its public half."""
    from mesharr.cli.actions.keygen import keygen as action

    action(context)
