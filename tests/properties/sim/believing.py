"""Nodes that believe a peer too much, one rule at a time: only a peer that lies finds them out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final
from unittest.mock import patch

from mesharr.core.events.schema import NodeHello
from mesharr.core.registry import fold as registry
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.identity import one_item
from mesharr.core.registry.identity.description import Description, described_by
from mesharr.core.registry.proofs import Proofs
from mesharr.log import layout
from mesharr.log.reader import StreamRequest
from mesharr.node.inward.streams import budget, follow
from mesharr.node.inward.streams.budget import Quota
from mesharr.node.inward.streams.forks import ForkSearch
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State
from tests.properties.sim.node import Parts, SimIncarnations

Order = Callable[[StreamRequest], tuple[int, ...]]
MANY: Final = 10**9


class Believing(Parts):
    """A program in which some functions are others."""

    liar = True

    def __init__(
        self, *changes: tuple[object, str, Callable[..., Any]], troubles: Sequence[str] = ()
    ) -> None:
        self._changes = changes
        self.troubles = tuple(troubles)

    def broken(self) -> AbstractContextManager[object]:
        """Change them for as long as a seed is played."""
        stack = ExitStack()
        for owner, name, change in self._changes:
            stack.enter_context(patch.object(owner, name, change))
        return stack


# -- what the registry believes


def _by_number(_proofs: Proofs, fact: Fact) -> Mapping[str, int]:
    return {stream: seq for stream, (seq, _) in fact.body.seen.items()}


def _by_any_id(proofs: Proofs, fact: Fact) -> Mapping[str, int]:
    ids = set(proofs._ids.values())
    return {stream: seq for stream, (seq, id_) in fact.body.seen.items() if id_ in ids}


def _last_word(_: Iterable[str], ordered: Sequence[Fact], ids: Sequence[str], id_: str) -> Description:
    return described_by([fact.node for fact in reversed(ordered)], ordered, ids, id_)


def _each_alias(_joining: one_item._Joining, _node: str, _ids: one_item.Ids) -> bool:
    return True


# -- what starts something destructive


class _BelievesNames(SimIncarnations):
    """A file name in its own stream begins another one."""

    def _lacks_events(self, mine: str, own: Iterable[layout.FileName], now: int) -> bool:
        head, _ = self._state.streams.cursor(mine)
        named = any(name.stream == mine and name.last > head for name in own)
        return named or super()._lacks_events(mine, own, now)


class _DropsWhatWaits(SimIncarnations):
    """A new incarnation begins with nothing to say."""

    def _revise(self, entry: OutboxEntry, now: int) -> None:
        self._state.outbox.drop(entry.n)


def _each_word(state: State, mine: str, stream: str, hello: NodeHello, now: int) -> None:
    """Believe a peer's claim each time."""
    del stream, now
    seq, id_ = hello.heads.get(mine, (0, ""))
    if seq and state.streams.known_id(mine, seq) != id_:
        state.own_streams.note_fork(mine, seq)


# -- what is read


def _no_shares(
    requests: Sequence[StreamRequest], peers: int, order: Order
) -> Iterator[tuple[StreamRequest, Quota]]:
    """Each stream has as much as it wants."""
    del peers, order
    for wanted in requests:
        yield wanted, Quota(MANY, MANY)


def _first_come(
    requests: Sequence[StreamRequest], peers: int, order: Order
) -> Iterator[tuple[StreamRequest, Quota]]:
    """What is only named comes first, and takes what it wants."""
    del order
    left = max(budget.PEER_REQUESTS, budget.POLL_REQUESTS // peers)
    for wanted in sorted(requests, key=lambda each: (each.cursor.seq > 0, each.stream)):
        quota = Quota(left, budget.MAX_PEER_BYTES)
        if left > 0:
            yield wanted, quota
        left -= quota.asked


def _never(*_: object) -> None:
    """Do nothing."""


def _believing_names() -> Parts:
    made = Believing()
    made.incarnations = _BelievesNames
    return made


def _dropping() -> Parts:
    made = Believing(troubles=("down", "burst"))
    made.incarnations = _DropsWhatWaits
    return made


BELIEVING: Final[Mapping[str, Callable[[], Parts]]] = {
    "an ending covers by its number": lambda: Believing((Proofs, "seen_by", _by_number)),
    "any id proves any number": lambda: Believing((Proofs, "seen_by", _by_any_id)),
    "who speaks last describes": lambda: Believing((registry, "described_by", _last_word)),
    "one word joins two items": lambda: Believing((one_item._Joining, "_does_count", _each_alias)),
    "a name begins an incarnation": _believing_names,
    "a peer's word begins an incarnation each time": lambda: Believing((follow, "note_heads", _each_word)),
    "a new incarnation drops what waits": _dropping,
    "no budget of a poll": lambda: Believing((follow, "shares", _no_shares)),
    "names are read before streams": lambda: Believing((follow, "shares", _first_come)),
    "nobody looks for a branch in an archive": lambda: Believing((ForkSearch, "look_daily", _never)),
}
"""The rules that are broken, each by its name."""
