"""Load what makes this node itself: its key, its state, its trusted peers, its clock."""

import os
import time
from contextlib import suppress
from functools import partial

from mesharr.core.errors import Misconfigured, Refused
from mesharr.log import keys, layout
from mesharr.log.keys import NodeKey
from mesharr.node.model import PeerList, Trusted
from mesharr.state.db import Database, Outdated
from mesharr.state.lock import Busy, hold_lock
from mesharr.state.peers import PEERS_NAME, Peer, read_peers
from mesharr.state.state import State

KEY_NAME = "node.key"
DB_NAME = "mesharr.db"
SPOOL = "spool"
WAKE = "wake"
"""The file in the spool that a command touches to have a running daemon look at what it changed."""


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


def wake_daemon(config_dir: str) -> None:
    """Have a running daemon look at what a command changed; else it does so at its next poll."""
    with suppress(OSError), open(os.path.join(config_dir, SPOOL, WAKE), "wb"):
        pass


def open_state(config_dir: str, *, locked: bool = False) -> State:
    """Return this node's state, in a new database where there is none.

    Unless `locked`, a running daemon is woken once what was changed is closed.

    Only a holder of the config dir's lock may migrate an older database: the caller when `locked`, else this
    function, for a moment.

    Raises:
        Refused: the database is older, and the mesharr that created it still runs.

    """
    path = os.path.join(config_dir, DB_NAME)
    if locked:
        return State(Database(path))
    try:
        return State(Database(path, update=False, changed=partial(wake_daemon, config_dir)))
    except Outdated as error:
        try:
            with hold_lock(config_dir):
                return State(Database(path))
        except Busy:
            raise Refused(
                f"{error.what}, and the mesharr that made it still runs", "restart the daemon: it updates it"
            ) from error


def wall_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def peer_list(config_dir: str) -> PeerList:
    """Return a function that returns the trusted peers, as their file is now.

    Threads may call it at once: each gets the peers of one state of the file, whole.
    """
    path = os.path.join(config_dir, PEERS_NAME)
    known: tuple[object, dict[str, Trusted]] = (object(), {})

    def peers() -> dict[str, Trusted]:
        nonlocal known
        stat = os.stat(path) if os.path.exists(path) else None
        mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None
        found = known
        if found[0] != mark:
            found = mark, {peer.node: peer for peer in map(_trusted, read_peers(config_dir))}
            known = found  # at once: other threads read it meanwhile
        return dict(found[1])

    return peers


def _trusted(peer: Peer) -> Trusted:
    key = keys.parse_key(peer.key)
    if key is None or layout.node_id(peer.name, key) != peer.node:
        raise Refused(
            f"{PEERS_NAME}: the key of {peer.node} is damaged", "untrust it, and trust its token again"
        )
    return Trusted(peer.node, peer.name, key, keys.verifier(key), frozen=bool(peer.frozen))
