"""Freeze a peer: ignore its events from now on."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def untrust(
    context: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="NODE", help="the peer's name or node id, as `mesharr peers` lists it")
    ],
    forget_removals: Annotated[
        bool,
        typer.Option(
            "--forget-removals",
            help="also take back, in this household alone, what the peer removed, renamed or replaced so far",
        ),
    ] = False,
) -> None:
    """Freeze a peer: keep what it published so far, and ignore its events from now on.

    With --forget-removals the items and files that the peer removed, renamed or replaced count again here:
    your app gets back what is on the drive. The other households each decide for themselves.
    """
    from mesharr.cli.actions.untrust import untrust as action

    action(context, word=word, forget_removals=forget_removals)
