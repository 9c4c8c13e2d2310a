"""Reject changes that need approval; they are not done."""

from contextlib import closing
from typing import Annotated

import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.approvals import Numbers, changes_text, chosen, print_groups
from mesharr.cli.context import Misuse, command_app, say, say_json, session_of
from mesharr.node import limits
from mesharr.node.status.report import holds

app = command_app()


@app.command()
def reject(
    context: typer.Context,
    numbers: Numbers = None,
    every: Annotated[bool, typer.Option("--all", help="reject all that needs approval")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Reject changes; without a number, list what needs approval and what was rejected.

    What peers caused is not done here, now or later, until one of them says something else of the item;
    `mesharr approve NUMBER` has it done after all. What your own apps did is undone: deletions are not
    published, and the items are added again once their files are back; flags that were to be claims are
    unmonitored again.
    """
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    session = session_of(context)
    node, now = open_node.node_if_known(session), wall_ms()
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        known = holds(state)
        if not numbers and not every:
            print_groups(known, as_json)
            return
        groups = chosen([hold for hold in known if hold.waits], numbers)
        for hold in groups:
            limits.reject(state, node, hold.n, now)
    if as_json:
        say_json({"rejected": [hold.n for hold in groups]})
        return
    for each in groups:
        say(f"rejected {each.n}: {changes_text(each.kind, len(each.items), each.peer)} in {each.library}")
    if not groups:
        say("nothing needs approval")
