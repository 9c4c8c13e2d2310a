"""Run `mesharr restore` and `mesharr leave-item`: answer for missing and doubtful items.

A doubtful item is one that the app lists although the mesh has it as removed.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

import typer

from mesharr.bootstrap.clock import wall_ms
from mesharr.cli.access.config import check_library, load
from mesharr.cli.access.state import open_state
from mesharr.cli.context import Misuse, Session, say, say_json, session_of
from mesharr.cli.output import print_table, printable
from mesharr.core.text import quantity
from mesharr.node import missing_items
from mesharr.node.library_items import title_of
from mesharr.node.missing_items import AskedItem, MissingItem, all_asked, all_missing
from mesharr.state.state import State


def _answer(
    did: str,
    answer: Callable[[State, str, Sequence[str], int], None],
    context: typer.Context,
    *,
    library: str,
    items: list[str] | None,
    every: bool,
    listed: bool,
    as_json: bool,
    any_listed: bool = False,
) -> None:
    """Answer for the chosen items, say what was done, and list what needs an answer still."""
    session = session_of(context)
    state = open_state(session.config_dir)
    with closing(state.db):
        chosen = _chosen(session, state, library, None if listed else items, every, any_listed=any_listed)
        if chosen:
            answer(state, library, [each.item for each in chosen], wall_ms())
        _print_answer(state, library, chosen, did, whole=listed, as_json=as_json)


restore = partial(_answer, "restored", missing_items.restore)
"""Runs `mesharr restore`: adds missing items again, and keeps those that the user is asked about."""

leave_item = partial(_answer, "left", missing_items.leave, any_listed=True)
"""Runs `mesharr leave-item`: gives up missing items, and removes listed ones from the app."""


def _chosen(
    session: Session, state: State, library: str, items: list[str] | None, every: bool, *, any_listed: bool
) -> list[MissingItem | AskedItem]:
    """Return the named items, about all of which the user is asked; raise `Misuse` for another.

    With `any_listed` one that the app lists may be named unasked. `library` is "" when none was given: then
    nothing is chosen.
    """
    if items and every:
        raise Misuse("both items and --all were given", "give one of them")
    asked_in = ", ".join(dict.fromkeys(each.library for each in _open(state)))
    if every and not library:
        raise Misuse(
            "--all was given without a library", f"give one of: {asked_in or 'none needs an answer'}"
        )
    known = {each.item: each for each in _open(state, library)}
    if not known and library:
        _check_not_item(state, library)
        check_library(load(session), library)
    for item in items or ():
        if any_listed and item not in known and missing_items.is_listed(state, library, item):
            known[item] = AskedItem(library, item, title_of(state, library, item), "")
        if item not in known:
            raise Misuse(
                f"{item} is not missing in {library}, and nothing is asked about it",
                f"missing or asked about there: {', '.join(known) or 'nothing'}",
            )
    return list(known.values()) if every else [known[item] for item in dict.fromkeys(items or ())]


def _check_not_item(state: State, word: str) -> None:
    """Raise `Misuse` when the word in the place of a library is an item that needs an answer."""
    for each in _open(state):
        if each.item == word:
            raise Misuse(f"{word} is an item", f"give its library before it: {each.library} {word}")


def _open(state: State, library: str = "") -> list[MissingItem | AskedItem]:
    """Return the items of a library, "" for all, that need an answer."""
    every: list[MissingItem | AskedItem] = [*all_missing(state), *all_asked(state)]
    return [each for each in every if library in {"", each.library}]


def _print_answer(
    state: State,
    library: str,
    chosen: list[MissingItem | AskedItem],
    did: str,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """Print what was done with the chosen items, and the rest: with `whole` all of it."""
    rest = _open(state, library)
    if as_json:
        say_json(
            {
                did: [each.item for each in chosen],
                "lost": [each.item for each in rest if isinstance(each, MissingItem)],
                "asked": [each.item for each in rest if isinstance(each, AskedItem)],
            }
        )
        return
    if len(chosen) == 1:
        say(f"{did}: {printable(chosen[0].title)} ({chosen[0].item})")
    elif chosen:
        say(f"{did}: {quantity(len(chosen), 'item')}")
    if rest:
        columns, rows = ["title", "item", "why"], [[each.title, each.item, each.why] for each in rest]
        if not library:
            columns, rows = (
                ["library", *columns],
                [[each.library, *row] for each, row in zip(rest, rows, strict=True)],
            )
        print_table(columns, rows, order="title", every=whole, option="--list")
    if not chosen and not rest:
        say(f"nothing is missing in {library}" if library else "nothing is missing")
