"""Decide who describes an item: by which id, title and folder a node without it adds it.

Several nodes describe an item, and any peer can: an add or an alias with a clock far ahead would rename other
people's items, or have a peer add another film in their folder. So one node's words count, all of them: the
author of the earliest copy that lives, else of the earliest add that counts. What others state of the item is
no description of it; their aliases say which ids are one item, and nothing more.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from mesharr.core.events.schema import Item, ItemAliased, ItemChanged, ItemLeft, ItemRemoved
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Fact


class Description(msgspec.Struct, frozen=True):
    """What the author who describes an item states of it."""

    id: str
    """The id by which it knows the item now."""
    item: Item | None = None
    """Its newest description, None when nobody describes the item."""
    author: str = ""
    """Its node, "" for none."""


def described_by(
    authors: Iterable[str], ordered: Iterable[Fact], ids: Collection[str], id_: str
) -> Description:
    """Return the description by the first of these nodes that has described the item.

    When none of them has, the first that ever did describes it. `ordered` is by stamp; `id_` is the item's id
    when nobody describes it.
    """
    found: dict[str, Description] = {}
    for fact in ordered:
        before, body = found.get(fact.node), fact.body
        if (item := body.item_in(ids)) is not None:
            found[fact.node] = Description(item.id, item, fact.node)
        elif before is not None and isinstance(body, ItemAliased) and body.alias in ids:
            found[fact.node] = msgspec.structs.replace(before, id=body.alias)
    return next((found[node] for node in (*authors, *found) if node in found), Description(id_))


def changes_of(
    ordered: Iterable[Fact], ids: Collection[str], author: str, living: Iterable[str]
) -> Sequence[Fact]:
    """Return the changes of folder or series type, the one that counts most last.

    The highest version counts most. Of equal ones it is one to a folder in which copies are, by the `living`
    keys, then that of the author who describes the item, then the earliest. A node whose app does not list
    the item, because it left or removed it, changes nothing.
    """
    gone: set[str] = set()
    changes: list[tuple[int, str, Fact]] = []
    for fact in ordered:
        body = fact.body
        if isinstance(body, ItemLeft | ItemRemoved):
            gone.add(fact.node)
        elif isinstance(body, ItemChanged) and fact.node not in gone:
            changes.append((body.version, same_key(body.folder), fact))
        elif body.item_in(ids) is not None:
            gone.discard(fact.node)
    versions = {version for version, _, _ in changes}
    in_use = _folders_of(living) if len(versions) < len(changes) else frozenset()
    changes.reverse()
    changes.sort(key=lambda change: (change[0], change[1] in in_use, change[2].node == author))
    return [fact for _, _, fact in changes]


def _folders_of(keys: Iterable[str]) -> frozenset[str]:
    """Return every folder above a path with one of these keys."""
    return frozenset(key[:at] for key in keys for at, letter in enumerate(key) if letter == "/")
