"""Run `mesharr untrust`: freeze a peer: ignore its events from now on."""

from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.database import wake_daemon
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, Session, say, session_of
from mesharr.core.errors import Refused
from mesharr.core.hlc import time_text
from mesharr.core.text import quantity
from mesharr.node.inward.streams.forget import forget_removals as forget
from mesharr.state.peers import changing_peers, find, untrusted, write_peers


def untrust(context: typer.Context, *, word: str, forget_removals: bool) -> None:
    """Freeze a peer: keep what it published so far, and ignore its events from now on."""
    session = session_of(context)
    with changing_peers(session.config_dir) as before:
        try:
            peer = find(before, word)
        except Refused as error:
            raise Misuse(error.what, error.fix) from error
        if not peer.frozen:
            write_peers(session.config_dir, untrusted(before, peer.node, time_text(wall_ms())))
    if peer.frozen:
        say(f"{peer.node} is frozen since {peer.frozen}")
    else:
        wake_daemon(session.config_dir)
        say(f"{peer.node} is frozen; `mesharr trust` with its token resumes it")
    if forget_removals:
        _forget(session, peer.node)


def _forget(session: Session, node: str) -> None:
    state = open_state(session.config_dir)
    with closing(state.db):
        items = forget(state, node, wall_ms())
    if items:
        whose = quantity(len(items), "item")
        say(f"what it removed, renamed or replaced of {whose} counts again in this household")
    else:
        say("it removed, renamed and replaced nothing")
