"""Trust a node: apply its events from now on."""

import click

from mesharr.cli.options import argument, command


@command()
@argument("text", metavar="TOKEN", help="what `mesharr token` prints on the other node")
@click.pass_context
def trust(context: click.Context, text: str) -> None:
    """Trust a node: apply its events from now on. Resumes a frozen peer."""
    from mesharr.cli.actions.trust import trust as action

    action(context, text=text)
