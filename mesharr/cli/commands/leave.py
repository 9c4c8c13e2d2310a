"""Leave the mesh: give up all that this node owns."""

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
from mesharr.node.ownership import give_up, is_gone
from mesharr.state.lock import is_held
from mesharr.state.state import State

app = command_app()


@app.command()
def leave(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Leave the mesh: what this node owns has no owner any more; files and arrs stay as they are.

    The others take it over with `mesharr adopt --from`. Stop mesharr once it is told: what this node says
    later counts again.
    """
    session = session_of(context)
    node = open_node.node_of(session, open_node.load(session))
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        _check_leaving(state, node, yes)
        give_up(state, node, wall_ms())
        told = is_gone(state, node)
        paused = [dirty.title or dirty.item for dirty in state.dirty.all() if dirty.why.startswith("paused:")]
    running = is_held(session.config_dir)
    if as_json:
        say_json({"node": node, "left": True, "running": running, "paused": paused})
        raise typer.Exit(DONE)
    if told:
        say(f"{node} has left: the mesh was told; stop mesharr")
    else:
        when = "at the next poll of the daemon" if running else "by the next mesharr sync"
        say(f"{node} leaves: it is told {when}; stop mesharr afterwards")
    if paused:
        say(f"monitor these again in your arr, a peer downloads them: {printable(', '.join(paused))}")


def _check_leaving(state: State, node: str, yes: bool) -> None:
    """Return when this node is in a mesh, and its person wants to leave it."""
    if not state.node.get().mesh:
        raise Refused("there is nothing to leave: this node has not been in a mesh yet", "stop mesharr here")
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misuse("leaving gives up all that this node owns", "say --yes")
    if not typer.confirm(f"{node} gives up all that it owns in this mesh?"):
        raise typer.Exit(FAILED)
