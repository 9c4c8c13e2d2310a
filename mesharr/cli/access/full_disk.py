"""Read the database of a node whose disk takes no writes."""

import os
import shutil
from tempfile import TemporaryDirectory

from mesharr.bootstrap.database import DB_NAME
from mesharr.state.db import Database


def database_copied_aside(config_dir: str) -> Database:
    """Return a copy in memory of a node's database, made in the temporary directory."""
    with TemporaryDirectory(prefix="mesharr-") as folder:
        for name in (DB_NAME, f"{DB_NAME}-wal"):
            if os.path.exists(path := os.path.join(config_dir, name)):
                shutil.copyfile(path, os.path.join(folder, name))
        return Database.copy_of(os.path.join(folder, DB_NAME))
