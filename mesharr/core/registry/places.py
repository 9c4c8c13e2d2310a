"""Decide where items live: who has a folder, whose a file is now, to which library it went.

One folder belongs to one item, and one path. An app keeps one item in a folder, so each node follows one of
them, and all nodes the same one. Files count more than an add, what somebody did more than what was found on
a first day, and of equals the newest: who mends a wrong match states last what the folder is.
"""

from collections.abc import Collection, Iterable

import msgspec

from mesharr.core.events.schema import FileRemoved, ItemMoved, ItemRemoved, LibraryFound
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Fact, Stamp


class Standing(msgspec.Struct, frozen=True, order=True):
    """How well founded it is that an item lives in its folder; the greater one keeps the folder."""

    filed: bool = False
    """Whether a living copy of the item is in the folder."""
    done: bool = False
    """Whether somebody added, imported or moved the item there, and did not find it on a first day."""
    stamp: Stamp = ("", "", "", 0)
    """The newest statement of that."""
    id: str = ""
    """The item's id, which decides between two items of one event."""


def standing(filed: Iterable[Fact], placed: Iterable[Fact], id_: str) -> Standing:
    """Return the standing of an item in its folder.

    `filed` state its living copies there, `placed` are its adds and the change of folder that count.
    """
    files = tuple(filed)
    found = (
        Standing(bool(files), not isinstance(fact.body, LibraryFound), fact.stamp, id_)
        for fact in files or placed
    )
    return max(found, default=Standing(id=id_))


def handed_over(ordered: Collection[Fact], ended: Collection[str]) -> dict[str, Stamp]:
    """Return when each ended path became another item's, by key, of those whose file is one now.

    The last event that ended them says so.
    """
    if not any(_reassigns(fact) for fact in ordered):
        return {}
    whole: Stamp | None = None
    by_path: dict[str, Stamp | None] = {}
    for fact in ordered:
        body = fact.body
        at = fact.stamp if _reassigns(fact) else None
        if isinstance(body, ItemRemoved):
            whole = at
            by_path.clear()
        by_path |= dict.fromkeys(map(same_key, body.ended_paths()), at)
    found = ((key, by_path.get(key, whole)) for key in sorted(ended))
    return {key: at for key, at in found if at}


def _reassigns(fact: Fact) -> bool:
    """Return whether an event says that the files that it ends are another item's now."""
    return isinstance(fact.body, FileRemoved | ItemRemoved) and fact.body.is_reassigned


def moved_between(ordered: Iterable[Fact], library: str) -> tuple[str, tuple[str, ...]]:
    """Return the library the item went to, and those the item came from.

    Of two libraries the last move counts.
    """
    went_there: dict[str, bool] = {}
    for fact in ordered:
        if isinstance(fact.body, ItemMoved):
            here = fact.body.library == library
            other = fact.body.to if here else fact.body.library
            went_there.pop(other, None)
            went_there[other] = here
    to = [other for other, went in went_there.items() if went]
    return to[-1] if to else "", tuple(sorted(went_there.keys() - to))
