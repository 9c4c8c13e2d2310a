"""Take an item over: monitored here, and nowhere else."""

from contextlib import closing
from typing import Annotated

import typer

from mesharr.cli import open_node
from mesharr.cli.context import Misuse, command_app, say, say_json, session_of
from mesharr.cli.output import MOST, printable
from mesharr.cli.takeover import AsJson, DryRun, state_of, take_over, units_text
from mesharr.core.errors import Refused
from mesharr.node.ownership import claimable, is_here, named
from mesharr.state.state import State

app = command_app()


@app.command()
def claim(
    context: typer.Context,
    library: Annotated[str, typer.Argument(help="a library of mesharr.yml")],
    item: Annotated[str, typer.Argument(help="its id, as tmdb:438631, or its title or a part of it")],
    units: Annotated[
        list[str] | None, typer.Argument(metavar="UNIT", help="as S01E02; else all that have a file")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take an item over, or some units of it: monitored here from then on, and nowhere else.

    It needs no quiet time and no limit, as monitoring it in the arr does. Units without a file are
    nobody's, and cannot be claimed. A running daemon tells it at its next poll.
    """
    session = session_of(context)
    config = open_node.load(session)
    open_node.check_library(config, library)
    me = open_node.node_of(session, config)
    state = state_of(session)
    with closing(state.db):
        chosen = _chosen(state, library, item)
        try:
            taking = claimable(state, library, chosen, me, units or ())
        except Refused as error:
            raise Misuse(error.what, error.fix) from error
        if taking.units and not dry_run:
            take_over(state, [taking], "claimed by its person")
    if as_json:
        said = {"library": library, "item": chosen, "title": taking.title, "from": taking.units}
        say_json({**said, "dry_run": dry_run})
        return
    name = f"{library}: {printable(taking.title)}"
    if not taking.units:
        say(f"{name} is this node's already")
        return
    verb = "would claim" if dry_run else "claimed"
    for owner, theirs in taking.units.items():
        say(f"{verb} {name}: {units_text(theirs)}, {_whose(owner)} until now")


def _chosen(state: State, library: str, word: str) -> str:
    """Return the id of the one item that is meant, and that the arr has."""
    found = sorted(named(state, library, word), key=lambda each: each[1])
    if not found:
        raise Misuse(f"nothing in {library} is called {word!r}", "give a part of its title, or its id")
    if len(found) > 1:
        listed = "".join(f"\n  {item}  {printable(title)}" for item, title in found[:MOST])
        more = f"\n  ... and {len(found) - MOST} more" if len(found) > MOST else ""
        raise Misuse(f"{len(found)} items of {library} match {word!r}:{listed}{more}", "give the id of one")
    item, title = found[0]
    if not is_here(state, library, item):
        raise Misuse(f"this node's arr does not have {printable(title)}", "add it there, and claim it then")
    return item


def _whose(owner: str) -> str:
    return f"of {printable(owner)}" if owner else "nobody's"
