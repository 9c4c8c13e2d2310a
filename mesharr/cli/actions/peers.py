"""Run `mesharr peers`: list the peers, and how far each is behind."""

from contextlib import closing

import msgspec
import typer

from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.output import ago, print_lines, print_table, printable
from mesharr.cli.terminal.uploads import print_peer_uploads
from mesharr.core.text import quantity
from mesharr.node.reports.documents import peers_document
from mesharr.node.status.introductions import distrust_text, former_self_text, unknown_text
from mesharr.node.status.model import PeerReport
from mesharr.node.status.peer_report import events_of
from mesharr.state.peers import read_peers


def peers(context: typer.Context, *, verbose: bool, every: bool, as_json: bool) -> None:
    """List the peers, how far behind this node is, and what they confirmed."""
    session = session_of(context)
    trusted = read_peers(session.config_dir)
    state = open_state(session.config_dir)
    with closing(state.db):
        me = node_if_known(session)
        document = peers_document(state, me, trusted)
        own = events_of(state, me, ())
    if as_json:
        say_json(msgspec.to_builtins(document))
        return
    found = document.peers
    if found:
        _print_table(found, own.queued + own.confirmed, verbose=verbose, every=every)
    else:
        say("no peers yet: add them with `mesharr trust TOKEN`")
    for peer in found:
        if peer.trusts_me is False and not peer.frozen and not peer.left:
            say(distrust_text(peer.called, me))
        if peer.is_former_self and not peer.frozen and not peer.left:
            say(former_self_text(peer))
        if peer.why:
            say(f"{peer.called}: {printable(peer.why)}")
    print_lines([unknown_text(stranger) for stranger in document.unknown], every=every)


def _print_table(found: tuple[PeerReport, ...], published: int, *, verbose: bool, every: bool) -> None:
    names = {peer.node: peer.node if verbose else peer.called for peer in found}
    columns = ("peer", "key", "trusted", "behind by", "last word", "confirmed", "trusts you")
    rows = [
        (
            names[peer.node],
            peer.words if verbose else peer.fingerprint,
            _trust_text(peer),
            quantity(peer.lag, "event"),
            ago(peer.last_seen),
            f"{peer.acknowledged} of {quantity(published, 'event')}",
            _TRUST[peer.trusts_me],
        )
        for peer in found
    ]
    print_table(columns, rows, order="peer", every=every)
    print_peer_uploads(found, names.__getitem__)


def _trust_text(peer: PeerReport) -> str:
    """Return since when a peer is trusted, or how it is gone."""
    gone = f"frozen {ago(peer.frozen)}" if peer.frozen else "left" if peer.left else ""
    return f"{gone}, adopted {ago(peer.adopted)}" if peer.adopted else gone or ago(peer.since)


_TRUST = {True: "yes", False: "no", None: "not known"}
