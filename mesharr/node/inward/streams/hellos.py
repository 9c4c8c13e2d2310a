"""What is noted of a peer when its events are applied: how far it has read, and its clock."""

from typing import Final

from mesharr.core import hlc
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import NodeHello
from mesharr.core.text import author_of
from mesharr.state.state import State

MONTH_MS: Final = 30 * DAY_MS


def note_heads(state: State, mine: str, stream: str, hello: NodeHello, now: int) -> None:
    """Note what the author of `stream` has applied of this node's present stream `mine`.

    An event that this database lacks has it begin anew. A peer's word is no proof of it, so it counts
    once a month, and is told: each beginning is a first day.
    """
    seq, id_ = hello.heads.get(mine, (0, ""))
    if seq and state.streams.known_id(mine, seq) == id_:
        state.streams.acknowledge(stream, seq)
    elif seq:
        # It has read an event of mine that this database lacks, from a file that may be gone since.
        node = author_of(stream)
        if not 0 <= now - state.node_warnings.fork_reported(node) < MONTH_MS:
            state.node_warnings.note_fork_report(node, now)
            if not state.own_streams.is_forked(mine):
                state.own_streams.note_teller(mine, node)
            state.own_streams.note_fork(mine, seq)


def note_clock(state: State, stream: str, reached: str, now: int) -> None:
    """Remember the peer whose clock is more than ten minutes ahead of this one."""
    node = author_of(stream)
    is_ahead = reached > hlc.text_of(now + hlc.MAX_AHEAD_MS)
    state.node_warnings.note_clock(node, reached if is_ahead else "")
