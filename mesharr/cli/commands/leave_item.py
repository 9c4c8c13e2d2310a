"""Give up missing items, or remove those you are asked about."""

import click

from mesharr.cli.options import as_json, command, every, items, library


@command()
@library
@items
@every
@as_json
@click.pass_context
def leave_item(
    context: click.Context, library: str, items: tuple[str, ...], every: bool, as_json: bool
) -> None:
    """Give up items missing in your app, or remove from it those that you are asked about.

    The mesh learns that this household no longer has them; their files are not touched, and the peers keep
    them. Without an item, list what needs an answer.
    """
    from mesharr.cli.actions.leave_item import leave_item as action

    action(context, library=library, items=list(items), every=every, as_json=as_json)
