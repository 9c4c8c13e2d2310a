"""Run `mesharr retry`: try waiting work again now, and what was refused."""

from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.access.state import open_state
from mesharr.cli.context import say, say_json, session_of
from mesharr.core.text import quantity
from mesharr.node.outward.names.unshared import SUBJECT
from mesharr.state.state import State


def retry(context: typer.Context, *, scans: bool, items: bool, uploads: bool, as_json: bool) -> None:
    """Try waiting work again now, and what was refused."""
    every = not (scans or items or uploads)
    state = open_state(session_of(context).config_dir)
    now = wall_ms()
    due: dict[str, int] = {}
    with closing(state.db), state.transaction():
        if items or every:
            due |= _retry_items(state, now)
        if uploads or every:
            state.outbox.retry(now)
            due["uploads"] = state.uploads.retry(now)
            state.paused_remotes.resume_all()
            state.refusals.clear_all("upload:")
            state.refusals.clear_all("second_uploader:")
            state.refusals.clear_all("cloudplow:")
        if scans or every:
            due["scans"] = state.scans.retry(now)
            state.dropped_files.hurry(now)
            if trash := state.trash.retry(now):
                due["trash"] = trash
            state.refusals.clear_all("scanner:")
            state.refusals.clear_all("trash:")
        if every:
            state.refusals.clear_all(but=SUBJECT)
    if as_json:
        say_json({"due": due})
        return
    texts = ", ".join(
        quantity(count, *_KINDS.get(name, (name, name))) for name, count in due.items() if count
    )
    say(f"tried again now: {texts}" if texts else "nothing is waiting")
    if texts:
        note_when_it_applies(session_of(context).config_dir)


_KINDS = {
    "items": ("item", "items"),
    "hints": ("webhook", "webhooks"),
    "files": ("file of the store", "files of the store"),
    "uploads": ("upload", "uploads"),
    "scans": ("scan", "scans"),
    "trash": ("trash of a media server", "trashes of media servers"),
}
"""What each count is called, one and several."""


def _retry_items(state: State, now: int) -> dict[str, int]:
    state.node.request_retry(now)
    state.refusals.clear_all("item:")
    state.refusals.clear_all("app:")
    state.refusals.clear_all("settings:")
    return {
        "items": state.dirty.retry(now),
        "hints": state.inbox.retry(now),
        "files": state.quarantine.retry(now),
    }
