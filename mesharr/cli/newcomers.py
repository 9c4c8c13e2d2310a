"""Trust a node from the command line: read who asks, compare its words, write it down."""

import sys
from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.database import wake_daemon
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.store import open_store, read_mesh
from mesharr.bootstrap.store_look import DEADLINE_S
from mesharr.cli.context import note
from mesharr.core.hlc import time_text
from mesharr.log import reader
from mesharr.log.keys import key_text
from mesharr.node.inward.streams.strangers import Strangers
from mesharr.settings.models import Config
from mesharr.state.peers import Peer, changing_peers, trusted, write_peers
from mesharr.state.state import State

APPLIES = "a running mesharr reads its events from its next poll on"
"""What follows a new entry of peers.yml."""


def look_for_newcomers(config: Config, state: State, node: str, peers: tuple[Peer, ...]) -> None:
    """Read how untrusted nodes introduce themselves, as the daemon does at its polls.

    Raises what the store raises when it does not answer.
    """
    with closing(open_disk(DEADLINE_S)) as disk:
        store = open_store(config, disk, storage=state.store.get().storage)
        mesh = read_mesh(store)
        names, now = store.tails(), wall_ms()
        unknown = reader.choose(names, {}, {node, *(peer.node for peer in peers if not peer.frozen)}).unknown
        state.node_warnings.note_unknown(unknown, now)
        Strangers(store, state, mesh.id).look(names, unknown, {peer.node for peer in peers}, now)


def has_same_words(name: str, words: str, *, yes: bool) -> bool:
    """Have the user of a terminal compare fingerprint words; return whether they are the same."""
    if yes or not sys.stdin.isatty():
        return True
    if typer.confirm(f"does {name} read out the same words ({words})?"):
        return True
    note(f"{name} is not trusted: another node may use that name")
    return False


def peer_entry(node: str, name: str, key: bytes) -> Peer:
    """Return the entry of peers.yml of a node that is trusted from now on."""
    return Peer(node=node, name=name, key=key_text(key), since=time_text(wall_ms()))


def add_peer(config_dir: str, peer: Peer) -> bool:
    """Write a peer into peers.yml; return False when it is trusted already."""
    with changing_peers(config_dir) as before:
        after = trusted(before, peer)
        if any(entry.name == peer.name and entry.node != peer.node for entry in before):
            note(f"another peer is called {peer.name} too: is this a new key of the same household?")
        if after == before:
            return False
        write_peers(config_dir, after)
    wake_daemon(config_dir)
    return True
