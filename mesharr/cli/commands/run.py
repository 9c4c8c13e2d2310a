"""Run this node until it is stopped (SIGTERM, Ctrl-C)."""

import click

from mesharr.cli.options import command


@command()
@click.pass_context
def run(context: click.Context) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C)."""
    from mesharr.cli.actions.run import run as action

    action(context)
