"""Connect your apps to mesharr (Settings > Connect)."""

import click

from mesharr.cli.options import argument, as_json, command, flag, option


@command()
@argument("apps", nargs=-1, metavar="[APP]...", help="default: all")
@option(
    "--url", default="", metavar="URL", help="how the apps reach this node (default: server.url, or a guess)"
)
@option(
    "--custom-script",
    default="",
    metavar="PATH",
    help="a script instead of a webhook, as the app sees it (see: mesharr hook --script)",
)
@flag("--remove", help="remove the connection")
@flag("--untested", help="connect without a test: mesharr need not run")
@as_json
@click.pass_context
def connect(
    context: click.Context,
    apps: tuple[str, ...],
    url: str,
    custom_script: str,
    remove: bool,
    untested: bool,
    as_json: bool,
) -> None:
    """Add mesharr to every configured app (Settings > Connect), with all triggers it needs.

    Each app tests the connection before it saves it, so mesharr has to run. A second run changes nothing and
    tests again. The exit code is 1 when an app could not be connected.
    """
    from mesharr.cli.actions.connect import connect as action

    action(
        context,
        apps=list(apps),
        url=url,
        custom_script=custom_script,
        remove=remove,
        untested=untested,
        as_json=as_json,
    )
