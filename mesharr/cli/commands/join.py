"""Join a mesh: trust the node of a token, and ask its peers."""

import click

from mesharr.cli.options import argument, command, flag


@command()
@argument("text", metavar="TOKEN", help="what `init` or `token` prints on a node of the mesh")
@flag("--yes", "-y", help="do not ask whether the words are right")
@click.pass_context
def join(context: click.Context, text: str, yes: bool) -> None:
    """Join a mesh: trust the node of a token, and ask to be accepted by it and its peers."""
    from mesharr.cli.actions.join import join as action

    action(context, text=text, yes=yes)
