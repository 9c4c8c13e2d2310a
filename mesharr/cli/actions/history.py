"""Run `mesharr history`: what happened in the mesh, newest first, in plain words."""

from contextlib import closing

import msgspec
import typer

from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.output import ago, printable
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
    for each in document.activity[:count]:
        say(_line(each))
    if not document.activity:
        say("nothing of that kind happened yet" if library or peer or kind else "nothing happened yet")


def _line(each: Activity) -> str:
    """Return one entry: `10 min ago  bob imported Dune (2021) 2160p`."""
    where = f" ({each.library})" if each.library else ""
    waits = (
        next((stage.why for stage in each.stages if not stage.done and stage.why), "") if each.mine else ""
    )
    why = "; ".join(filter(None, (each.reason, waits)))
    return (
        f"{ago(each.at):>14}  {each.name} {printable(each.text)}{where}{f': {printable(why)}' if why else ''}"
    )
