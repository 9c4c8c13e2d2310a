"""Approve changes; without a number, list what needs approval."""

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.context import Misuse, command_app, say, say_json, session_of
from mesharr.cli.output import ago, print_table, printable, short_names
from mesharr.core.planning.limits import LIMITS, OWN, LimitRow
from mesharr.core.text import quantity
from mesharr.node.status.model import HoldReport
from mesharr.node.status.report import holds
from mesharr.state.state import State

app = command_app()


@app.command()
def approve(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="NUMBER", help="as `mesharr approve` lists them")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="approve all that is listed")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Approve changes; without a number, list what needs approval.

    Exactly the listed items are approved. A running daemon makes the changes at its next poll.
    """
    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    state = open_node.open_state(session_of(context).config_dir)
    with closing(state.db):
        waiting = [hold for hold in holds(state) if not hold.approved]
        if numbers or every:
            _release(state, _chosen(waiting, numbers), as_json)
        else:
            _list(waiting, as_json)


def _chosen(waiting: list[HoldReport], numbers: list[int] | None) -> list[HoldReport]:
    """Return what has these numbers, or everything; raise `Misuse` when a number is unknown."""
    if not numbers:
        return waiting
    known = {hold.n: hold for hold in waiting}
    for number in numbers:
        if number not in known:
            listed = ", ".join(str(each) for each in known) or "none"
            raise Misuse(f"nothing with the number {number} needs approval", f"known: {listed}")
    return [known[number] for number in dict.fromkeys(numbers)]


def _release(state: State, chosen: list[HoldReport], as_json: bool) -> None:
    now = wall_ms()
    approved = []
    with state.transaction():
        for hold in chosen:
            released = state.holds.approve(hold.n)
            state.dirty.mark(((released.library, item) for item, _ in released.items), now, changed=True)
            for item, _ in released.items:
                state.outbox.hurry(released.library, item, now)
            approved.append(released)
    if as_json:
        say_json({"approved": [hold.n for hold in approved]})
        return
    for each in approved:
        say(f"approved {each.n}: {_changes(each.kind, len(each.items), each.peer)} in {each.library}")
    if not chosen:
        say("nothing needs approval")


def _list(waiting: list[HoldReport], as_json: bool) -> None:
    if as_json:
        say_json({"holds": msgspec.to_builtins(waiting)})
        return
    for hold in waiting:
        what = _changes(hold.kind, len(hold.items), hold.peer)
        say(f"{hold.n}: {what} in {hold.library}, {ago(hold.since)}: {hold.why}")
        print_table(("item", "title"), [(each.item, each.title) for each in hold.items])
    say(f"approve with: mesharr approve {waiting[0].n}" if waiting else "nothing needs approval")


def _changes(kind: str, count: int, peer: str) -> str:
    """Return what needs approval: `61 additions from bob`, `30 deletions of yours`."""
    whose = "of yours" if peer == OWN else f"from {printable(short_names([peer])[peer])}"
    limit = _LIMITS[kind]
    return f"{quantity(count, limit.one, limit.many)} {whose}"


_LIMITS: dict[str, LimitRow] = {row.kind: row for row in LIMITS}
