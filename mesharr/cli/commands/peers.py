"""List the peers, and how far each is behind."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow

app = command_app()


@app.command()
def peers(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="print full node ids")] = False,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the peers, how far behind this node is, and what they confirmed.

    `behind by`: events of the peer that are not applied here yet; `last word`: when it published what was
    applied last, by its clock, where a running node says something at least daily; `confirmed`: how many of
    this node's events the peer has applied.
    """
    from mesharr.cli.actions.peers import peers as action

    action(context, verbose=verbose, every=every, as_json=as_json)
