"""Freeze a peer: ignore its events from now on."""

import click

from mesharr.cli.options import argument, command, flag


@command()
@argument("word", metavar="NODE", help="the peer's name or node id, as `mesharr peers` lists it")
@flag(
    "--forget-removals",
    help="also take back, in this household alone, what the peer removed, renamed or replaced so far",
)
@click.pass_context
def untrust(context: click.Context, word: str, forget_removals: bool) -> None:
    """Freeze a peer: keep what it published so far, and ignore its events from now on.

    With --forget-removals the items and files that the peer removed, renamed or replaced count again here:
    your app gets back what is on the drive. The other households each decide for themselves.
    """
    from mesharr.cli.actions.untrust import untrust as action

    action(context, word=word, forget_removals=forget_removals)
