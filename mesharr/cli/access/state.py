"""Open the state of a session's node, to work on it, to read it, or a copy of it."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import closing
from tempfile import TemporaryDirectory

import msgspec

from mesharr.bootstrap import identity, node_key
from mesharr.cli.context import Session
from mesharr.core.errors import Unavailable
from mesharr.disk.free_space import why_not_writable
from mesharr.disk.library import MountMemory
from mesharr.settings.config_file import CONFIG_NAME, no_config
from mesharr.state.db import Database
from mesharr.state.state import State


def open_state(config_dir: str) -> State:
    """Return this node's state; an empty one in memory while the node has never run.

    Raises:
        ConfigError: there is no node in this directory; an empty state would look like a healthy one.

    """
    if os.path.exists(os.path.join(config_dir, node_key.DB_NAME)):
        return identity.open_state(config_dir)
    if not os.path.exists(os.path.join(config_dir, CONFIG_NAME)):
        raise no_config(config_dir)
    return State(Database(":memory:"))


def readable_state(config_dir: str) -> State:
    """Return this node's state to read; a copy of it while the disk takes no writes.

    To open the database needs some room beside it, and what is wrong has to be said all the same.
    """
    try:
        return open_state(config_dir)
    except Unavailable:
        if not why_not_writable(config_dir):
            raise
    with TemporaryDirectory(prefix="mesharr-") as folder:
        for name in (node_key.DB_NAME, f"{node_key.DB_NAME}-wal"):
            if os.path.exists(path := os.path.join(config_dir, name)):
                shutil.copyfile(path, os.path.join(folder, name))
        return State(Database.copy_of(os.path.join(folder, node_key.DB_NAME)))


def copied_state(config_dir: str) -> State:
    """Return a copy of this node's state in memory; writes to it are lost."""
    return State(Database.copy_of(os.path.join(config_dir, node_key.DB_NAME)))


class KnownMounts(msgspec.Struct, frozen=True):
    """The mounts (`mount_text`) on which this node saw its store and its libraries last."""

    store: str = ""
    libraries: Mapping[str, str] = {}

    def of_library(self, name: str) -> MountMemory:
        """Return the mount of a library as its storage takes it; what it sees now is not kept."""
        return MountMemory(self.libraries.get(name, ""))


def known_mounts(session: Session, libraries: Iterable[str]) -> KnownMounts:
    """Return what this node remembers of its mounts; nothing while it has never run."""
    state = readable_state(session.config_dir)
    with closing(state.db):
        mounts = {name: state.libraries.mount(name) for name in libraries}
        return KnownMounts(state.store.get().storage, mounts)
