"""Lock the units that this node downloads, and publish how the downloads end."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from mesharr.core.arr.model import GrabResult
from mesharr.core.events.schema import UnitGrabbed, UnitReleased
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.ownership import LOCK_MS
from mesharr.node.library_items import title_of
from mesharr.node.ownership import former_nodes
from mesharr.state.grabs import Grab
from mesharr.state.state import State

log = logging.getLogger(__name__)

RENEW_MS = LOCK_MS // 2
"""A lock is renewed at half its life, so that a peer whose clock is off by hours, or whose store was
unavailable for hours, still counts it.
"""

_ENDED: Final[Mapping[str, str]] = {
    "imported": "the import brought no file that is news to the mesh",
    "failed": "the download failed",
    "removed": "the download was removed from the queue",
    "taken over": "a peer brought the file first",
    "expired": "its download client did not answer for a day",
}
"""What became of a download, by `UnitReleased.reason`."""


class GrabLocks:
    """The locks of what this node downloads."""

    def __init__(self, me: str, state: State) -> None:
        self._me = me
        self._state = state

    def take(self, library: str, item: str, units: tuple[str, ...], now: int) -> None:
        """Lock units of an item; the caller holds a transaction."""
        why = "grabbed here"
        self._state.outbox.put(item, UnitGrabbed(library=library, id=item, units=units), "", why, now)
        self._state.grabs.put(Grab(library, item, unit, now, now) for unit in units)
        self._state.counters.add("grabbed")
        title = title_of(self._state, library, item)
        log.info("%s: downloading %s %s: the other households leave it", library, title, " ".join(units))

    def settle(self, state: ItemState, library: str, item: str, now: int) -> None:
        """Forget the locks that are over in the registry; note which peer locked a unit before."""
        queued = {
            unit
            for entry in self._state.outbox.of(library, item)
            if isinstance(entry.body, UnitGrabbed)
            for unit in entry.body.units
        }
        for grab in self._state.grabs.of(library, item):
            is_locked = any(lock.node == self._me for lock in state.locks.get(grab.unit, ()))
            if not is_locked and grab.unit not in queued:
                self._state.grabs.drop([grab])
                continue
            first = self._first_peer(state, grab.unit, now) if is_locked else ""
            if first != grab.earlier_peer:
                self._state.grabs.put([msgspec.structs.replace(grab, earlier_peer=first)])
            if first and first != grab.earlier_peer:
                log.warning(
                    "%s: %s: %s downloads %s too, and began before: see mesharr status",
                    library,
                    title_of(self._state, library, item),
                    first,
                    grab.unit,
                )

    def _first_peer(self, state: ItemState, unit: str, now: int) -> str:
        """Return the peer that locked a unit before this household, "" when none did."""
        nodes = [lock.node for lock in state.locks.get(unit, ()) if lock.lives(now)]
        is_ours = nodes[:1] == [self._me] or former_nodes(self._state, self._me, nodes[:1])
        return nodes[0] if nodes and not is_ours else ""

    def release(
        self,
        over: Iterable[Grab],
        results: Mapping[tuple[str, str], GrabResult],
        now: int,
        *,
        expired: bool = False,
    ) -> None:
        """Release the locks of units that are downloaded no more, and publish what became of them."""
        groups: dict[tuple[str, str, str], list[Grab]] = defaultdict(list)
        for grab in over:
            result = results.get((grab.item, grab.unit), "removed")
            reason: str = "removed" if result == "under_way" else result
            if reason == "removed" and self._is_taken_over(grab):
                reason = "taken over"
            groups[grab.library, grab.item, "expired" if expired else reason].append(grab)
        for (library, item, ended), grabs in groups.items():
            units = tuple(grab.unit for grab in grabs)
            with self._state.transaction():
                body = UnitReleased(library=library, id=item, units=units, reason=ended)
                self._state.outbox.put(item, body, "", _ENDED[ended], now)
                self._state.grabs.drop(grabs)
            title = title_of(self._state, library, item)
            log.info("%s: no longer downloading %s %s: %s", library, title, " ".join(units), _ENDED[ended])

    def _is_taken_over(self, grab: Grab) -> bool:
        """Return whether a peer imported or claimed the unit since this node grabbed it."""
        state = self._state.items.state(grab.library, grab.item)
        owner = state.owners.get(grab.unit)
        mine = [lock.since for lock in state.locks.get(grab.unit, ()) if lock.node == self._me]
        return bool(owner and mine and owner.node != self._me and owner.stamp[0] > mine[0])

    def renew(self, grabs: Iterable[Grab], now: int) -> None:
        """Renew the locks that are at half their life."""
        old = [grab for grab in grabs if now - grab.renewed_at >= RENEW_MS]
        for (library, item), group in by_item(old).items():
            body = UnitGrabbed(library=library, id=item, units=tuple(grab.unit for grab in group))
            with self._state.transaction():
                self._state.outbox.put(item, body, "", "still being downloaded", now)
                self._state.grabs.put(msgspec.structs.replace(grab, renewed_at=now) for grab in group)


def by_item(grabs: Iterable[Grab]) -> dict[tuple[str, str], list[Grab]]:
    """Return grabs by (library, item)."""
    groups: dict[tuple[str, str], list[Grab]] = defaultdict(list)
    for grab in grabs:
        groups[grab.library, grab.item].append(grab)
    return groups
