"""Receive an event as a custom script, or write that script."""

import typer

from mesharr import hook as program
from mesharr.cli.context import command_app

app = command_app()


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
)
def hook(context: typer.Context) -> None:
    """Store an app's event, as its custom script; with --script PATH, write such a script."""
    raise typer.Exit(program.main(context.args, context.parent.obj.environ if context.parent else {}))
