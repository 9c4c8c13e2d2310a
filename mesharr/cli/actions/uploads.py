"""Run `mesharr uploads`: list the uploads, once or again and again."""

from contextlib import closing
from functools import partial

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.database import open_database
from mesharr.cli.context import Session, say, say_json, session_of
from mesharr.cli.output import watched
from mesharr.cli.terminal.uploads import print_upload_limits, print_uploads
from mesharr.node.reports.lists import uploads_document
from mesharr.node.status.lists import LISTED
from mesharr.state.queues.uploads import Uploads
from mesharr.state.records.node import NodeRecord


def list_uploads(context: typer.Context, *, watch: bool, every: bool, as_json: bool) -> None:
    """List the uploads; with `watch`, every two seconds."""
    show = partial(print_list, session_of(context), as_json, every=every)
    if watch:
        watched(show)
    else:
        show()


def print_list(session: Session, as_json: bool, *, every: bool = False) -> None:
    """Print the uploads, and what holds them back as a whole."""
    with closing(open_database(session.config_dir)) as db:
        limit = -1 if every or as_json else LISTED
        found = uploads_document(Uploads(db), NodeRecord(db), wall_ms(), limit)
    if as_json:
        say_json(msgspec.to_builtins(found))
        return
    print_upload_limits(found.limits)
    if found.uploads:
        print_uploads(found.uploads, found.totals.count, every=every)
    else:
        say("no uploads")
