"""`mesharr restore` and `mesharr leave-item`: the two answers to an item that the arr lost."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.context import Misuse, Session, say, say_json, session_of
from mesharr.cli.output import printable

if TYPE_CHECKING:
    from mesharr.node.missing_items import MissingItem
    from mesharr.state.state import State


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("restore", short_help="Add items again that the arr lost.")(restore)
    app.command("leave-item", short_help="Tell the mesh that items the arr lost are given up here.")(
        leave_item
    )


Library = Annotated[str, typer.Argument(metavar="LIBRARY", help="a library of mesharr.yml")]
Items = Annotated[list[str] | None, typer.Argument(metavar="ITEM", help="their ids, e.g. tmdb:27205")]
Every = Annotated[bool, typer.Option("--all", help="all of the library's")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]


def restore(
    context: typer.Context, library: Library, items: Items = None, every: Every = False, as_json: Json = False
) -> None:
    """Add items again that the arr no longer lists, though nobody deleted them.

    What this household owns comes back monitored and without a tag, what a peer brought as it came before.
    Without an item, list what is lost. A running daemon does it at its next poll.
    """
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node import missing_items  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        chosen = _chosen(session, state, library, items, every)
        missing_items.restore(state, library, [each.item for each in chosen], _now())
        _tell(state, library, chosen, "restored", as_json)


def leave_item(
    context: typer.Context, library: Library, items: Items = None, every: Every = False, as_json: Json = False
) -> None:
    """Tell the mesh that this household no longer has items which the arr no longer lists.

    Their files are untouched, and the peers keep them. Without an item, list what is lost.
    """
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node import missing_items  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        chosen = _chosen(session, state, library, items, every)
        missing_items.leave(state, library, [each.item for each in chosen], _now())
        _tell(state, library, chosen, "left", as_json)


def _now() -> int:
    from mesharr.bootstrap.identity import wall_ms  # noqa: PLC0415 - see mesharr.cli.app

    return wall_ms()


def _chosen(
    session: Session, state: "State", library: str, items: list[str] | None, every: bool
) -> "list[MissingItem]":
    """Return the lost items that are named, [] when none is; nothing is done when one of them is not lost."""
    from mesharr.cli import open_node  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.node.missing_items import all_missing  # noqa: PLC0415 - see mesharr.cli.app

    if items and every:
        raise Misuse("both items and --all were given", "give one of them")
    known = {each.item: each for each in all_missing(state) if each.library == library}
    if not known:
        open_node.check_library(open_node.load(session), library)
    for item in items or ():
        if item not in known:
            raise Misuse(f"{item} is not lost in {library}", f"lost there: {', '.join(known) or 'nothing'}")
    return list(known.values()) if every else [known[item] for item in dict.fromkeys(items or ())]


def _tell(state: "State", library: str, chosen: "list[MissingItem]", did: str, as_json: bool) -> None:
    from mesharr.node.missing_items import all_missing  # noqa: PLC0415 - see mesharr.cli.app

    rest = [each for each in all_missing(state) if each.library == library]
    if as_json:
        say_json({did: [each.item for each in chosen], "lost": [each.item for each in rest]})
        return
    for each in chosen:
        say(f"{did}: {printable(each.title)} ({each.item})")
    for each in rest:
        say(f"lost: {printable(each.title)} ({each.item}): {each.why}")
    if not chosen and not rest:
        say(f"nothing is lost in {library}")
