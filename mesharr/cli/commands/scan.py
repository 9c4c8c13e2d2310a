"""Have the media servers scan folders, by any of their paths."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson

app = command_app()


@app.command()
def scan(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="a folder or a file, as any of the programs sees it")
    ],
    as_json: AsJson = False,
) -> None:
    """Have the media servers scan folders, by any of their paths.

    PATH is a folder or a file as your app, a media server or mesharr itself sees it; of a file its folder is
    scanned. Each server of its library is asked once, with its usual pause; a running daemon does so at once.
    """
    from mesharr.cli.actions.scan import scan as action

    action(context, paths, as_json=as_json)
