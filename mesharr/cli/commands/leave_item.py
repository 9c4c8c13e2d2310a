"""Give up missing items, or remove listed ones."""

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson, Every, Items, Library, Listed, check_one_of

app = command_app()


@app.command()
def leave_item(
    context: typer.Context,
    library: Library = "",
    items: Items = None,
    every: Every = False,
    listed: Listed = False,
    as_json: AsJson = False,
) -> None:
    """Give up items missing in your app, or remove from it those that you name.

    The mesh learns that this household no longer has them; their files are not touched, and the peers keep
    them. Without an item, list what needs an answer, in all libraries if none is given.
    """
    check_one_of({"all": every, "list": listed})
    from mesharr.cli.actions.missing_items import LEAVE, ItemChoice, answer_items

    choice = ItemChoice(library, () if listed else items or (), every)
    answer_items(context, LEAVE, choice, whole=listed, as_json=as_json)
