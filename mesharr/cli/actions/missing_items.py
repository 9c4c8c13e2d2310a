"""Run `mesharr restore` and `mesharr leave-item`: answer for missing and doubtful items.

A doubtful item is one that the app lists although the mesh has it as removed.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final, NamedTuple

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.config import check_library, load
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, Session, say, say_json, session_of
from mesharr.cli.output import print_table, printable
from mesharr.core.text import quantity
from mesharr.node import missing_items
from mesharr.node.library_items import title_of
from mesharr.node.missing_items import OpenItem, all_asked, all_missing
from mesharr.state.state import State


class ItemChoice(NamedTuple):
    """Which items a command names."""

    library: str
    """ "" for all libraries: then none is named."""
    items: Sequence[str]
    every: bool
    """Whether all that need an answer are meant."""


class Answer(NamedTuple):
    """One of the two answers for an item."""

    did: str
    """What it did, as users read it."""
    give: Callable[[State, str, Sequence[str], int], None]
    takes_listed: bool
    """Whether an item that the app lists may be named unasked."""


RESTORE: Final = Answer("restored", missing_items.restore, takes_listed=False)
"""Adds missing items again, and keeps those that the user is asked about."""
LEAVE: Final = Answer("left", missing_items.leave, takes_listed=True)
"""Gives up missing items, and removes listed ones from the app."""


def answer_items(
    context: typer.Context, answer: Answer, choice: ItemChoice, *, whole: bool, as_json: bool
) -> None:
    """Answer for the chosen items, say what was done, and list what needs an answer still.

    Of the list some lines are shown, with `whole` all.
    """
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        chosen = _chosen(session, state, answer, choice)
        if chosen:
            answer.give(state, choice.library, [each.item for each in chosen], wall_ms())
        if as_json:
            _say_as_json(state, choice.library, answer.did, chosen)
        else:
            _say_done(answer.did, chosen)
            _print_rest(state, choice.library, whole=whole, is_all=not chosen)


def _chosen(session: Session, state: State, answer: Answer, choice: ItemChoice) -> list[OpenItem]:
    """Return the named items, about all of which the user is asked; raise `Misuse` for another."""
    library, items, every = choice
    if items and every:
        raise Misuse("both items and --all were given", "give one of them")
    if every and not library:
        asked_in = ", ".join(dict.fromkeys(each.library for each in _open(state)))
        raise Misuse(
            "--all was given without a library", f"give one of: {asked_in or 'none needs an answer'}"
        )
    known = {each.item: each for each in _open(state, library)}
    if not known and library:
        _check_not_item(state, library)
        check_library(load(session), library)
    for item in items:
        if answer.takes_listed and item not in known and missing_items.is_listed(state, library, item):
            known[item] = OpenItem(library, item, title_of(state, library, item), "")
        if item not in known:
            raise Misuse(
                f"{item} is not missing in {library}, and nothing is asked about it",
                f"missing or asked about there: {', '.join(known) or 'nothing'}",
            )
    return list(known.values()) if every else [known[item] for item in dict.fromkeys(items)]


def _check_not_item(state: State, word: str) -> None:
    """Raise `Misuse` when the word in the place of a library is an item that needs an answer."""
    for each in _open(state):
        if each.item == word:
            raise Misuse(f"{word} is an item", f"give its library before it: {each.library} {word}")


def _open(state: State, library: str = "") -> list[OpenItem]:
    """Return the items of a library, "" for all, that need an answer."""
    return [each for each in (*all_missing(state), *all_asked(state)) if library in {"", each.library}]


def _say_as_json(state: State, library: str, did: str, chosen: Sequence[OpenItem]) -> None:
    """Print what was done with the chosen items, and the rest."""
    rest = {"lost": all_missing(state), "asked": all_asked(state)}
    left = {
        name: [each.item for each in items if library in {"", each.library}] for name, items in rest.items()
    }
    say_json({did: [each.item for each in chosen], **left})


def _say_done(did: str, chosen: Sequence[OpenItem]) -> None:
    if len(chosen) == 1:
        say(f"{did}: {printable(chosen[0].title)} ({chosen[0].item})")
    elif chosen:
        say(f"{did}: {quantity(len(chosen), 'item')}")


def _print_rest(state: State, library: str, *, whole: bool, is_all: bool) -> None:
    """Print what needs an answer still; `is_all`: nothing else was said."""
    rest = _open(state, library)
    if rest:
        columns, rows = ["title", "item", "why"], [[each.title, each.item, each.why] for each in rest]
        if not library:
            columns = ["library", *columns]
            rows = [[each.library, *row] for each, row in zip(rest, rows, strict=True)]
        print_table(columns, rows, order="title", every=whole, option="--list")
    elif is_all:
        say(f"nothing is missing in {library}" if library else "nothing is missing")
