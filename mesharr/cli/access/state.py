"""Open the state of a session's node, to work on it, to read it, or a copy of it."""

import os

from mesharr.bootstrap.database import DB_NAME
from mesharr.cli.access.database import open_database
from mesharr.core.errors import Unavailable
from mesharr.disk.free_space import why_not_writable
from mesharr.state.db import Database
from mesharr.state.state import State


def open_state(config_dir: str) -> State:
    """Return this node's state: all tables of the database that `open_database` returns."""
    return State(open_database(config_dir))


def readable_state(config_dir: str) -> State:
    """Return this node's state to read; a copy of it while the disk takes no writes.

    To open the database needs some room beside it, and what is wrong has to be said all the same.
    """
    try:
        return open_state(config_dir)
    except Unavailable:
        if not why_not_writable(config_dir):
            raise
    from mesharr.cli.access.full_disk import database_copied_aside  # noqa: PLC0415 - only on a full disk

    return State(database_copied_aside(config_dir))


def copied_state(config_dir: str) -> State:
    """Return a copy of this node's state in memory; writes to it are lost."""
    return State(Database.copy_of(os.path.join(config_dir, DB_NAME)))
