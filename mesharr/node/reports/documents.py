"""The documents that commands print with `--json` and the API answers with."""

from collections.abc import Sequence

import msgspec

from mesharr.node.status.introductions import unknown_nodes
from mesharr.node.status.lists import holds, upload_limits, uploads_of
from mesharr.node.status.model import HoldReport, PeerReport, UnknownNode, UploadLimits, UploadReport
from mesharr.node.status.peer_report import peer_reports
from mesharr.state.peers import Peer
from mesharr.state.state import State


class ApprovalsDocument(msgspec.Struct, frozen=True):
    """What needs approval, and what was rejected."""

    holds: tuple[HoldReport, ...]
    """What needs approval."""
    rejected: tuple[HoldReport, ...]
    """What was rejected, and can be approved after all."""


class PeersDocument(msgspec.Struct, frozen=True):
    """The peers, and the nodes that are not trusted."""

    peers: tuple[PeerReport, ...]
    unknown: tuple[UnknownNode, ...]


class UploadsDocument(msgspec.Struct, frozen=True):
    """The files on their way to the drive."""

    uploads: tuple[UploadReport, ...]
    limits: UploadLimits


def approvals_document(state: State) -> ApprovalsDocument:
    """Return what needs approval, and what was rejected."""
    known = holds(state)
    return ApprovalsDocument(
        holds=tuple(hold for hold in known if hold.waits),
        rejected=tuple(hold for hold in known if hold.rejected),
    )


def peers_document(state: State, node: str, peers: Sequence[Peer]) -> PeersDocument:
    """Return the peers, and the nodes that are not trusted.

    `node` is this node, "" while it is not known.
    """
    return PeersDocument(peers=peer_reports(state, node, peers), unknown=unknown_nodes(state, node, peers))


def uploads_document(state: State, now: int) -> UploadsDocument:
    """Return the files on their way to the drive, and what holds them back now (ms)."""
    return UploadsDocument(uploads=uploads_of(state), limits=upload_limits(state, now))
