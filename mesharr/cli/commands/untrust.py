"""Freeze a peer: what it says from now on is not read."""

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
    word: Annotated[str, typer.Argument(metavar="NODE", help="a peer's node or name, as `peers` shows it")],
) -> None:
    """Freeze a peer: what it said so far stays, what it says from now on is not read."""
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
    say(f"{peer.node} is frozen; `mesharr trust` with its token takes it up again")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
