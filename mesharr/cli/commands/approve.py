"""Release held work; without a number, list what is held."""

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.context import Misuse, command_app, say, say_json, session_of
from mesharr.cli.output import ago, print_table, printable
from mesharr.node.status.model import HoldReport
from mesharr.node.status.report import holds
from mesharr.state.state import State

app = command_app()


@app.command()
def approve(
    context: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="HOLD", help="their numbers")] = None,
    every: Annotated[bool, typer.Option("--all", help="all of them")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Release held work; without a number, list what is held.

    Exactly what a hold lists is released. A running daemon goes on with it at its next poll.
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
    """Return the holds of these numbers, all when there are none; nothing is released when one is unknown."""
    if not numbers:
        return waiting
    known = {hold.n: hold for hold in waiting}
    for number in numbers:
        if number not in known:
            listed = ", ".join(str(each) for each in known) or "none"
            raise Misuse(f"there is no hold {number}", f"what waits: {listed}")
    return [known[number] for number in dict.fromkeys(numbers)]


def _release(state: State, chosen: list[HoldReport], as_json: bool) -> None:
    now = wall_ms()
    approved = []
    with state.transaction():
        for hold in chosen:
            released = state.holds.approve(hold.n)
            state.dirty.mark(((released.library, item) for item, _ in released.items), now, news=True)
            for item, _ in released.items:
                state.outbox.hurry(released.library, item, now)
            approved.append(released)
    if as_json:
        say_json({"approved": [hold.n for hold in approved]})
        return
    for each in approved:
        say(f"approved hold {each.n}: {_words(each.kind, len(each.items))} by {each.peer} in {each.library}")
    if not chosen:
        say("nothing is held")


def _list(waiting: list[HoldReport], as_json: bool) -> None:
    if as_json:
        say_json({"holds": msgspec.to_builtins(waiting)})
        return
    for hold in waiting:
        what = _words(hold.kind, len(hold.items))
        say(f"hold {hold.n}: {what} by {hold.peer} in {hold.library}, {ago(hold.since)}: {hold.why}")
        print_table(("item", "title"), [(each.item, each.title) for each in hold.items])
    say(f"release with: mesharr approve {waiting[0].n}" if waiting else "nothing is held")


def _words(kind: str, count: int) -> str:
    return f"{count} {printable(kind.replace('_', ' '))}"
