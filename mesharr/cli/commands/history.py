"""Show what happened in the mesh, newest first, in plain words."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import MOST_ENTRIES, AsJson

app = command_app()


@app.command()
def history(
    context: typer.Context,
    library: Annotated[str, typer.Option("--library", metavar="LIBRARY", help="only this library")] = "",
    peer: Annotated[str, typer.Option("--peer", metavar="NAME", help="only this household")] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind", metavar="KIND", help="only added, imported, changed, removed, download, claimed or node"
        ),
    ] = "",
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="N", min=1, max=MOST_ENTRIES, help="how many entries")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what happened in the mesh, newest first, in plain words.

    What this household decided and has not published yet comes first, with what it waits for.
    """
    from mesharr.cli.actions.history import history as action

    action(context, library=library, peer=peer, kind=kind, count=count, as_json=as_json)
