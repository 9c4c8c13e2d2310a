"""Run `mesharr approve` and `mesharr reject` with numbers: answer what needs approval."""

from collections.abc import Sequence
from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.node.reports import approvals
from mesharr.node.reports.approvals import chosen
from mesharr.node.reports.lists import approvals_document
from mesharr.node.reports.wording import changes_text
from mesharr.node.status.list_model import HoldReport


def approve(context: typer.Context, *, numbers: Sequence[int], every: bool, as_json: bool) -> None:
    """Approve the groups of changes with these numbers, or all that need approval."""
    _check(numbers, every)
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        groups = chosen(approvals_document(state.holds, state.names), numbers, even_rejected=True)
        approvals.approve(state, groups, wall_ms())
    _print("approved", groups, as_json)
    if groups and not as_json:
        note_when_it_applies(session.config_dir)


def reject(context: typer.Context, *, numbers: Sequence[int], every: bool, as_json: bool) -> None:
    """Reject the groups of changes with these numbers, or all that need approval."""
    _check(numbers, every)
    session = session_of(context)
    node, now = node_if_known(session), wall_ms()
    state = open_state(session.config_dir)
    with closing(state.db):
        groups = chosen(approvals_document(state.holds, state.names), numbers, even_rejected=False)
        approvals.reject(state, node, groups, now)
    _print("rejected", groups, as_json)
    if groups and not as_json:
        note_when_it_applies(session.config_dir)


def _check(numbers: Sequence[int], every: bool) -> None:
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")


def _print(did: str, groups: Sequence[HoldReport], as_json: bool) -> None:
    if as_json:
        say_json({did: [hold.n for hold in groups]})
        return
    for each in groups:
        say(f"{did} {each.n}: {changes_text(each)} in {each.library}")
    if not groups:
        say("nothing needs approval")
