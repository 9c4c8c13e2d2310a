"""Freeze a peer: ignore its events from now on."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mesharr.cli.context import Misuse, command_app, say, session_of
from mesharr.core.errors import Refused
from mesharr.state.peers import find, read_peers, untrusted, write_peers

app = command_app()


@app.command()
def untrust(
    context: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="NODE", help="the peer's name or node id, as `mesharr peers` lists it")
    ],
) -> None:
    """Freeze a peer: keep what it published so far, and ignore its events from now on."""
    session = session_of(context)
    before = read_peers(session.config_dir)
    try:
        peer = find(before, word)
    except Refused as error:
        raise Misuse(error.what, error.fix) from error
    if peer.frozen:
        say(f"{peer.node} is frozen since {peer.frozen}")
        return
    write_peers(session.config_dir, untrusted(before, peer.node, _now()))
    say(f"{peer.node} is frozen; `mesharr trust` with its token resumes it")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
