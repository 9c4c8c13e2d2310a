"""Read and check the event log."""

import click

from mesharr.cli.options import argument, as_json, flag, group, option


@group()
def log() -> None:
    """Read and check the event log."""


@log.command(short_help="List the streams, and this node's own files in the store.")
@as_json
@click.pass_context
def ls(context: click.Context, as_json: bool) -> None:
    """List the streams this node knows, how far it is in each, and its own files in the store."""
    from mesharr.cli.actions.log import ls as action

    action(context, as_json=as_json)


@log.command(short_help="Show events: the newest, a stream's, or an item's.")
@argument("stream", required=False, metavar="[STREAM]", help="a stream, or the node or name of its author")
@argument("seq", required=False, type=int, metavar="[SEQ]", help="one event of it")
@option("--item", metavar="ITEM", help="events about an item, such as tmdb:603")
@option("--library", metavar="LIBRARY", help="the library of that item")
@option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="how many, the newest",
)
@flag("--json", "as_json", help='print one JSON document: {"events": [...]}, or the one event asked for')
@click.pass_context
def show(
    context: click.Context,
    stream: str | None,
    seq: int | None,
    item: str | None,
    library: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show events that this node has applied: the newest, a stream's, one of them, or an item's."""
    from mesharr.cli.actions.log import show as action

    action(context, stream=stream, seq=seq, item=item, library=library, limit=limit, as_json=as_json)


@log.command(short_help="Print the newest events, one JSON line each.")
@option(
    "-n",
    "--lines",
    "count",
    metavar="N",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="how many of the newest",
)
@flag("-f", "--follow", help="go on until interrupted")
@click.pass_context
def tail(context: click.Context, count: int, follow: bool) -> None:
    """Print the events applied last, one JSON line each, as their authors signed them."""
    from mesharr.cli.actions.log import tail as action

    action(context, count=count, follow=follow)


@log.command()
@argument(
    "store_path",
    required=False,
    metavar="[STORE_PATH]",
    help="the .mesharr directory (default: the config's store)",
)
@as_json
@click.pass_context
def verify(context: click.Context, store_path: str | None, as_json: bool) -> None:
    """Check every line of every file of a whole store. Needs no config when STORE_PATH is given.

    The exit code is 1 when anything is damaged. A stream of a node that is not trusted here is checked
    with the key of its own hello, and reported as untrusted.
    """
    from mesharr.cli.actions.log import verify as action

    action(context, store_path=store_path, as_json=as_json)
