"""One stream while a poll reads it: how far it is verified, and what is not kept yet."""

from mesharr.core.events.schema import NodeHello
from mesharr.log.chain import Head
from mesharr.node.model import Trusted
from mesharr.state.events.streams import Run


class Reading:
    """One stream while a poll reads it: how far it is verified, and what is not kept yet."""

    def __init__(self, stream: str, peer: Trusted, budget: int, head: Head) -> None:
        self.stream = stream
        self.peer = peer
        self.budget = budget
        self.used = 0
        self.head = head
        self.count = 0
        self.runs: list[Run] = []
        self.hellos: list[NodeHello] = []

    def taken(self) -> tuple[int, list[Run], list[NodeHello]]:
        """Return the verified events since the last call: how many, in runs, and their hellos."""
        taken = self.count, self.runs, self.hellos
        self.count, self.runs, self.hellos = 0, [], []
        return taken
