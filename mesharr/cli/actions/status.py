"""Run `mesharr status`: show what needs your action, what waits, and why."""

import msgspec
import typer

from mesharr.cli.context import DOWN, WAITING, say_json, session_of
from mesharr.cli.open_node import report_of
from mesharr.cli.status_text import print_report
from mesharr.state.lock import is_held


def status(context: typer.Context, *, verbose: bool, as_json: bool) -> None:
    """Show the state of this node: what needs your action, what waits, why and since when."""
    session = session_of(context)
    found = msgspec.structs.replace(report_of(session), running=is_held(session.config_dir))
    if as_json:
        say_json(msgspec.to_builtins(found))
    else:
        print_report(found, verbose=verbose)
    if found.asks:
        raise typer.Exit(WAITING)
    if found.down:
        raise typer.Exit(DOWN)
