"""Run `mesharr reject`: reject changes that need approval; they are not done."""

from contextlib import closing

import click

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.approvals import print_groups
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.node.reports import approvals
from mesharr.node.reports.approvals import chosen
from mesharr.node.reports.documents import approvals_document
from mesharr.node.reports.wording import changes_text


def reject(context: click.Context, *, numbers: list[int] | None, every: bool, as_json: bool) -> None:
    """Reject changes; without a number, list what needs approval and what was rejected."""
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    session = session_of(context)
    node, now = node_if_known(session), wall_ms()
    state = open_state(session.config_dir)
    with closing(state.db):
        known = approvals_document(state)
        if not numbers and not every:
            print_groups(known, as_json)
            return
        groups = chosen(known, numbers or (), even_rejected=False)
        approvals.reject(state, node, groups, now)
    if as_json:
        say_json({"rejected": [hold.n for hold in groups]})
        return
    for each in groups:
        say(f"rejected {each.n}: {changes_text(each)} in {each.library}")
    if not groups:
        say("nothing needs approval")
