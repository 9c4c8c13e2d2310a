"""What a node that is not trusted says of itself, and whether a trusted node vouches for it."""

import msgspec

from mesharr.core.events.node_events import NodeHello
from mesharr.core.text import author_of


class Introduction(msgspec.Struct, frozen=True, kw_only=True):
    """The own hello of a node, verified with the key in it: whose node that is, it cannot prove."""

    stream: str
    """The stream that the hello is in, `<node>.<inc>`."""
    key: bytes
    """The public key, of which the node's label is made."""
    trusts: tuple[str, ...]
    """The nodes that it trusts."""
    hlc: str
    """The clock value of the hello."""
    first: int
    """The seq of the first of `ids`, at or after that of a hello with this key."""
    ids: tuple[str, ...]
    """The ids of the newest events of the stream, one after the other."""

    @property
    def last(self) -> int:
        """The seq of the last of `ids`."""
        return self.first + len(self.ids) - 1

    @property
    def node(self) -> str:
        """The node's label."""
        return author_of(self.stream)

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.rpartition("-")[0]

    def is_vouched_for(self, hello: NodeHello) -> bool:
        """Return whether the author of a hello trusts this node, and by this very key.

        A label has only the first digits of the key's hash, which another key may have too. The id of an
        event that the author has verified is a hash of all before it in the stream, the key among it.
        """
        seq, id_ = hello.heads.get(self.stream, (0, ""))
        at = seq - self.first
        return self.node in hello.trusts and 0 <= at < len(self.ids) and self.ids[at] == id_
