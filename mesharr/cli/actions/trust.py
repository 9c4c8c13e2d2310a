"""Run `mesharr trust`: trust a node: apply its events from now on."""

import os
from datetime import UTC, datetime

import typer

from mesharr.bootstrap.identity import key_path, load_key
from mesharr.cli import open_node
from mesharr.cli.context import Misuse, Session, note, say, session_of
from mesharr.cli.open_node import mesh_of
from mesharr.core.errors import MesharrError, Refused
from mesharr.log.keys import key_text, parse_token
from mesharr.node.status.peer_report import fingerprint
from mesharr.state.peers import Peer, read_peers, trusted, write_peers


def trust(context: typer.Context, *, text: str) -> None:
    """Trust a node: apply its events from now on. Resumes a frozen peer."""
    session = session_of(context)
    try:
        found = parse_token(text, mesh=_known_mesh(session), own=_own_key(session))
    except Refused as error:
        raise Misuse(error.what, error.fix) from error
    before = read_peers(session.config_dir)
    peer = Peer(node=found.node, name=found.name, key=key_text(found.key), since=_now())
    after = trusted(before, peer)
    if any(entry.name == peer.name and entry.node != peer.node for entry in before):
        note(f"another peer is called {peer.name} too: is this a new key of the same household?")
    if after == before:
        say(f"{peer.node} is trusted already")
        return
    write_peers(session.config_dir, after)
    say(f"{peer.node} is trusted (key {fingerprint(peer.key)}); it has to trust this node too")


def _known_mesh(session: Session) -> str | None:
    """Return the id of this node's mesh; None, and print why, while the store is unavailable."""
    config = open_node.load(session)
    try:
        return mesh_of(config).id
    except MesharrError as error:
        note(f"cannot check that the token is for this mesh: {error}")
        return None


def _own_key(session: Session) -> bytes | None:
    if not os.path.lexists(key_path(session.config_dir)):
        return None
    return load_key(session.config_dir).public


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
