"""Take over what a node that left owned, or what nobody owns."""

import click

from mesharr.cli.options import as_json, command, dry_run, flag, option


@command()
@option("--from", "source", metavar="NODE", help="a node that left, or that is no longer trusted")
@option("--library", metavar="LIBRARY", help="only this library")
@flag("--missing-owner", "ownerless", help="what has files and no owner (default without --from)")
@dry_run
@as_json
@click.pass_context
def adopt(
    context: click.Context,
    source: str | None,
    library: str | None,
    ownerless: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take over what a node that left owned, or what nobody owns: monitored here from then on.

    Only what your apps have can be adopted. On a terminal it asks first.
    """
    from mesharr.cli.actions.adopt import adopt as action

    action(context, source=source, library=library, ownerless=ownerless, dry_run=dry_run, as_json=as_json)
