"""Run `mesharr approve` and `mesharr reject` without a number: list what needs approval."""

from contextlib import closing

import msgspec
import typer

from mesharr.cli.access.database import open_database
from mesharr.cli.context import say, say_json, session_of
from mesharr.cli.output import ago, print_table
from mesharr.node.reports.lists import approvals_document
from mesharr.node.reports.wording import changes_text, rejected_text, rejecting_text
from mesharr.state.holds import Holds
from mesharr.state.records.nodes import NodeNames


def list_approvals(context: typer.Context, *, every: bool, as_json: bool) -> None:
    """Print what needs approval, and what was rejected."""
    with closing(open_database(session_of(context).config_dir)) as db:
        found = approvals_document(Holds(db), NodeNames(db))
    waiting = found.holds
    if as_json:
        say_json(msgspec.to_builtins(found))
        return
    for hold in waiting:
        what = changes_text(hold)
        say(f"{hold.n}: {what} in {hold.library}, {ago(hold.since)}: {hold.why}")
        rows = [(each.title, each.item) for each in hold.items]
        print_table(("title", "item"), rows, order="title", every=every, option="--list")
        say(f"if you reject it: {rejecting_text(hold)}")
    if len(waiting) > 1:
        say("approve with: mesharr approve NUMBER, or --all; or have none of it done: mesharr reject NUMBER")
    elif waiting:
        n = waiting[0].n
        say(f"approve with: mesharr approve {n}; or have none of it done: mesharr reject {n}")
    else:
        say("nothing needs approval")
    for hold in found.rejected:
        what = changes_text(hold)
        say(f"rejected {hold.n}: {what} in {hold.library}; {rejected_text(hold)}")
