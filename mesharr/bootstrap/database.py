"""Open this node's database, alone or beside its daemon, which is woken by a change."""

import os
from contextlib import suppress
from functools import partial

from mesharr.core.errors import Refused
from mesharr.state.db import Database, Outdated
from mesharr.state.lock import Busy, hold_lock

DB_NAME = "mesharr.db"
SPOOL = "spool"
WAKE = "wake"
"""The file in the spool that a command touches to have a running daemon look at what it changed."""


def wake_daemon(config_dir: str) -> None:
    """Have a running daemon look at what a command changed; else it does so at its next poll."""
    with suppress(OSError), open(os.path.join(config_dir, SPOOL, WAKE), "wb"):
        pass


def open_database(config_dir: str, *, locked: bool = False) -> Database:
    """Return this node's database, a new one where there is none.

    Unless `locked`, a running daemon is woken once what was changed is closed.

    Only a holder of the config dir's lock may migrate an older database: the caller when `locked`, else this
    function, for a moment.

    Raises:
        Refused: the database is older, and the mesharr that created it still runs.

    """
    path = os.path.join(config_dir, DB_NAME)
    if locked:
        return Database(path)
    try:
        return Database(path, update=False, changed=partial(wake_daemon, config_dir))
    except Outdated as error:
        try:
            with hold_lock(config_dir):
                return Database(path)
        except Busy:
            raise Refused(
                f"{error.what}, and the mesharr that made it still runs", "restart the daemon: it updates it"
            ) from error
