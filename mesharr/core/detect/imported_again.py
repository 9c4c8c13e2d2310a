"""Detect imports of files that the mesh has already, with the same name and size."""

from collections.abc import Container

from mesharr.core.detect.model import Evidence
from mesharr.core.registry.item_state import ItemState, LivingCopy


def is_imported_again(
    key: str, living: LivingCopy, evidence: Evidence, before: Container[str], me: str
) -> bool:
    """Return whether the app wrote a peer's file itself, with the same name and size.

    An app writes a file again only after it dropped the one before; what states the import a second time
    states no such thing. `before` are the keys of the files that the app listed before.
    """
    dropped = key in evidence.replaced or key in evidence.drop_reasons or key not in before
    return key in evidence.imported and living.node != me and dropped


def is_found_only(key: str, living: LivingCopy, evidence: Evidence, registry: ItemState, me: str) -> bool:
    """Return whether a file came since mesharr began, and only this node's inventory states it.

    An inventory makes nobody an owner: the import does.
    """
    if living.node != me or not {key} <= evidence.news & evidence.imported:
        return False
    return not registry.was_owned(living.copy.units)
