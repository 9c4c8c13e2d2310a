"""Detect what an old database would publish again.

Published twice, an import takes its units back from the node that claimed them in between.
"""

from mesharr.core.events.schema import Body
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState


def is_published(body: Body, registry: ItemState, me: str) -> bool:
    """Return whether this node has published all that the body states.

    Each copy has to be published as the body states and spells it, and each ended path has to be ended.
    """
    ended = {same_key(path) for path in body.ended_paths()}
    published = {
        key: (living.copy.path, living.copy.size)
        for key, living in registry.copies.items()
        if living.node == me
    }
    stated = {same_key(copy.path): (copy.path, copy.size) for copy in body.stated_copies()}
    return stated.items() <= published.items() and registry.copies.keys().isdisjoint(ended - stated.keys())
