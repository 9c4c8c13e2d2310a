"""Open the database of a session's node, for commands that read a table or two."""

import os

from mesharr.bootstrap import database
from mesharr.cli.context import note
from mesharr.settings.config_file import CONFIG_NAME, no_config
from mesharr.state.db import Database
from mesharr.state.lock import is_held


def open_database(config_dir: str) -> Database:
    """Return this node's database; an empty one in memory while the node has never run.

    Raises:
        ConfigError: there is no node in this directory; an empty state would look like a healthy one.

    """
    if os.path.exists(os.path.join(config_dir, database.DB_NAME)):
        return database.open_database(config_dir)
    if not os.path.exists(os.path.join(config_dir, CONFIG_NAME)):
        raise no_config(config_dir)
    return Database(":memory:")


def note_when_it_applies(config_dir: str) -> None:
    """Note when the daemon does what a command wrote into the database: closing that wakes it."""
    note("the daemon does so at once" if is_held(config_dir) else "done when mesharr runs: mesharr run")
