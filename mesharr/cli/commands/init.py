"""Set up this node: on a terminal by questions; or create a mesh."""

import click

from mesharr.cli.options import command, flag, option


@command()
@option("--new-mesh", metavar="NAME", help="create a mesh: once, on one node")
@option("--node", metavar="NAME", help="this node's name (default: the host's)")
@option("--anchor", metavar="LIBRARY", help="create the anchor of a new library")
@flag("--yes", "-y", help="ask nothing: take what is found")
@option(
    "--app", "apps", multiple=True, metavar="KIND=URL", help="an app; its key in RADARR_API_KEY and the like"
)
@option(
    "--server",
    "servers",
    multiple=True,
    metavar="KIND=URL",
    help="a media server; its key in PLEX_TOKEN and the like",
)
@option("--store", metavar="PATH", help="the .mesharr directory on the shared drive")
@click.pass_context
def init(
    context: click.Context,
    *,
    new_mesh: str | None,
    node: str | None,
    anchor: str | None,
    yes: bool,
    apps: tuple[str, ...],
    servers: tuple[str, ...],
    store: str | None,
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
            apps=apps,
            servers=servers,
            store=store,
        ),
    )
