"""Run `mesharr status`: show what needs your action, what waits, and why."""

from functools import partial

import msgspec
import typer

from mesharr.cli.context import DOWN, WAITING, Session, say_json, session_of
from mesharr.cli.open_node import report_of
from mesharr.cli.output import watched
from mesharr.cli.status_text import print_report
from mesharr.node.status.model import Report
from mesharr.state.lock import is_held


def status(context: typer.Context, *, verbose: bool, watch: bool, as_json: bool) -> None:
    """Show the state of this node: what needs your action, what waits, why and since when."""
    show = partial(_show, session_of(context), verbose=verbose, as_json=as_json)
    if watch:
        watched(show)
        return
    found = show()
    if found.asks:
        raise typer.Exit(WAITING)
    if found.down:
        raise typer.Exit(DOWN)


def _show(session: Session, *, verbose: bool, as_json: bool) -> Report:
    found = msgspec.structs.replace(report_of(session), running=is_held(session.config_dir))
    if as_json:
        say_json(msgspec.to_builtins(found))
    else:
        print_report(found, verbose=verbose)
    return found
