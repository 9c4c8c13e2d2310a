"""What waits, and is let go on by a person: `approve` for holds, `retry` for all that waits for its time."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.cli.output import ago, print_table, printable

if TYPE_CHECKING:
    from mesharr.node.status.model import HoldReport
    from mesharr.state.state import State


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("approve")(approve)
    app.command("retry", short_help="Make waiting work due now; forget what was refused.")(retry)


def approve(
    context: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="HOLD", help="their numbers")] = None,
    every: Annotated[bool, typer.Option("--all", help="all of them")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Release held work; without a number, list what is held.

    Exactly what a hold lists is released. A running daemon goes on with it at its next poll.
    """
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.status.report import holds  # noqa: PLC0415 - see mesharr.cli.app

    if numbers and every:
        raise Misuse("both numbers and --all were given", "give one of them")
    state = open_node.open_state(session_of(context).config_dir)
    with closing(state.db):
        waiting = [hold for hold in holds(state) if not hold.approved]
        if numbers or every:
            _release(state, _chosen(waiting, numbers), as_json)
        else:
            _list(waiting, as_json)


def _chosen(waiting: "list[HoldReport]", numbers: list[int] | None) -> "list[HoldReport]":
    """Return the holds of these numbers, all when there are none; nothing is released when one is unknown."""
    if not numbers:
        return waiting
    known = {hold.n: hold for hold in waiting}
    for number in numbers:
        if number not in known:
            listed = ", ".join(str(each) for each in known) or "none"
            raise Misuse(f"there is no hold {number}", f"what waits: {listed}")
    return [known[number] for number in dict.fromkeys(numbers)]


def _release(state: "State", chosen: "list[HoldReport]", as_json: bool) -> None:
    from mesharr.bootstrap.identity import wall_ms  # noqa: PLC0415 - see mesharr.cli.app

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


def _list(waiting: "list[HoldReport]", as_json: bool) -> None:
    import msgspec  # noqa: PLC0415 - see mesharr.cli.app

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


def retry(
    context: typer.Context,
    scans: Annotated[bool, typer.Option("--scans", help="only folders for the media servers")] = False,
    items: Annotated[bool, typer.Option("--items", help="only items, and files of the store")] = False,
    uploads: Annotated[bool, typer.Option("--uploads", help="only uploads and proofs of removal")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Make waiting work due now, and forget what was refused: it is told again if it still is so.

    A running daemon goes on with it at its next poll. What is held stays held: see `approve`.
    """
    from mesharr.bootstrap.identity import wall_ms  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app

    every = not (scans or items or uploads)
    state = open_node.open_state(session_of(context).config_dir)
    now = wall_ms()
    due: dict[str, int] = {}
    with closing(state.db), state.transaction():
        if items or every:
            due |= _retry_items(state, now)
        if uploads or every:
            state.outbox.retry(now)
            due["uploads"] = state.uploads.retry(now)
            state.refusals.clear_all("upload:")
        if scans or every:
            due["scans"] = state.scans.retry(now)
            state.refusals.clear_all("scanner:")
        if every:
            state.refusals.clear_all()
    if as_json:
        say_json({"due": due})
        return
    said = ", ".join(f"{count} {name}" for name, count in due.items() if count)
    say(f"due now: {said}" if said else "nothing waits")


def _retry_items(state: "State", now: int) -> dict[str, int]:
    state.refusals.clear_all("item:")
    state.refusals.clear_all("app:")
    state.refusals.clear_all("settings:")
    return {
        "items": state.dirty.retry(now),
        "hints": state.inbox.retry(now),
        "files": state.quarantine.retry(now),
    }
