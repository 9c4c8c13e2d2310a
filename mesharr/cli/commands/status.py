"""Show how this node stands: what waits, why and since when."""

from typing import Annotated

import msgspec
import typer

from mesharr.cli.context import WAITING, command_app, say_json, session_of
from mesharr.cli.open_node import report_of
from mesharr.cli.status_text import print_report
from mesharr.state.lock import is_held

app = command_app()


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show how this node stands: what waits, why and since when. Works beside a running daemon.

    The exit code is 3 when something waits for a person here: a hold, a refusal, an item the arr lost or
    does not take, a stream that stopped. A mount or an arr that does not answer, an unknown node in the
    store and a peer that does not trust this node are shown and change no exit code: they may come back
    by themselves.
    """
    session = session_of(context)
    found, running = report_of(session), is_held(session.config_dir)
    if as_json:
        said = msgspec.to_builtins(found)
        say_json({"node": said.pop("node"), "running": running, **said})
    else:
        print_report(found, running)
    if found.asks:
        raise typer.Exit(WAITING)
