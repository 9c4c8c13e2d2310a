"""Add items again that are missing in your app."""

from contextlib import closing

import typer

from mesharr.bootstrap.identity import wall_ms
from mesharr.cli import open_node
from mesharr.cli.context import command_app, session_of
from mesharr.cli.missing_items import Every, Items, Json, Library, chosen_items, print_answer
from mesharr.node import missing_items

app = command_app()


@app.command()
def restore(
    context: typer.Context, library: Library, items: Items = None, every: Every = False, as_json: Json = False
) -> None:
    """Add items again that are missing in your app without a delete event.

    What this household owns is added monitored and without a tag, a peer's item unmonitored and tagged.
    Without an item, list what is missing. A running daemon adds them at its next poll.
    """
    session = session_of(context)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        chosen = chosen_items(session, state, library, items, every)
        if chosen:
            missing_items.restore(state, library, [each.item for each in chosen], wall_ms())
        print_answer(state, library, chosen, "restored", as_json)
