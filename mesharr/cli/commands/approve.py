"""Approve changes; without a number, list what needs approval."""

from contextlib import closing
from typing import Annotated

import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.approvals import Numbers, changes_text, chosen, print_groups
from mesharr.cli.context import Misuse, command_app, say, say_json, session_of
from mesharr.core.planning.limits import OWN
from mesharr.node import limits
from mesharr.node.status.model import HoldReport
from mesharr.node.status.report import holds
from mesharr.state.state import State

app = command_app()


@app.command()
def approve(
    context: typer.Context,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="approve all that is listed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Approve changes; without a number, list what needs approval.

    Exactly the listed items are approved. A running daemon makes the changes at its next poll. What was
    rejected can be approved by its number, too.
    """
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    state = open_node.open_state(session_of(context).config_dir)
    with closing(state.db):
        known = holds(state)
        waiting = [hold for hold in known if hold.waits]
        if numbers or every:
            rejected = [hold for hold in known if hold.rejected]
            _release(state, chosen(waiting, numbers, rejected), as_json)
        else:
            print_groups(known, as_json)


def _release(state: State, groups: list[HoldReport], as_json: bool) -> None:
    now = wall_ms()
    undone = [hold for hold in groups if hold.rejected and hold.peer == OWN]
    if undone:
        raise Misuse(f"{undone[0].n} was undone here", "do it again in your app, if it is wanted after all")
    with state.transaction():
        approved = [limits.approve(state, hold.n, now) for hold in groups]
    if as_json:
        say_json({"approved": [hold.n for hold in approved]})
        return
    for each in approved:
        say(f"approved {each.n}: {changes_text(each.kind, len(each.items), each.peer)} in {each.library}")
    if not groups:
        say("nothing needs approval")
