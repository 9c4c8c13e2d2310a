"""Add missing items again, or keep those you are asked about."""

import click

from mesharr.cli.options import as_json, command, every, items, library


@command()
@library
@items
@every
@as_json
@click.pass_context
def restore(context: click.Context, library: str, items: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Add items again that are missing in your app, or keep those that you are asked about.

    What this household owns is added monitored and without a tag, a peer's item unmonitored and tagged.
    An item that came back with an older database of the app, or that a peer removed, is published as yours
    again. Without an item, list what needs an answer. A running daemon adds them at its next poll.
    """
    from mesharr.cli.actions.restore import restore as action

    action(context, library=library, items=list(items), every=every, as_json=as_json)
