"""Create the starter config and the key, or a new mesh."""

import os
from typing import Annotated

import typer

from mesharr.cli import open_node
from mesharr.cli.context import Misuse, Session, command_app, say, session_of
from mesharr.cli.open_node import KnownMounts, known_mounts, mesh_of, token_of
from mesharr.cli.setup import anchor_library, create_mesh, make_config, make_folders, make_key
from mesharr.config import Config
from mesharr.core.errors import MesharrError
from mesharr.log.keys import NodeKey

app = command_app()


@app.command()
def init(
    context: typer.Context,
    new_mesh: Annotated[
        str | None, typer.Option("--new-mesh", metavar="NAME", help="create a mesh: once, on one node")
    ] = None,
    node: Annotated[
        str | None, typer.Option("--node", metavar="NAME", help="this node's name (default: the host's)")
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="LIBRARY", help="create the anchor of a new library"),
    ] = None,
) -> None:
    """Create the starter config and the key, with --new-mesh the mesh; keep what exists."""
    session = session_of(context)
    make_folders(session)
    make_config(session, node)
    key = make_key(session)
    config = open_node.load(session)
    if node is not None and config.node != node:
        raise Misuse(f"mesharr.yml names this node {config.node}, not {node}", "change `node:` there")
    known = known_mounts(session, config)
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
