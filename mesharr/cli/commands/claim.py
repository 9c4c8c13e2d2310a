"""Take an item over: monitored here, and nowhere else."""

import click

from mesharr.cli.options import argument, as_json, command, dry_run


@command()
@argument("library", metavar="LIBRARY", help="a library of mesharr.yml")
@argument("item", metavar="ITEM", help="its id, such as tmdb:438631, or a part of its title")
@argument("units", nargs=-1, metavar="[UNIT]...", help="such as S01E02 (default: all with a file)")
@dry_run
@as_json
@click.pass_context
def claim(
    context: click.Context, library: str, item: str, units: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Take over an item, or some episodes, albums or books of it: monitored only here.

    Unlike monitoring it in your app, this waits for no time and needs no approval. What has no file belongs
    to nobody and cannot be claimed. A running daemon publishes the claim at its next poll.
    """
    from mesharr.cli.actions.claim import claim as action

    action(context, library=library, item=item, units=list(units), dry_run=dry_run, as_json=as_json)
