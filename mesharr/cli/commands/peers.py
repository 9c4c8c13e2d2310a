"""List the peers, and how far each is behind."""

import click

from mesharr.cli.options import as_json, command, flag


@command()
@flag("--verbose", "-v", help="print full node ids")
@as_json
@click.pass_context
def peers(context: click.Context, verbose: bool, as_json: bool) -> None:
    """List the peers, how far behind this node is, and what they confirmed.

    `behind by`: events of the peer that are not applied here yet; `last seen`: when its last applied event
    was made, by its clock; `confirmed`: how many of this node's events the peer has applied.
    """
    from mesharr.cli.actions.peers import peers as action

    action(context, verbose=verbose, as_json=as_json)
