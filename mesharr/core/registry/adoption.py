"""Find the units that a user may take over by command: those with a file, by their owner."""

from collections.abc import Collection

import msgspec

from mesharr.core.registry.facts import Cuts
from mesharr.core.registry.item_state import ItemState


def without_departures(cuts: Cuts, nodes: Collection[str]) -> Cuts:
    """Return the cuts as if these nodes had never left the mesh.

    So these nodes still own what they owned.
    """
    left = {node: stamp for node, stamp in cuts.left.items() if node not in nodes}
    return msgspec.structs.replace(cuts, left=left)


def units_of(state: ItemState, nodes: Collection[str], *, ownerless: bool) -> tuple[str, ...]:
    """Return the units with a file that one of the nodes owns.

    With `ownerless`, units that have a file and no owner are included.
    """
    units = sorted(state.owned_units)
    owners = {unit: state.owner_of(unit) for unit in units}
    return tuple(unit for unit in units if (owners[unit] in nodes if owners[unit] else ownerless))
