"""Who owns a unit and who downloads it: registers of their own, made of imports, claims and grabs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core import hlc
from mesharr.core.events.schema import FileImported, UnitClaimed, UnitGrabbed, UnitReleased
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.registry.facts import Fact, Stamp, voided
from mesharr.core.registry.supersede import Superseded

LOCK_MS = 24 * 3_600_000
"""How long a grab lock lives from its last renewal."""

CHANGES_KEPT = 2


class Owner(msgspec.Struct, frozen=True):
    """Who owns a unit: by an import or by a claim, at which term and stamp."""

    node: str
    term: int
    claimed: bool
    stamp: Stamp


class Lock(msgspec.Struct, frozen=True):
    """Who downloads a unit: `since` decides among several, `renewed` says how fresh it is (both HLC)."""

    node: str
    since: str
    renewed: str

    @property
    def ends(self) -> int:
        """When it is over unless it is renewed (ms)."""
        return hlc.parts_of(self.renewed)[0] + LOCK_MS

    def lives(self, now: int) -> bool:
        """Whether it is fresh at `now` (ms), by that clock.

        One renewed more than its whole life ahead of `now` is its author's wrong clock, and no lock yet:
        so no event keeps anybody waiting for longer than two of its lives.
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
    """Return who owns what; `ordered` is by stamp, `beaten` what counts no more."""
    owners: dict[str, Owner] = {}
    terms: dict[str, int] = defaultdict(int)
    changes: dict[str, tuple[str, ...]] = {}
    contributors: set[str] = set()
    for fact in ordered:
        if not fact.body.takes_ownership:
            continue
        contributors.add(fact.node)
        term, claimed = fact.body.rank, isinstance(fact.body, UnitClaimed)
        for unit in fact.body.registers:
            terms[unit] = max(terms[unit], term if term < MAX_TERM else 0)
            if voided(fact, departures) or (fact.stream, fact.seq, unit) in beaten:
                continue
            mine, before = Owner(fact.node, term, claimed, fact.stamp), owners.get(unit)
            owners[unit] = min(before or mine, mine, key=_strength)
            if claimed and before and before.node != owners[unit].node:
                changes[unit] = (*changes.get(unit, ()), fact.hlc)[-CHANGES_KEPT:]
    return Ownership(
        dict(sorted(owners.items())),
        dict(sorted(terms.items())),
        frozenset(contributors),
        dict(sorted(changes.items())),
    )


def _strength(owner: Owner) -> tuple[int, bool, Stamp]:
    return (-owner.term, owner.claimed, owner.stamp)


def locks(ordered: Iterable[Fact], departures: Mapping[str, Stamp]) -> dict[str, tuple[Lock, ...]]:
    """Return the grabs of each unit that nobody has ended, the first one first; `ordered` is by stamp.

    A grab that comes when the one before had run out begins anew. Which of them live is for the reader's
    clock to say (`Lock.lives`).
    """
    held: dict[tuple[str, str], Lock] = {}
    for fact in ordered:
        if voided(fact, departures):
            continue
        match fact.body:
            case UnitGrabbed(units=units):
                for unit in units:
                    held[fact.node, unit] = _renewed(held.get((fact.node, unit)), fact)
            case UnitReleased(units=units):
                _release(held, fact.node, units)
            case FileImported():
                _release(held, fact.node, fact.body.registers)
            case _:
                pass
    found: dict[str, tuple[Lock, ...]] = {}
    for (_, unit), lock in held.items():
        found[unit] = (*found.get(unit, ()), lock)
    return {
        unit: tuple(sorted(found[unit], key=lambda lock: (lock.since, lock.node))) for unit in sorted(found)
    }


def _renewed(before: Lock | None, fact: Fact) -> Lock:
    if before is None or hlc.parts_of(fact.hlc)[0] >= before.ends:
        return Lock(fact.node, fact.hlc, fact.hlc)
    return Lock(fact.node, before.since, fact.hlc)


def _release(held: dict[tuple[str, str], Lock], node: str, units: Iterable[str]) -> None:
    for unit in units:
        held.pop((node, unit), None)
