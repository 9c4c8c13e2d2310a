"""Check the setup and suggest fixes."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def doctor(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="also print what is ok")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Check mounts, libraries, apps, media servers, uploads and peers.

    It changes nothing, but for a small file of its own that it puts into each `local` and removes again.

    Works beside a running daemon. The exit code is 3 when there is an error, and 4 when every error is
    something that does not answer now. Warnings do not change it.
    """
    from mesharr.cli.actions.doctor import doctor as action

    action(context, everything=everything, as_json=as_json)
