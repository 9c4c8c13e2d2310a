"""Show what needs your action, what waits, and why."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow

app = command_app()


@app.command()
def status(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="print full node ids")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="print it again every two seconds")] = False,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show the state of this node: what needs your action, what waits, why and since when.

    Works beside a running daemon. The exit code is 3 when something needs your action: an approval, a
    refusal, an item that is missing in an app or that it does not accept, a stream that stopped. It is 4 when
    nothing does, but something is down: a mount, an app or a media server that does not answer, a full disk.
    An unknown node in the store, or a peer that does not trust this node, does not change it.
    """
    from mesharr.cli.actions.status import status as action

    action(context, verbose=verbose, watch=watch, every=every, as_json=as_json)
