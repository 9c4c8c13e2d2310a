"""Run `mesharr restore`: add missing items again, or keep those you are asked about."""

from contextlib import closing

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.state import open_state
from mesharr.cli.context import session_of
from mesharr.cli.missing_items import chosen_items, print_answer
from mesharr.node import missing_items


def restore(
    context: typer.Context,
    *,
    library: str,
    items: list[str] | None,
    every: bool,
    listed: bool,
    as_json: bool,
) -> None:
    """Add items again that are missing in your app, or keep those that you are asked about."""
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        chosen = chosen_items(session, state, library, None if listed else items, every)
        if chosen:
            missing_items.restore(state, library, [each.item for each in chosen], wall_ms())
        print_answer(state, library, chosen, "restored", whole=listed, as_json=as_json)
