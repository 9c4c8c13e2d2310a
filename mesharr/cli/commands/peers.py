"""Show whom this node trusts, and how far each follows."""

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from mesharr.cli import open_node
from mesharr.cli.context import command_app, say, say_json, session_of
from mesharr.cli.output import ago, print_table, printable
from mesharr.node.status.model import PeerReport
from mesharr.node.status.peer_report import peer_reports, strangers
from mesharr.state.peers import read_peers

app = command_app()


@app.command()
def peers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show whom this node trusts, how far it follows them, and how far they follow it.

    `lag`: events of theirs that are not applied here yet; `last seen`: when their last applied event was
    made, by their clock; `acknowledged`: the last of this node's events they said to have applied.
    """
    session = session_of(context)
    trusted = read_peers(session.config_dir)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        found = peer_reports(state, open_node.node_if_known(session), trusted)
        unknown = strangers(state, trusted)
    if as_json:
        say_json({"peers": msgspec.to_builtins(found), "unknown": msgspec.to_builtins(unknown)})
        return
    if found:
        _print_table(found)
    else:
        say("no peers yet: enter their tokens with `mesharr trust TOKEN`")
    for peer in found:
        if peer.trusts_me is False and not peer.frozen and not peer.left:
            say(f"{peer.name} does not trust you yet: send them your token (`mesharr token`)")
        if peer.why:
            say(f"{peer.name}: {printable(peer.why)}")
    for stranger in unknown:
        say(f"{stranger.node} writes to this mesh and is not trusted here: `mesharr trust TOKEN`")


def _print_table(found: tuple[PeerReport, ...]) -> None:
    columns = ("node", "key", "trusted", "lag", "last seen", "acknowledged", "trusts you")
    rows = [
        (
            peer.node,
            peer.fingerprint,
            f"frozen {ago(peer.frozen)}" if peer.frozen else "left" if peer.left else ago(peer.since),
            peer.lag,
            ago(peer.last_seen),
            peer.acknowledged,
            _TRUST[peer.trusts_me],
        )
        for peer in found
    ]
    print_table(columns, rows)


_TRUST = {True: "yes", False: "no", None: "not known"}
