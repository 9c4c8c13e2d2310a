"""`mesharr hook` as the help shows it. `mesharr.__main__` takes it before this file is ever imported."""

import typer

from mesharr import hook as program


def register(app: typer.Typer) -> None:
    """Add the command `hook`."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    short = "Take an event from an arr's custom script, or write that script."
    app.command("hook", short_help=short, context_settings=settings, add_help_option=False)(hook)


def hook(context: typer.Context) -> None:
    """Take an event from an arr's custom script into the spool; with --script PATH, write that script."""
    raise typer.Exit(program.main(context.args, context.parent.obj.environ if context.parent else {}))
