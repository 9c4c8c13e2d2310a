"""The documents that commands print with `--json` and the API answers with."""

from collections.abc import Sequence

import msgspec

from mesharr.node.status.introductions import unknown_nodes
from mesharr.node.status.model import PeerReport, UnknownNode
from mesharr.node.status.peer_report import peer_reports
from mesharr.state.peers import Peer
from mesharr.state.state import State


class PeersDocument(msgspec.Struct, frozen=True):
    """The peers, and the nodes that are not trusted."""

    peers: tuple[PeerReport, ...]
    unknown: tuple[UnknownNode, ...]


def peers_document(state: State, node: str, peers: Sequence[Peer]) -> PeersDocument:
    """Return the peers, and the nodes that are not trusted.

    `node` is this node, "" while it is not known.
    """
    return PeersDocument(peers=peer_reports(state, node, peers), unknown=unknown_nodes(state, node, peers))
