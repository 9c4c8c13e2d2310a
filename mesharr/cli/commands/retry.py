"""Make waiting work due now; forget what was refused."""

from contextlib import closing
from typing import Annotated

import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.context import command_app, say, say_json, session_of
from mesharr.state.state import State

app = command_app()


@app.command()
def retry(
    context: typer.Context,
    scans: Annotated[bool, typer.Option("--scans", help="only folders for the media servers")] = False,
    items: Annotated[bool, typer.Option("--items", help="only items, and files of the store")] = False,
    uploads: Annotated[bool, typer.Option("--uploads", help="only uploads and proofs of removal")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Make waiting work due now, and forget what was refused: it is told again if it still is so.

    A running daemon goes on with it at its next poll. What is held stays held: see `approve`.
    """
    every = not (scans or items or uploads)
    state = open_node.open_state(session_of(context).config_dir)
    now = wall_ms()
    due: dict[str, int] = {}
    with closing(state.db), state.transaction():
        if items or every:
            due |= _retry_items(state, now)
        if uploads or every:
            state.outbox.retry(now)
            due["uploads"] = state.uploads.retry(now)
            state.refusals.clear_all("upload:")
        if scans or every:
            due["scans"] = state.scans.retry(now)
            state.refusals.clear_all("scanner:")
        if every:
            state.refusals.clear_all()
    if as_json:
        say_json({"due": due})
        return
    said = ", ".join(f"{count} {name}" for name, count in due.items() if count)
    say(f"due now: {said}" if said else "nothing waits")


def _retry_items(state: State, now: int) -> dict[str, int]:
    state.refusals.clear_all("item:")
    state.refusals.clear_all("app:")
    state.refusals.clear_all("settings:")
    return {
        "items": state.dirty.retry(now),
        "hints": state.inbox.retry(now),
        "files": state.quarantine.retry(now),
    }
