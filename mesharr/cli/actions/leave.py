"""Run `mesharr leave`: leave the mesh: give up everything this node owns."""

import sys
from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.config import load, node_of
from mesharr.cli.access.state import open_state
from mesharr.cli.connections import clean_up_app
from mesharr.cli.context import (
    DONE,
    DOWN,
    FAILED,
    WAITING,
    Misuse,
    note,
    say,
    say_json,
    session_of,
)
from mesharr.cli.output import printable
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import Refused
from mesharr.core.text import quantity
from mesharr.node.ownership import has_left, leave_mesh
from mesharr.state.lock import is_held
from mesharr.state.state import State


def leave(context: typer.Context, *, yes: bool, keep_tags: bool, as_json: bool) -> None:
    """Leave the mesh: give up everything this node owns; no item and no file is removed."""
    session = session_of(context)
    config = load(session)
    node = node_of(session, config)
    state = open_state(session.config_dir)
    with closing(state.db):
        _check_leaving(state, node, yes)
        leave_mesh(state, node, wall_ms())
        published = has_left(state, node)
        paused = [dirty.title or dirty.item for dirty in state.dirty.all() if dirty.why.startswith("paused:")]
    running = is_held(session.config_dir)
    with busy("removing connections and tags from the apps", quiet=as_json):
        cleaned = [clean_up_app(config, name, keep_tags=keep_tags) for name in config.apps]
    errors = [error for _, error in cleaned if error]
    code = DONE if not errors else WAITING if any(isinstance(each, Refused) for each in errors) else DOWN
    if as_json:
        apps = msgspec.to_builtins([each for each, _ in cleaned])
        say_json({"node": node, "left": True, "running": running, "paused": paused, "apps": apps})
        raise typer.Exit(code)
    if published:
        say(f"{node} has left the mesh; stop mesharr")
    else:
        when = "by the daemon, at once" if running else "by the next mesharr sync"
        say(f"{node} leaves: published {when}; stop mesharr afterwards")
    if paused:
        titles = printable(", ".join(paused))
        say(f"paused here while a peer downloads them; monitor them again in your app: {titles}")
    for each, error in cleaned:
        if error:
            note(f"{each.app}: its connection and tags are still there: {printable(each.why)}")
        else:
            tags = "" if keep_tags else f"; {quantity(each.items, 'item')} untagged"
            say(f"{each.app}: connection {each.connection}{tags}")
    raise typer.Exit(code)


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
