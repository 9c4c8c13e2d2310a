"""Trust nodes that ask to join, by name."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app()


@app.command()
def accept(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="who is accepted (default: list them)")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="all who ask to join or whom a peer introduces")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask whether the words are right")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the list as one JSON document")] = False,
) -> None:
    """Trust nodes that ask to join, by name.

    Without a name, list them with their fingerprint words. --all asks for each whether the words are right;
    whoever calls itself like one of your peers is accepted by its name only.
    """
    from mesharr.cli.actions.accept import accept as action

    action(context, names=names or [], every=every, yes=yes, as_json=as_json)
