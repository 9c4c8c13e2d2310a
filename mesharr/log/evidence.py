"""Judge a file that bears a node's own name: torn, old, forged, or of another machine."""

from collections.abc import Callable

import msgspec

from mesharr.core.errors import Rejected
from mesharr.log import codec
from mesharr.log.chain import verifies
from mesharr.log.layout import FileName
from mesharr.log.signature import Verify


class Verdict(msgspec.Struct, frozen=True):
    """What a file proves."""

    unknown: int = 0
    """The seq of its first event that its owner signed and the reader has not, 0 for none."""
    is_torn: bool = False
    """Whether it may become whole: all that is there of it is the reader's own, and more is to come."""


def judge(
    content: bytes, name: FileName, mesh: str, key: Verify, known: Callable[[int], str | None]
) -> Verdict:
    """Return what a file proves, whole or not.

    `known` returns the id of the reader's event at a seq. Only signed lines count: neither a name nor bytes
    that anybody could write prove anything.
    """
    *lines, rest = content.split(b"\n")
    for line in lines:
        try:
            event = codec.parse(line)
            if (event.mesh, event.node, event.inc) != (mesh, name.node, name.inc):
                return Verdict()
            if known(event.seq) != event.id:
                return Verdict(unknown=event.seq) if verifies(key, line) else Verdict()
        except Rejected:
            return Verdict()
    begin = f'{{"v":1,"mesh":"{mesh}","node":"{name.node}","inc":"{name.inc}","seq":'.encode()
    return Verdict(is_torn=rest.startswith(begin) or begin.startswith(rest))
