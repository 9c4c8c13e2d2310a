"""Leave the mesh: give up everything this node owns."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson

app = command_app()


@app.command()
def leave(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask for confirmation")] = False,
    keep_tags: Annotated[
        bool, typer.Option("--keep-tags", help="leave the tags mesharr-NAME in your apps")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Leave the mesh: give up everything this node owns; no item and no file is removed.

    In your apps the connection to mesharr is removed, and the tags mesharr-NAME of the items that came from
    peers: they are like any other then. Other households take over with `mesharr adopt --from`. Stop mesharr
    once that is published: a later event of this node makes it a member again. The exit code is 4 or 3 when
    an app could not be cleaned up: run it again.
    """
    from mesharr.cli.actions.leave import leave as action

    action(context, yes=yes, keep_tags=keep_tags, as_json=as_json)
