"""Read how untrusted nodes introduce themselves; nothing of theirs is applied.

Of such a node one tail is read, for its own hello: with it a user can accept the node by its name, without
its token. Anybody who can write to the drive can make such nodes, so what is read of all of them is bounded.
"""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError
from mesharr.log import layout, reader
from mesharr.log.introduction import read_introduction
from mesharr.log.layout import FileName
from mesharr.log.store.folder import Store
from mesharr.node.backoff import wait_ms
from mesharr.state.state import State

FILES_A_LOOK: Final = 4
BYTES_AN_HOUR: Final = 16 * 1024 * 1024
MAX_TRIED: Final = 64
"""So many names of one node are remembered as read."""


class _Seen(msgspec.Struct):
    """What was read of one node."""

    tried: set[str] = msgspec.field(default_factory=set)
    """The tails that were read."""
    reads: int = 0
    due: int = 0
    """When the next one may be read (ms)."""


class Strangers:
    """Keeps the introductions of nodes that are not trusted here."""

    def __init__(self, store: Store, state: State, mesh: str) -> None:
        self._store = store
        self._state = state
        self._mesh = mesh
        self._seen: dict[str, _Seen] = {}
        self._hour = self._spent = 0

    def look(self, names: Iterable[str], unknown: Collection[str], peers: Collection[str], now: int) -> None:
        """Read what is due of the `unknown` nodes that are no `peers`, of the tails in `names`."""
        nodes = set(unknown) - set(peers)
        self._state.introductions.keep(nodes)
        self._seen = {node: self._seen.get(node, _Seen()) for node in nodes}
        if not nodes:
            return
        if now // HOUR_MS != self._hour:
            self._hour, self._spent = now // HOUR_MS, 0
        known = {each.stream: each.last for each in self._state.introductions.all().values()}
        tails: dict[str, list[FileName]] = {}
        for text in names:
            name = layout.parse_tail(text)
            if name is None or name.node not in nodes or self._seen[name.node].due > now:
                continue
            if name.last > known.get(name.stream, 0):
                tails.setdefault(name.node, []).append(name)
        due = [node for node, each in tails.items() if self._next(node, each)]
        # a node that was read seldom goes before one of which much was read
        for node in sorted(due, key=lambda node: (self._seen[node].reads, node))[:FILES_A_LOOK]:
            if self._spent < BYTES_AN_HOUR:
                self._read(node, self._next(node, tails[node]), now)

    def _next(self, node: str, tails: Iterable[FileName]) -> FileName | None:
        tried = self._seen[node].tried
        return next((name for name in reader.in_turn(tails) if layout.tail_name(name) not in tried), None)

    def _read(self, node: str, name: FileName | None, now: int) -> None:
        if name is None:
            return
        seen = self._seen[node]
        seen.tried = {*(seen.tried if len(seen.tried) < MAX_TRIED else ()), layout.tail_name(name)}
        seen.due = now + wait_ms(seen.reads, HOUR_MS)
        seen.reads += 1
        try:
            content = self._store.read(layout.tail_path(name))
            self._spent += len(content)
            self._state.introductions.note(read_introduction(content, name, self._mesh), now)
        except MesharrError:
            return  # it introduces nobody; the next one may
