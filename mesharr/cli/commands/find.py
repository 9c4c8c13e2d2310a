"""Find an item of the mesh: who owns it, who has it, and where."""

import click

from mesharr.cli.options import argument, as_json, command, flag, option


@command()
@argument("title", metavar="TITLE", help="a part of the title, or an id")
@option("--library", default="", metavar="LIBRARY", help="only this library")
@flag("--all", "every", help="list all that match, not only the first 20")
@as_json
@click.pass_context
def find(context: click.Context, title: str, library: str, every: bool, as_json: bool) -> None:
    """Find an item of the mesh: who owns it, who has it, and where.

    Of one that matches alone its files are listed, too. The exit code is 1 when nothing matches.
    """
    from mesharr.cli.actions.find import find as action

    action(context, title, library=library, every=every, as_json=as_json)
