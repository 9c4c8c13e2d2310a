"""Open this node's state, and read its trusted peers."""

import os

from mesharr.bootstrap.database import open_database
from mesharr.core.errors import Refused
from mesharr.log import keys, layout
from mesharr.node.model import PeerList, Trusted
from mesharr.state.peers import PEERS_NAME, Peer, read_peers
from mesharr.state.state import State


def open_state(config_dir: str, *, locked: bool = False) -> State:
    """Return this node's state: all tables of the database that `open_database` returns."""
    return State(open_database(config_dir, locked=locked))


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
