"""Have every arr tell mesharr what it does (Settings > Connect)."""

from typing import Annotated

import typer

from mesharr.cli.connections import Way, connect_arr
from mesharr.cli.context import FAILED, Misuse, command_app, note, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.config import load_config

app = command_app()


@app.command()
def connect(
    context: typer.Context,
    apps: Annotated[list[str] | None, typer.Argument(metavar="APP", help="which (default: all)")] = None,
    url: Annotated[
        str,
        typer.Option(metavar="URL", help="how the arrs reach this node (default: server.url, or a guess)"),
    ] = "",
    custom_script: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="a script instead of a webhook, where the arr sees it (mesharr hook --script)",
        ),
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="take the connection out again")] = False,
    untested: Annotated[
        bool, typer.Option("--untested", help="connect though mesharr does not run or answer yet")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Register mesharr in every configured arr (Settings > Connect), with all triggers it needs.

    Each arr tests the connection before it takes it, so mesharr has to run. A second run changes nothing,
    and tests again. The exit code is 1 when an arr could not be connected.
    """
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    if not config.apps:
        raise Misuse("no arr is configured", "name them under apps in mesharr.yml")
    for name in apps or ():
        if name not in config.apps:
            raise Misuse(f"there is no app {name}", f"known: {', '.join(sorted(config.apps))}")
    way = Way(url=url, script=custom_script, remove=remove, tested=not untested)
    done = [connect_arr(config, name, way) for name in apps or config.apps]
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
        print_table(
            ("app", "connection", "leads to"), [(each.app, each.outcome, each.target) for each in done]
        )
        for each in done:
            if each.why:
                note(f"{each.app}: {each.why}")
    if any(each.outcome == "failed" for each in done):
        raise typer.Exit(FAILED)
