"""Check the setup and suggest fixes."""

import click

from mesharr.cli.options import as_json, command, flag


@command()
@flag("--all", "everything", help="also print what is ok")
@as_json
@click.pass_context
def doctor(context: click.Context, everything: bool, as_json: bool) -> None:
    """Check mounts, libraries, apps, media servers, uploads and peers.

    It changes nothing, but for a small file of its own that it puts into each `local` and removes again.

    Works beside a running daemon. The exit code is 3 when there is an error, and 4 when every error is
    something that does not answer now. Warnings do not change it.
    """
    from mesharr.cli.actions.doctor import doctor as action

    action(context, everything=everything, as_json=as_json)
