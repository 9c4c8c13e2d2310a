"""Connect your apps to mesharr (Settings > Connect)."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def connect(
    context: typer.Context,
    apps: Annotated[list[str] | None, typer.Argument(metavar="APP", help="default: all")] = None,
    url: Annotated[
        str,
        typer.Option(metavar="URL", help="how the apps reach this node (default: server.url, or a guess)"),
    ] = "",
    custom_script: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="a script instead of a webhook, as the app sees it (see: mesharr hook --script)",
        ),
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="remove the connection")] = False,
    untested: Annotated[
        bool, typer.Option("--untested", help="connect without a test: mesharr need not run")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Add mesharr to every configured app (Settings > Connect), with all triggers it needs.

    Each app tests the connection before it saves it, so mesharr has to run. A second run changes nothing and
    tests again. The exit code is 1 when an app could not be connected.
    """
    from mesharr.cli.actions.connect import connect as action
    from mesharr.cli.connections import ConnectionOptions

    options = ConnectionOptions(url=url, script=custom_script, remove=remove, tested=not untested)
    action(context, apps or (), options, as_json=as_json)
