"""Run `mesharr trust`: trust a node: apply its events from now on."""

import os

import typer

from mesharr.bootstrap.node_key import key_path, load_key
from mesharr.bootstrap.store import mesh_of
from mesharr.cli.access.config import load
from mesharr.cli.context import Misuse, Session, note, say, session_of
from mesharr.cli.newcomers import add_peer, peer_entry
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import MesharrError, Refused
from mesharr.log.keys import parse_token, words_of
from mesharr.node.status.peer_report import fingerprint


def trust(context: typer.Context, *, text: str) -> None:
    """Trust a node: apply its events from now on. Resumes a frozen peer."""
    session = session_of(context)
    try:
        found = parse_token(text, mesh=_known_mesh(session), own=_own_key(session))
    except Refused as error:
        raise Misuse(error.what, error.fix) from error
    peer = peer_entry(found.node, found.name, found.key)
    if not add_peer(session.config_dir, peer):
        say(f"{peer.node} is trusted already")
        return
    key = f"key {fingerprint(peer.key)}, in words {words_of(found.key)}"
    say(f"{peer.node} is trusted ({key}); it has to trust this node too")


def _known_mesh(session: Session) -> str | None:
    """Return the id of this node's mesh; None, and print why, while the store is unavailable."""
    config = load(session)
    try:
        with busy("looking at the drive"):
            return mesh_of(config).id
    except MesharrError as error:
        note(f"cannot check that the token is for this mesh: {error}")
        return None


def _own_key(session: Session) -> bytes | None:
    if not os.path.lexists(key_path(session.config_dir)):
        return None
    return load_key(session.config_dir).public
