"""Read and check the event log."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import EveryRow

app = command_app(help="Read and check the event log.")


@app.command(short_help="List the streams, and this node's own files in the store.")
def ls(
    context: typer.Context,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List the streams this node knows, how far it is in each, and its own files in the store."""
    from mesharr.cli.actions.log import ls as action

    action(context, every=every, as_json=as_json)


@app.command(short_help="Show events: the newest, a stream's, or an item's.")
def show(
    context: typer.Context,
    stream: Annotated[
        str | None, typer.Argument(metavar="STREAM", help="a stream, or the node or name of its author")
    ] = None,
    seq: Annotated[int | None, typer.Argument(metavar="SEQ", help="one event of it")] = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="ITEM", help="events about an item, such as tmdb:603")
    ] = None,
    library: Annotated[
        str | None, typer.Option("--library", metavar="LIBRARY", help="the library of that item")
    ] = None,
    limit: Annotated[
        int, typer.Option("-n", "--limit", metavar="N", min=1, help="how many, the newest")
    ] = 20,
    as_json: Annotated[
        bool,
        typer.Option("--json", help='print one JSON document: {"events": [...]}, or the one event asked for'),
    ] = False,
) -> None:
    """Show events that this node has applied: the newest, a stream's, one of them, or an item's."""
    from mesharr.cli.actions.log import show as action

    action(context, stream=stream, seq=seq, item=item, library=library, limit=limit, as_json=as_json)


@app.command(short_help="Print the newest events, one JSON line each.")
def tail(
    context: typer.Context,
    count: Annotated[
        int, typer.Option("-n", "--lines", metavar="N", min=0, help="how many of the newest")
    ] = 10,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="go on until interrupted")] = False,
) -> None:
    """Print the events applied last, one JSON line each, as their authors signed them."""
    from mesharr.cli.actions.log import tail as action

    action(context, count=count, follow=follow)


@app.command()
def verify(
    context: typer.Context,
    store_path: Annotated[
        str | None,
        typer.Argument(metavar="STORE_PATH", help="the .mesharr directory (default: the config's store)"),
    ] = None,
    every: EveryRow = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Check every line of every file of a whole store. Needs no config when STORE_PATH is given.

    The exit code is 1 when anything is damaged. A stream of a node that is not trusted here is checked
    with the key of its own hello, and reported as untrusted.
    """
    from mesharr.cli.actions.log import verify as action

    action(context, store_path=store_path, every=every, as_json=as_json)
