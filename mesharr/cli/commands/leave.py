"""Leave the mesh: give up everything this node owns."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.context import DONE, FAILED, Misuse, command_app, say, say_json, session_of
from mesharr.cli.output import printable
from mesharr.cli.takeover import AsJson
from mesharr.core.errors import Refused
from mesharr.node.ownership import has_left, leave_mesh
from mesharr.state.lock import is_held
from mesharr.state.state import State

app = command_app()


@app.command()
def leave(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask for confirmation")] = False,
    as_json: AsJson = False,
) -> None:
    """Leave the mesh: give up everything this node owns; no file and no app is changed.

    Other households take it over with `mesharr adopt --from`. Stop mesharr once that is published: a later
    event of this node makes it a member again.
    """
    session = session_of(context)
    node = open_node.node_of(session, open_node.load(session))
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        _check_leaving(state, node, yes)
        leave_mesh(state, node, wall_ms())
        published = has_left(state, node)
        paused = [dirty.title or dirty.item for dirty in state.dirty.all() if dirty.why.startswith("paused:")]
    running = is_held(session.config_dir)
    if as_json:
        say_json({"node": node, "left": True, "running": running, "paused": paused})
        raise typer.Exit(DONE)
    if published:
        say(f"{node} has left the mesh; stop mesharr")
    else:
        when = "at the next poll of the daemon" if running else "by the next mesharr sync"
        say(f"{node} leaves: published {when}; stop mesharr afterwards")
    if paused:
        titles = printable(", ".join(paused))
        say(f"paused here while a peer downloads them; monitor them again in your app: {titles}")


def _check_leaving(state: State, node: str, yes: bool) -> None:
    """Raise unless this node is in a mesh and the user confirms."""
    if not state.node.get().mesh:
        raise Refused("this node has not joined a mesh yet", "stop mesharr")
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misuse("leaving gives up everything this node owns", "add --yes")
    if not typer.confirm(f"give up everything that {node} owns in this mesh?"):
        raise typer.Exit(FAILED)
