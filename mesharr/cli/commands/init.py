"""Create the starter config and the key, or a new mesh."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def init(
    context: typer.Context,
    new_mesh: Annotated[
        str | None, typer.Option("--new-mesh", metavar="NAME", help="create a mesh: once, on one node")
    ] = None,
    node: Annotated[
        str | None, typer.Option("--node", metavar="NAME", help="this node's name (default: the host's)")
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="LIBRARY", help="create the anchor of a new library"),
    ] = None,
) -> None:
    """Create the starter config and the key, with --new-mesh the mesh; keep what exists."""
    from mesharr.cli.actions.init import init as action

    action(context, new_mesh=new_mesh, node=node, anchor=anchor)
