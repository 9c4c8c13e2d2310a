"""Run `mesharr leave-item`: give up missing items, or remove those you are asked about."""

from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.state import open_state
from mesharr.cli.context import session_of
from mesharr.cli.missing_items import chosen_items, print_answer
from mesharr.node import missing_items


def leave_item(
    context: typer.Context,
    *,
    library: str,
    items: list[str] | None,
    every: bool,
    listed: bool,
    as_json: bool,
) -> None:
    """Give up items missing in your app, or remove from it those that you are asked about."""
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        chosen = chosen_items(session, state, library, None if listed else items, every)
        if chosen:
            missing_items.leave(state, library, [each.item for each in chosen], wall_ms())
        print_answer(state, library, chosen, "left", whole=listed, as_json=as_json)
