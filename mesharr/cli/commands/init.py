"""Set up this node: on a terminal by questions; or create a mesh."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def init(
    context: typer.Context,
    *,
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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="ask nothing: take what is found")] = False,
    apps: Annotated[
        list[str] | None,
        typer.Option("--app", metavar="KIND=URL", help="an app; its key in RADARR_API_KEY and the like"),
    ] = None,
    servers: Annotated[
        list[str] | None,
        typer.Option(
            "--server", metavar="KIND=URL", help="a media server; its key in PLEX_TOKEN and the like"
        ),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="PATH", help="the .mesharr directory on the shared drive")
    ] = None,
) -> None:
    """Set up this node: on a terminal by questions; or create a mesh. What exists is kept.

    Without a terminal the starter config is written, to be edited; --yes, --app, --server and --store fill it
    with what is found.
    """
    from mesharr.cli.actions.init import InitOptions
    from mesharr.cli.actions.init import init as action

    action(
        context,
        InitOptions(
            new_mesh=new_mesh,
            node=node,
            anchor=anchor,
            yes=yes,
            apps=apps or [],
            servers=servers or [],
            store=store,
        ),
    )
