"""Accept whom peers introduce, where `trust.introductions` says `accept`."""

import logging

from mesharr.core.hlc import time_text
from mesharr.node.status.introductions import unknown_nodes
from mesharr.state.peers import Peer, changing_peers, trusted, write_peers
from mesharr.state.state import State

log = logging.getLogger(__name__)


def accept_introduced(config_dir: str, state: State, node: str, now: int) -> None:
    """Trust the nodes that a trusted peer trusts by the key they introduced themselves with.

    One that was ever trusted here is not unknown: who was untrusted stays so.
    """
    with changing_peers(config_dir) as peers:
        for each in unknown_nodes(state, node, peers):
            if each.introduced_by:
                peer = Peer(node=each.node, name=each.name, key=each.key, since=time_text(now))
                peers = trusted(peers, peer)  # noqa: PLW2901 - what was read, with one more
                write_peers(config_dir, peers)
                log.info("%s is trusted now: introduced by %s", each.node, ", ".join(each.introduced_by))
