"""Detect what an old database would publish again.

Published twice, an import takes its units back from the node that claimed them in between.
"""

from collections.abc import Hashable, Iterable

from mesharr.core.events.schema import Body, Copy, FileRemoved, FileRenamed, UnitClaimed
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState


def is_published(body: Body, registry: ItemState, me: str) -> bool:
    """Return whether this node has published all that the body states.

    Each copy has to be published as the body states and spells it, and each ended path has to be ended. What
    an inventory alone states makes nobody an owner, as an import does.
    """
    if body.takes_ownership and not all(registry.was_owned(copy.units) for copy in body.stated_copies()):
        return False
    ended = {same_key(path) for path in body.ended_paths()}
    exactly = isinstance(body, FileRenamed)
    published = {
        key: _stated(living.copy, exactly=exactly)
        for key, living in registry.copies.items()
        if living.node == me
    }
    stated = {same_key(copy.path): _stated(copy, exactly=exactly) for copy in body.stated_copies()}
    return stated.items() <= published.items() and registry.copies.keys().isdisjoint(ended - stated.keys())


def _stated(copy: Copy, *, exactly: bool) -> Hashable:
    """Return what has to be the same of a copy published before.

    Files of one size that exchange their names differ only in what they are: a rename is compared `exactly`.
    """
    which = copy.path, copy.size, frozenset(copy.units)
    return (*which, copy.parts, copy.quality, copy.group, copy.release) if exactly else which


def is_restated(body: Body, published: Iterable[Body]) -> bool:
    """Return whether published events state all that an unpublished one does.

    `published` are those of this node about the item since it was decided on.
    """
    alike = [each for each in published if each.type_name == body.type_name]
    match body:
        case FileRemoved():
            known = {same_key(path) for each in alike for path in each.ended_paths()}
            return known.issuperset(map(same_key, body.paths))
        case UnitClaimed():
            return {unit for each in alike for unit in each.registers}.issuperset(body.units)
        case _:
            return bool(alike)
