"""Decide between two households' files of one item."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson

app = command_app()


@app.command()
def resolve(
    context: typer.Context,
    item: Annotated[
        str | None,
        typer.Argument(metavar="ITEM", help="its id, such as tmdb:438631, or a part of its title"),
    ] = None,
    answer: Annotated[
        str | None, typer.Argument(metavar="ANSWER", help="keep-theirs, keep-mine or keep-both")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide between two households' files of one item; without an answer, list them.

    A file of yours that waits because the drive has another household's file at its path:
    keep-theirs sets yours aside on your disk, and your app finds theirs;
    keep-mine uploads yours in place of theirs, as an upgrade;
    keep-both uploads yours beside theirs, under another name.
    Two files that are both on the drive: keep-both leaves them, and they are not reported any more.
    """
    from mesharr.cli.actions.resolve import resolve as action

    action(context, item=item or "", answer=answer or "", as_json=as_json)
