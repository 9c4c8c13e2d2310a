"""Run `mesharr uploads`: list, pause, resume or retry them, or queue existing files."""

from contextlib import closing
from functools import partial

import click
import msgspec

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli.access.state import open_state
from mesharr.cli.actions.retry import retry
from mesharr.cli.context import Misuse, Session, say, say_json, session_of
from mesharr.cli.output import watched
from mesharr.cli.status_text import print_upload_limits, print_uploads
from mesharr.node.reports.documents import uploads_document


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the command: at most one of these; none lists the uploads once."""

    watch: bool
    pause: bool
    resume: bool
    retry: bool
    existing: bool


def uploads(context: click.Context, ask: Ask, *, as_json: bool) -> None:
    """List the uploads, pause, resume or retry them, or queue existing files."""
    session = session_of(context)
    asked = [name for name, is_asked in msgspec.structs.asdict(ask).items() if is_asked]
    if len(asked) > 1:
        raise Misuse(f"--{asked[0]} and --{asked[1]} were given", "give one of them")
    if ask.existing:
        from mesharr.cli.upload_existing import upload_existing  # noqa: PLC0415 - it asks the apps; lists do not

        upload_existing(session, as_json=as_json)
    elif ask.watch:
        watched(partial(_list, session, as_json))
    elif ask.retry:
        retry(context, scans=False, items=False, uploads=True, as_json=as_json)
    elif ask.pause or ask.resume:
        _pause(session, paused=ask.pause)
        _list(session, as_json)
    else:
        _list(session, as_json)


def _pause(session: Session, *, paused: bool) -> None:
    """Pause the uploads, or have all of them go on."""
    state, now = open_state(session.config_dir), wall_ms()
    with closing(state.db), state.transaction():
        if paused:
            state.node.pause_uploads(state.node.get().uploads_paused or now)
        else:
            state.node.pause_uploads(0)
            state.uploads.retry(now)


def _list(session: Session, as_json: bool) -> None:
    state = open_state(session.config_dir)
    with closing(state.db):
        found = uploads_document(state, wall_ms())
    if as_json:
        say_json(msgspec.to_builtins(found))
        return
    print_upload_limits(found.limits)
    if found.uploads:
        print_uploads(found.uploads)
    else:
        say("no uploads")
