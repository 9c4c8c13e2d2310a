"""Run `mesharr approve`: approve changes; without a number, list what needs approval."""

from contextlib import closing

import click

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli.access.state import open_state
from mesharr.cli.approvals import print_groups
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.node.reports import approvals
from mesharr.node.reports.approvals import chosen
from mesharr.node.reports.documents import approvals_document
from mesharr.node.reports.wording import changes_text
from mesharr.node.status.model import HoldReport
from mesharr.state.state import State


def approve(context: click.Context, *, numbers: list[int] | None, every: bool, as_json: bool) -> None:
    """Approve changes; without a number, list what needs approval."""
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    state = open_state(session_of(context).config_dir)
    with closing(state.db):
        known = approvals_document(state)
        if numbers or every:
            _approve(state, chosen(known, numbers or (), even_rejected=True), as_json)
        else:
            print_groups(known, as_json)


def _approve(state: State, groups: list[HoldReport], as_json: bool) -> None:
    approvals.approve(state, groups, wall_ms())
    if as_json:
        say_json({"approved": [hold.n for hold in groups]})
        return
    for each in groups:
        say(f"approved {each.n}: {changes_text(each)} in {each.library}")
    if not groups:
        say("nothing needs approval")
