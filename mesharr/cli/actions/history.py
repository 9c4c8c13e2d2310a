"""Run `mesharr history`: what happened in the mesh, newest first, in plain words."""

from contextlib import closing

import msgspec
import typer

from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.options import MOST_ENTRIES
from mesharr.cli.output import ago, print_table
from mesharr.node.reports.activity import Activity, ActivityFilter, activity_document
from mesharr.state.peers import read_peers


def history(context: typer.Context, *, library: str, peer: str, kind: str, count: int, as_json: bool) -> None:
    """Print the newest entries that match: when, who, what, and why or what it waits for."""
    session = session_of(context)
    peers = read_peers(session.config_dir)
    state = open_state(session.config_dir)
    with closing(state.db):
        me = node_if_known(session)
        what = ActivityFilter(node=peer, library=library, kind=kind)
        document = activity_document(state, me, peers, what, limit=count)
    if as_json:
        say_json(msgspec.to_builtins(document))
        return
    if document.activity:
        shown = document.activity[:count]
        rows = [(ago(each.at), f"{each.name} {each.text}", each.library, _why(each)) for each in shown]
        print_table(("when", "what", "library", "why"), rows, every=True)
        if (document.older or len(document.activity) > count) and count < MOST_ENTRIES:
            say(f"… and older ones (--count {min(2 * count, MOST_ENTRIES)} shows more)")
    else:
        say("nothing of that kind happened yet" if library or peer or kind else "nothing happened yet")


def _why(each: Activity) -> str:
    """Return why it happened, and of what this node published what it waits for."""
    waits = (stage.why for stage in each.stages if each.mine and not stage.done and stage.why)
    return "; ".join(filter(None, (each.reason, next(waits, ""))))
