"""Decide who owns a unit, from imports and claims, and who downloads it, from grabs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from mesharr.core import hlc
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import (
    FileImported,
    FileRemoved,
    ItemRemoved,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Fact, Stamp, voided
from mesharr.core.registry.supersede import Superseded

LOCK_MS = DAY_MS
"""How long a lock lives after its last renewal."""

CHANGES_KEPT = 2
"""How many of the last changes of a unit's owner are kept."""


class Owner(msgspec.Struct, frozen=True, gc=False):
    """The owner of a unit."""

    node: str
    term: int
    """The term of the import or claim that made it the owner."""
    claimed: bool
    """Whether it was a claim."""
    stamp: Stamp
    """The stamp of the import or claim."""


class Lock(msgspec.Struct, frozen=True, gc=False):
    """A node's grab of a unit, which keeps the other nodes from downloading it."""

    node: str
    since: str
    """When it began (HLC); of several locks the first one counts."""
    renewed: str
    """When it was last published (HLC)."""

    @property
    def ends(self) -> int:
        """When it ends unless it is renewed (ms)."""
        return hlc.parts_of(self.renewed)[0] + LOCK_MS

    def lives(self, now: int) -> bool:
        """Return whether the lock counts at `now` (ms), by this node's clock.

        A lock renewed more than its whole life after `now` comes of its author's wrong clock and does not
        count yet: so no event makes anybody wait longer than two lives of a lock.
        """
        return self.ends - 2 * LOCK_MS < now < self.ends


class Ownership(msgspec.Struct, frozen=True):
    """Who owns the units of an item, and who did."""

    owners: Mapping[str, Owner]
    """The owner of each unit."""
    terms: Mapping[str, int]
    """The highest term, below the maximum, of each unit."""
    contributors: frozenset[str]
    """The nodes that ever imported or claimed a unit."""
    owner_changes: Mapping[str, tuple[str, ...]]
    """When (HLC) claims last took each unit from another owner, oldest first."""


def ownership(ordered: Iterable[Fact], departures: Mapping[str, Stamp], beaten: Superseded) -> Ownership:
    """Return the ownership of all units.

    `ordered` is by stamp, `beaten` are events that do not count.
    """
    owners: dict[str, Owner] = {}
    terms: dict[str, int] = defaultdict(int)
    changes: dict[str, tuple[str, ...]] = {}
    contributors: set[str] = set()
    for fact in ordered:
        if not fact.body.takes_ownership:
            continue
        contributors.add(fact.node)
        claimed = isinstance(fact.body, UnitClaimed)
        mine = Owner(fact.node, fact.body.rank, claimed, fact.stamp)
        strength, counted = _strength(mine), mine.term if mine.term < MAX_TERM else 0
        is_voided = voided(fact, departures)
        for unit in fact.body.registers:
            terms[unit] = max(terms[unit], counted)
            if is_voided or (fact.stream, fact.seq, unit) in beaten:
                continue
            before = owners.get(unit)
            if before is None or strength < _strength(before):
                owners[unit] = mine
                if claimed and before and before.node != mine.node:
                    changes[unit] = (*changes.get(unit, ()), fact.hlc)[-CHANGES_KEPT:]
    return Ownership(
        dict(sorted(owners.items())),
        dict(sorted(terms.items())),
        frozenset(contributors),
        dict(sorted(changes.items())),
    )


def upgrading(
    ordered: Collection[Fact], owners: Mapping[str, Owner], ids: Collection[str], with_a_file: Collection[str]
) -> tuple[str, ...]:
    """Return the units without a file whose owner took it away for a better one.

    `ordered` is by stamp; `ids` are those of the item. What ended a unit's file last counts.
    """
    if not any(isinstance(fact.body, FileRemoved) and fact.body.is_of_upgrade for fact in ordered):
        return ()
    units_of: dict[str, frozenset[str]] = {}
    ended_by: dict[str, str] = {}
    for fact in ordered:
        body = fact.body
        if isinstance(body, ItemRemoved):
            ended_by.clear()
        elif isinstance(body, FileRemoved):
            units = {unit for path in body.paths for unit in units_of.get(same_key(path), ())}
            ended_by |= dict.fromkeys(units, fact.node if body.is_of_upgrade else "")
        for copy in body.stated_copies_of(ids):
            units_of[same_key(copy.path)] = frozenset(copy.units)
            ended_by |= dict.fromkeys(copy.units, "")
    return tuple(
        unit
        for unit, node in sorted(ended_by.items())
        if node and unit not in with_a_file and unit in owners and owners[unit].node == node
    )


def _strength(owner: Owner) -> tuple[int, bool, Stamp]:
    return (-owner.term, owner.claimed, owner.stamp)


def locks(ordered: Iterable[Fact], departures: Mapping[str, Stamp]) -> dict[str, tuple[Lock, ...]]:
    """Return the grabs of each unit that were not ended, the first one first.

    `ordered` is by stamp. A grab published after the one before it has run out begins a new lock. Whether a
    lock lives depends on the reader's clock (`Lock.lives`).
    """
    open_locks: dict[tuple[str, str], Lock] = {}
    for fact in ordered:
        if voided(fact, departures):
            continue
        match fact.body:
            case UnitGrabbed(units=units):
                _renew_locks(open_locks, fact, units)
            case UnitReleased(units=units):
                _end_locks(open_locks, fact.node, units)
            case FileImported():
                _end_locks(open_locks, fact.node, fact.body.registers)
            case _:
                pass
    found: dict[str, list[Lock]] = defaultdict(list)
    for (_, unit), lock in open_locks.items():
        found[unit].append(lock)
    return {
        unit: tuple(sorted(found[unit], key=lambda lock: (lock.since, lock.node))) for unit in sorted(found)
    }


def _renew_locks(open_locks: dict[tuple[str, str], Lock], fact: Fact, units: Iterable[str]) -> None:
    node, at = fact.node, hlc.parts_of(fact.hlc)[0]
    renewed: dict[str, Lock] = {}  # by when they began: the locks of one event are few
    ends: dict[str, int] = {}
    for unit in units:
        before = open_locks.get((node, unit))
        since = fact.hlc
        if before is not None:
            if before.renewed not in ends:
                ends[before.renewed] = before.ends
            since = fact.hlc if at >= ends[before.renewed] else before.since
        if since not in renewed:
            renewed[since] = Lock(node, since, fact.hlc)
        open_locks[node, unit] = renewed[since]


def _end_locks(open_locks: dict[tuple[str, str], Lock], node: str, units: Iterable[str]) -> None:
    for unit in units:
        open_locks.pop((node, unit), None)
