"""Run `mesharr token`: print this node's token, for `mesharr trust` on the other nodes."""

import typer

from mesharr.bootstrap.node_key import load_key
from mesharr.bootstrap.store_look import mesh_at
from mesharr.cli.access.config import outline, own_words, token_of
from mesharr.cli.context import note, say, session_of
from mesharr.log import layout


def token(context: typer.Context) -> None:
    """Print this node's token, for `mesharr trust` on the other nodes. It contains no secret."""
    session = session_of(context)
    known, key = outline(session), load_key(session.config_dir)
    say(token_of(known, key, mesh_at(known.store)))
    note(own_words(layout.node_id(known.node, key.public), key))
