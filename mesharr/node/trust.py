"""Which nodes' events this node reads."""

from collections.abc import Callable

import msgspec

from mesharr.log.chain import Verify


class Trusted(msgspec.Struct, frozen=True):
    """A node whose events are read."""

    node: str
    """Its label, such as `alice-4b1e0f77`."""
    name: str
    """Its name, such as `alice`."""
    key: bytes
    """Its public key."""
    verify: Verify
    """Checks a signature against that key."""
    frozen: bool = False
    """Whether it was trusted once: what was applied stays, nothing more of it is read."""


PeerList = Callable[[], dict[str, Trusted]]
"""Returns the trusted nodes by label, as peers.yml holds them at the time of the call."""
