"""Run `mesharr token`: print this node's token, for `mesharr trust` on the other nodes."""

import typer

from mesharr.bootstrap.identity import load_key
from mesharr.cli import open_node
from mesharr.cli.context import note, say, session_of
from mesharr.cli.joining.newcomers import own_words
from mesharr.cli.open_node import mesh_of, token_of
from mesharr.log import layout


def token(context: typer.Context) -> None:
    """Print this node's token, for `mesharr trust` on the other nodes. It contains no secret."""
    session = session_of(context)
    config = open_node.load(session)
    key = load_key(session.config_dir)
    say(token_of(config, key, mesh_of(config)))
    note(own_words(layout.node_id(config.node, key.public), key))
