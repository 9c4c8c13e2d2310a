"""The doctor: everything that can be wrong with a node, each with its fix. It looks and changes nothing."""

from collections.abc import Callable, Iterator
from typing import Final

from mesharr.doctor.arrs import arrs
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.files import libraries, mounts, store
from mesharr.doctor.house import House
from mesharr.doctor.items import items
from mesharr.doctor.peers import peers
from mesharr.doctor.programs import config, door, scanners, uploads

LOOKS: Final[tuple[Callable[[House], Iterator[Diagnosis]], ...]] = (
    config,
    store,
    libraries,
    mounts,
    door,
    arrs,
    scanners,
    uploads,
    peers,
    items,
)
"""All there is to look at, in the order in which things depend on each other."""


def examine(house: House) -> Iterator[Diagnosis]:
    """Yield what is found, one thing after another: each look may take seconds."""
    for look in LOOKS:
        yield from look(house)
