"""Run `mesharr status`: show what needs your action, what waits, and why."""

from contextlib import closing
from functools import partial

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.mount_check import check_mounts
from mesharr.bootstrap.node_key import load_key
from mesharr.cli.access.config import outline
from mesharr.cli.access.state import readable_state
from mesharr.cli.context import DOWN, WAITING, Session, say_json, session_of
from mesharr.cli.output import watched
from mesharr.cli.status_text import print_report
from mesharr.cli.terminal.busy import busy
from mesharr.log import layout
from mesharr.node.model import Me
from mesharr.node.status.lists import LISTED
from mesharr.node.status.model import Report
from mesharr.node.status.report import report
from mesharr.state.lock import is_held
from mesharr.state.peers import read_peers


def status(context: typer.Context, *, verbose: bool, watch: bool, every: bool, as_json: bool) -> None:
    """Show the state of this node: what needs your action, what waits, why and since when."""
    show = partial(_show, session_of(context), verbose=verbose, every=every, as_json=as_json)
    if watch:
        watched(partial(show, quiet=True))
        return
    found = show(quiet=as_json)
    if found.asks:
        raise typer.Exit(WAITING)
    if found.down:
        raise typer.Exit(DOWN)


def _show(session: Session, *, verbose: bool, every: bool, as_json: bool, quiet: bool) -> Report:
    with busy("looking at the mounts", quiet=quiet):  # one that hangs takes its time
        limit = -1 if every else LISTED
        found = msgspec.structs.replace(report_of(session, limit), running=is_held(session.config_dir))
    if as_json:
        say_json(msgspec.to_builtins(found))
    else:
        print_report(found, verbose=verbose, every=every)
    return found


def report_of(session: Session, most_uploads: int = LISTED) -> Report:
    """Return the report that `mesharr status` prints, with at most so many uploads (-1: all)."""
    known = outline(session)
    node = layout.node_id(known.node, load_key(session.config_dir).public)
    state = readable_state(session.config_dir)
    with closing(state.db):
        mesh_id = state.node.get().mesh
        mesh, seen = check_mounts(known, state, session.config_dir)
        me = Me(node, known.node, mesh_id or (mesh.id if mesh else ""))
        peers, many = read_peers(session.config_dir), known.many_removals
        return report(state, me, peers, seen, many, wall_ms(), most_uploads)
