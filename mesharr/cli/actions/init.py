"""Run `mesharr init`: create the starter config and the key, or a new mesh."""

import os

import typer

from mesharr.bootstrap.store import mesh_of
from mesharr.cli.access.config import load, own_words, token_of
from mesharr.cli.access.state import KnownMounts, known_mounts
from mesharr.cli.context import Misuse, Session, say, session_of
from mesharr.cli.setup import anchor_library, create_mesh, make_config, make_folders, make_key
from mesharr.config import Config
from mesharr.core.errors import MesharrError
from mesharr.log import layout
from mesharr.log.keys import NodeKey


def init(context: typer.Context, *, new_mesh: str | None, node: str | None, anchor: str | None) -> None:
    """Create the starter config and the key, with --new-mesh the mesh; keep what exists."""
    session = session_of(context)
    make_folders(session)
    make_config(session, node)
    key = make_key(session)
    config = load(session)
    if node is not None and config.node != node:
        raise Misuse(f"mesharr.yml names this node {config.node}, not {node}", "change `node:` there")
    known = known_mounts(session, config.libraries)
    if new_mesh is not None:
        create_mesh(config, new_mesh, known)
    if anchor is not None:
        anchor_library(config, anchor, known)
    _say_where_we_are(session, config, key, known)


def _say_where_we_are(session: Session, config: Config, key: NodeKey, known: KnownMounts) -> None:
    try:
        mesh = mesh_of(config, known.store)
    except MesharrError as error:
        say(f"this node is {config.node}; its store is unavailable: {error}")
        say(f"next: edit {os.path.join(session.config_dir, 'mesharr.yml')}; then: mesharr config check")
        say("after that, once and on one node: mesharr init --new-mesh NAME; on every node: mesharr token")
        return
    say(f"this node is {config.node}, in the mesh {mesh.name} ({mesh.id}); give its token to the others:")
    say(token_of(config, key, mesh))
    say(own_words(layout.node_id(config.node, key.public), key))
