"""Open this node's state, and read its trusted peers and its clock."""

import os
import time
from contextlib import suppress
from functools import partial

from mesharr.bootstrap.node_key import DB_NAME
from mesharr.core.errors import Refused
from mesharr.log import keys, layout
from mesharr.node.model import PeerList, Trusted
from mesharr.state.db import Database, Outdated
from mesharr.state.lock import Busy, hold_lock
from mesharr.state.peers import PEERS_NAME, Peer, read_peers
from mesharr.state.state import State

SPOOL = "spool"
WAKE = "wake"
"""The file in the spool that a command touches to have a running daemon look at what it changed."""


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
