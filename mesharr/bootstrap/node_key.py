"""Load the key of this node."""

import os

from mesharr.bootstrap.database import DB_NAME
from mesharr.core.errors import Misconfigured, Refused
from mesharr.log import keys
from mesharr.log.keys import NodeKey

KEY_NAME = "node.key"


class BadKey(Misconfigured):
    """The key file is missing, damaged, or readable by others: it is not used."""


def key_path(config_dir: str) -> str:
    """Return the path of the key in a config dir."""
    return os.path.join(config_dir, KEY_NAME)


def load_key(config_dir: str) -> NodeKey:
    """Return this node's key; raise `BadKey` when there is none or it may not be used."""
    try:
        return keys.load(key_path(config_dir))
    except Refused as error:
        raise BadKey(error.what, _LOST if lost_key(config_dir) else error.fix) from error


def lost_key(config_dir: str) -> bool:
    """Return whether this node has run with a key that is missing now."""
    ran = os.path.exists(os.path.join(config_dir, DB_NAME))
    return ran and not os.path.lexists(key_path(config_dir))


_LOST = (
    "this node has run with one: restore it from your copy, mode 0600; without a copy `mesharr keygen` "
    "makes a new node, which the others have to trust again"
)
