"""Add missing items again, or keep those you are asked about."""

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
    """Add items again that are missing in your app, or keep those that you are asked about.

    What this household owns is added monitored and without a tag, a peer's item unmonitored and tagged.
    An item that came back with an older database of the app, or that a peer removed, is published as yours
    again. Without an item, list what needs an answer. A running daemon adds them at its next poll.
    """
    session = session_of(context)
    state = open_node.open_state(session.config_dir)
    with closing(state.db):
        chosen = chosen_items(session, state, library, items, every)
        if chosen:
            missing_items.restore(state, library, [each.item for each in chosen], wall_ms())
        print_answer(state, library, chosen, "restored", as_json)
