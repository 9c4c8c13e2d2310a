"""Whom this node believes, as the stages see it."""

from collections.abc import Callable

import msgspec

from mesharr.log.chain import Verify


class Trusted(msgspec.Struct, frozen=True):
    """A node whose events are read: its label, its name, its public key, and how to verify it.

    A frozen one was trusted once: what was applied stays, nothing more of it is read.
    """

    node: str
    name: str
    key: bytes
    verify: Verify
    frozen: bool = False


PeerList = Callable[[], dict[str, Trusted]]
"""Returns the trusted nodes by label, as the file that holds them says now."""
