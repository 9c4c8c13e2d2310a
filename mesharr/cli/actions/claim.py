"""Run `mesharr claim`: take an item over: monitored here, and nowhere else."""

from contextlib import closing

import typer

from mesharr.cli.access.config import check_library, load, node_of
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.cli.output import MOST, printable
from mesharr.cli.takeover import state_of, take_over, units_text
from mesharr.core.errors import Refused
from mesharr.core.text import number_text, quantity, title_key
from mesharr.node.ownership import claimable, items_named
from mesharr.state.state import State


def claim(
    context: typer.Context, *, library: str, item: str, units: list[str] | None, dry_run: bool, as_json: bool
) -> None:
    """Take over an item, or some episodes, albums or books of it: monitored only here."""
    session = session_of(context)
    config = load(session)
    if not item:
        libraries = ", ".join(name for name, each in config.libraries.items() if each.app) or "none"
        raise Misuse(
            "claim takes a library and an item of it",
            f"mesharr claim LIBRARY {'ITEM' if library in config.libraries else repr(library)}; "
            f"the libraries with an app: {libraries}",
        )
    check_library(config, library)
    me = node_of(session, config)
    state = state_of(session)
    with closing(state.db):
        names = state.names.all()
        chosen = _chosen(state, library, item)
        try:
            taking = claimable(state, library, chosen, me, units or ())
        except Refused as error:
            raise Misuse(error.what, error.fix) from error
        if taking.units and not dry_run:
            take_over(state, [taking], "claimed by the user")
    if as_json:
        said = {"library": library, "item": chosen, "title": taking.title, "from": taking.units}
        say_json({**said, "dry_run": dry_run})
        return
    title = printable(taking.title)
    if not taking.units:
        say(f"{title} is claimed here already")
        return
    verb = "would claim" if dry_run else "claimed"
    for owner, theirs in taking.units.items():
        source = f"from {printable(names[owner])}" if owner else "that had no owner"
        say(f"{verb} {title}{units_text(theirs)} {source}")
    if not dry_run:
        note_when_it_applies(session.config_dir)


def _chosen(state: State, library: str, word: str) -> str:
    """Return the id of the one item that matches, and that the app has."""
    found = sorted(items_named(state, library, word), key=lambda each: title_key(each[1]))
    if not found:
        raise Misuse(f"nothing in {library} matches {word!r}", "give a part of its title, or its id")
    if len(found) > 1:
        listed = "".join(f"\n  {item}  {printable(title)}" for item, title in found[:MOST])
        more = f"\n  … and {number_text(len(found) - MOST)} more" if len(found) > MOST else ""
        many = quantity(len(found), "item")
        raise Misuse(f"{many} of {library} match {word!r}:{listed}{more}", "give the id of one")
    item, title = found[0]
    if not state.items.was_listed(library, item):
        raise Misuse(f"your app does not have {printable(title)}", "add it there, then claim it")
    return item
