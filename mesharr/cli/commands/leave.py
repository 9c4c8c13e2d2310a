"""Leave the mesh: give up everything this node owns."""

import click

from mesharr.cli.options import as_json, command, flag


@command()
@flag("--yes", help="do not ask for confirmation")
@flag("--keep-tags", help="leave the tags mesharr-NAME in your apps")
@as_json
@click.pass_context
def leave(context: click.Context, yes: bool, keep_tags: bool, as_json: bool) -> None:
    """Leave the mesh: give up everything this node owns; no item and no file is removed.

    In your apps the connection to mesharr is removed, and the tags mesharr-NAME of the items that came from
    peers: they are like any other then. Other households take over with `mesharr adopt --from`. Stop mesharr
    once that is published: a later event of this node makes it a member again. The exit code is 4 or 3 when
    an app could not be cleaned up: run it again.
    """
    from mesharr.cli.actions.leave import leave as action

    action(context, yes=yes, keep_tags=keep_tags, as_json=as_json)
