"""Connect your apps to mesharr (Settings > Connect)."""

from typing import Annotated

import typer

from mesharr.cli.connections import ConnectionOptions, connect_app
from mesharr.cli.context import FAILED, Misuse, command_app, note, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.config import load_config

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
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    if not config.apps:
        raise Misuse("no app is configured", "add your apps under `apps` in mesharr.yml")
    for name in apps or ():
        if name not in config.apps:
            raise Misuse(f"there is no app {name}", f"known: {', '.join(sorted(config.apps))}")
    options = ConnectionOptions(url=url, script=custom_script, remove=remove, tested=not untested)
    done = [connect_app(config, name, options) for name in apps or config.apps]
    if as_json:
        say_json(
            {
                "apps": [
                    {"app": each.app, "outcome": each.outcome, "target": each.target, "why": each.why}
                    for each in done
                ]
            }
        )
    else:
        print_table(("app", "connection", "target"), [(each.app, each.outcome, each.target) for each in done])
        for each in done:
            if each.why:
                note(f"{each.app}: {each.why}")
    if any(each.outcome == "failed" for each in done):
        raise typer.Exit(FAILED)
