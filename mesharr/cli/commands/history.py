"""Show what happened in the mesh, newest first, in plain words."""

import click

from mesharr.cli.options import as_json, command, option


@command()
@option("--library", default="", metavar="LIBRARY", help="only this library")
@option("--peer", default="", metavar="NAME", help="only this household")
@option(
    "--kind",
    default="",
    metavar="KIND",
    help="only added, imported, changed, removed, download, claimed or node",
)
@option(
    "--count",
    metavar="N",
    type=click.IntRange(min=1, max=1000),
    default=20,
    show_default=True,
    help="how many entries",
)
@as_json
@click.pass_context
def history(context: click.Context, library: str, peer: str, kind: str, count: int, as_json: bool) -> None:
    """Show what happened in the mesh, newest first, in plain words.

    What this household decided and has not published yet comes first, with what it waits for.
    """
    from mesharr.cli.actions.history import history as action

    action(context, library=library, peer=peer, kind=kind, count=count, as_json=as_json)
