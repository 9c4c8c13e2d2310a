"""One stream while a poll reads it: how far it is verified, and what is not kept yet."""

from mesharr.core.events.schema import NodeHello
from mesharr.log.chain import Head
from mesharr.node.inward.streams.budget import Quota
from mesharr.node.model import Trusted
from mesharr.state.events.streams import Run


class Reading:
    """One stream while a poll reads it: how far it is verified, and what is not kept yet."""

    def __init__(self, stream: str, peer: Trusted, quota: Quota, head: Head, now: int) -> None:
        self.stream = stream
        self.peer = peer
        self.quota = quota
        self.head = head
        self.now = now
        """When the poll began (ms)."""
        self.proven = 0
        """The last seq of a file beyond the head that verified by itself."""
        self.count = 0
        self.runs: list[Run] = []
        self.hellos: list[NodeHello] = []

    def taken(self) -> tuple[int, list[Run], list[NodeHello]]:
        """Return the verified events since the last call: how many, in runs, and their hellos."""
        taken = self.count, self.runs, self.hellos
        self.count, self.runs, self.hellos = 0, [], []
        return taken
