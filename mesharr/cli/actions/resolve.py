"""Run `mesharr resolve`: decide between two households' files of one item."""

from collections.abc import Sequence
from contextlib import closing

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.cli.output import print_table, printable
from mesharr.core.text import size_text
from mesharr.node.conflict_notes import ConflictReport
from mesharr.node.reports.conflicts import answered, conflicts_document


def resolve(context: typer.Context, *, item: str, answer: str, as_json: bool) -> None:
    """List the conflicts, or those of an item, or answer these."""
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        found = conflicts_document(state, wall_ms())
        found = msgspec.structs.replace(found, conflicts=tuple(_chosen(found.conflicts, item)))
        if answer:
            found = answered(state, found.conflicts, answer)
    if as_json:
        say_json(msgspec.to_builtins(found))
    elif answer:
        for each in found.conflicts:
            say(f"{answer}: {printable(each.title)}: {printable(each.other)}")
        note_when_it_applies(session.config_dir)
    else:
        _list(found.conflicts)


def _chosen(known: Sequence[ConflictReport], item: str) -> list[ConflictReport]:
    """Return the conflicts of the one item that matches, or all of them where none is named."""
    if not item:
        return list(known)
    by_id = [each for each in known if each.item == item]
    found = by_id or [each for each in known if item.lower() in each.title.lower()]
    names = {(each.library, each.item): each.title for each in found}
    if len(names) == 1:
        return found
    listed = ", ".join(f"{title} ({each})" for (_, each), title in names.items()) or "nothing"
    raise Misuse(
        f"{item!r} matches {listed}", "mesharr resolve lists the items with two files: give the id of one"
    )


def _list(conflicts: Sequence[ConflictReport]) -> None:
    if not conflicts:
        say("no item has files of two households")
        return
    rows = [
        (
            each.library,
            each.title,
            f"{each.kept} ({size_text(each.kept_size)})",
            f"{each.other} ({size_text(each.other_size)})",
            each.fix,
        )
        for each in conflicts
    ]
    print_table(("library", "item", "on the drive", "second", "what to do"), rows)
