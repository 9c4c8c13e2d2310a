"""Trust nodes that ask to join, by name."""

import click

from mesharr.cli.options import argument, command, flag


@command()
@argument("names", nargs=-1, metavar="[NAME]...", help="who is accepted (default: list them)")
@flag("--yes", "-y", help="do not ask whether the words are right")
@flag("--json", "as_json", help="print the list as one JSON document")
@click.pass_context
def accept(context: click.Context, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Trust nodes that ask to join, by name.

    Without a name, list them with their fingerprint words.
    """
    from mesharr.cli.actions.accept import accept as action

    action(context, names=list(names), yes=yes, as_json=as_json)
