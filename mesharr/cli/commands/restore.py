"""Add missing items again, or keep those you are asked about."""

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson, Every, Items, Library, Listed, check_one_of

app = command_app()


@app.command()
def restore(
    context: typer.Context,
    library: Library = "",
    items: Items = None,
    every: Every = False,
    listed: Listed = False,
    as_json: AsJson = False,
) -> None:
    """Add items again that are missing in your app, or keep those that you are asked about.

    What this household owns is added monitored and without a tag, a peer's item unmonitored and tagged.
    An item that came back with an older database of the app, or that a peer removed, is published as yours
    again. Without an item, list what needs an answer, in all libraries if none is given.
    A running daemon adds them at once.
    """
    check_one_of({"all": every, "list": listed})
    from mesharr.cli.actions.missing_items import RESTORE, ItemChoice, answer_items

    choice = ItemChoice(library, () if listed else items or (), every)
    answer_items(context, RESTORE, choice, whole=listed, as_json=as_json)
