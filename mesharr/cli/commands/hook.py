"""Take an event from an arr's custom script, or write that script."""

import typer

from mesharr import hook as program
from mesharr.cli.context import command_app

app = command_app()


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
)
def hook(context: typer.Context) -> None:
    """Take an event from an arr's custom script into the spool; with --script PATH, write that script."""
    raise typer.Exit(program.main(context.args, context.parent.obj.environ if context.parent else {}))
