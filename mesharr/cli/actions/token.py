"""Run `mesharr token`: print this node's token, for `mesharr trust` on the other nodes."""

from contextlib import closing

import typer

from mesharr.bootstrap.node_key import load_key
from mesharr.cli.access.config import outline, own_words, token_of
from mesharr.cli.access.database import open_database
from mesharr.cli.context import Session, note, say, session_of
from mesharr.cli.terminal.busy import busy
from mesharr.log import layout
from mesharr.state.records.node import NodeRecord


def token(context: typer.Context) -> None:
    """Print this node's token, for `mesharr trust` on the other nodes. It contains no secret."""
    session = session_of(context)
    known, key = outline(session), load_key(session.config_dir)
    say(token_of(known, key, _mesh_id(session, known.store)))
    note(own_words(layout.node_id(known.node, key.public), key))


def _mesh_id(session: Session, store: str) -> str:
    """Return the id of this node's mesh; before its first run the store names it."""
    with closing(open_database(session.config_dir)) as db:
        known = NodeRecord(db).get().mesh
    if known:
        return known
    from mesharr.bootstrap.store_look import mesh_at  # noqa: PLC0415 - only before the first run

    with busy("looking at the drive"):
        return mesh_at(store).id
