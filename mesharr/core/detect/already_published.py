"""What an old database would tell again: told twice, an import takes its units back from who claimed them."""

from mesharr.core.events.schema import Body
from mesharr.core.paths import same_key
from mesharr.core.registry.fold import ItemState


def is_published(body: Body, registry: ItemState, me: str) -> bool:
    """Return whether this node has stated each of these files, as it is, and what went with them is ended."""
    ended = {same_key(path) for path in body.ended_paths()}
    stated = {key: living.copy.size for key, living in registry.copies.items() if living.node == me}
    sizes = {same_key(copy.path): copy.size for copy in body.stated_copies()}
    return sizes.items() <= stated.items() and registry.copies.keys().isdisjoint(ended - sizes.keys())
