"""Run `mesharr resolve`: decide between two households' files of one item."""

from contextlib import closing
from typing import Final, cast, get_args

import msgspec
import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.database import note_when_it_applies
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, say, say_json, session_of
from mesharr.cli.output import print_table, printable
from mesharr.node import conflict_notes
from mesharr.node.conflict_notes import ConflictReport, known_conflicts
from mesharr.state.queues.upload_conflicts import Resolution

_ANSWERS: Final = tuple(each for each in get_args(Resolution) if each)


def resolve(context: typer.Context, *, item: str, answer: str, as_json: bool) -> None:
    """List the conflicts, or those of an item, or answer these."""
    if answer and answer not in _ANSWERS:
        raise Misuse(f"{answer} is no answer", f"give one of {', '.join(_ANSWERS)}")
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        chosen = _chosen(known_conflicts(state, wall_ms()), item)
        if answer:
            conflict_notes.resolve(state, chosen, cast(Resolution, answer))
    if as_json:
        say_json({"answer": answer, "conflicts": [msgspec.to_builtins(each) for each in chosen]})
    elif answer:
        for each in chosen:
            say(f"{answer}: {printable(each.title)}: {printable(each.other)}")
        note_when_it_applies(session.config_dir)
    else:
        _list(chosen)


def _chosen(known: tuple[ConflictReport, ...], item: str) -> list[ConflictReport]:
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


def _list(conflicts: list[ConflictReport]) -> None:
    if not conflicts:
        say("no item has files of two households")
        return
    rows = [(each.library, each.title, each.kept, each.other, each.fix) for each in conflicts]
    print_table(("library", "item", "on the drive", "second", "what to do"), rows)
