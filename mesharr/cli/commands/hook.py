"""Receive an event as a custom script, or write that script."""

import click

from mesharr import hook as program
from mesharr.cli.options import command


@command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
@click.pass_context
def hook(context: click.Context) -> None:
    """Store an app's event, as its custom script; with --script PATH, write such a script."""
    raise click.exceptions.Exit(
        program.main(context.args, context.parent.obj.environ if context.parent else {})
    )
