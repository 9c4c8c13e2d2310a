"""Run `mesharr keygen`: create this node's key."""

import typer

from mesharr.bootstrap.node_key import key_path
from mesharr.cli.context import say, session_of
from mesharr.cli.setup import make_folders
from mesharr.log import keys


def keygen(context: typer.Context) -> None:
    """Create this node's key. Fails when there is one: `token` prints its public half."""
    session = session_of(context)
    make_folders(session)
    path = key_path(session.config_dir)
    keys.generate(path)
    say(f"created {path}: keep a copy of it where only you can read it")
