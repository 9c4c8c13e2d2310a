"""The registry: what the mesh holds of an item, as a pure function of the set of facts about it.

Nothing here depends on the order in which facts arrive: `fold` sorts what it is given by stamp, and
each rule reads the whole set. So two nodes that hold the same events hold the same registry, byte
for byte, whatever they heard first.

A *stamp* is (hlc, node, inc, seq): a total order of events that never says which of two is true,
only which of two equals is taken.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from mesharr.core.events import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Item,
    ItemAdded,
    ItemChanged,
    ItemLeft,
    ItemRemoved,
    LibraryFound,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
    Vector,
)
from mesharr.core.paths import same_key

FOLD_VERSION = 1
"""Raised when `fold` gives other results for the same facts: derived rows are then made anew."""

Stamp = tuple[str, str, str, int]


class Fact(msgspec.Struct, frozen=True):
    """One event as the fold sees it: where it stands, and what it says."""

    stream: str
    seq: int
    hlc: str
    body: Body

    @property
    def node(self) -> str:
        """The node that said it."""
        return self.stream.rpartition(".")[0]

    @property
    def stamp(self) -> Stamp:
        """The place of this event in the total order."""
        node, _, inc = self.stream.rpartition(".")
        return (self.hlc, node, inc, self.seq)


class Cuts(msgspec.Struct, frozen=True):
    """What concerns every item: `forks` names the lowest forked seq of a stream (from there on it is
    out of the fold), `left` the stamp at which a node left the mesh.
    """

    forks: Mapping[str, int] = {}
    left: Mapping[str, Stamp] = {}


class LivingCopy(msgspec.Struct, frozen=True):
    """A copy nothing has ended, and who stated it last."""

    copy: Copy
    node: str
    stamp: Stamp


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


class ItemState(msgspec.Struct, frozen=True, kw_only=True):
    """What the mesh holds of one item.

    `copies` are the living ones, keyed by `same_key` of their path; `ended` the paths that were stated
    and ended, keyed alike; `owners`, `terms` and `locks` are keyed by unit (`terms` holds the highest
    term seen). `seen` is the vector of the facts this was made of. `left` are nodes whose arr no
    longer lists the item; `takers` those that ever imported or claimed a unit of it. `removed_by`
    names the node whose removal made the item go, "" while it is present or was never removed.
    """

    library: str
    id: str
    item: Item | None = None
    folder: str = ""
    series_type: str = ""
    version: int = 0
    copies: Mapping[str, LivingCopy] = {}
    ended: Mapping[str, str] = {}
    owners: Mapping[str, Owner] = {}
    terms: Mapping[str, int] = {}
    locks: Mapping[str, Lock] = {}
    adders: tuple[str, ...] = ()
    left: frozenset[str] = frozenset()
    takers: frozenset[str] = frozenset()
    removed_by: str = ""
    brought_by: str = ""
    seen: Vector = {}

    @property
    def present(self) -> bool:
        """Whether an add, an inventory entry or a copy of the item lives."""
        return bool(self.adders or self.copies)

    def copies_of(self, unit: str) -> tuple[LivingCopy, ...]:
        """Return the living copies that satisfy a unit."""
        return tuple(living for living in self.copies.values() if unit in living.copy.units)

    def owner_of(self, unit: str) -> str:
        """Return the node that owns a unit which has a file; "" when nobody does."""
        owner = self.owners.get(unit)
        return owner.node if owner and self.copies_of(unit) else ""

    def encoded(self) -> bytes:
        """Return the state as bytes that are equal exactly when the states are."""
        return msgspec.json.encode(self, order="deterministic")


class _Statement(msgspec.Struct, frozen=True):
    key: str
    copy: Copy
    fact: Fact


class _Ending(msgspec.Struct, frozen=True):
    key: str | None
    seen: Vector
    fact: Fact

    def covers(self, key: str, fact: Fact) -> bool:
        """Whether it ends what `fact` stated of the path `key` (a rename may state what it ended)."""
        return (
            self.key in {None, key}
            and fact.seq <= self.seen.get(fact.stream, 0)
            and (fact.stream, fact.seq) != (self.fact.stream, self.fact.seq)
        )


def fold(
    library: str, item_id: str, facts: Iterable[Fact], cuts: Cuts | None = None, aliases: Iterable[str] = ()
) -> ItemState:
    """Return the state of one item, made of all facts about it that this node has applied.

    Duplicates are taken once; facts at or above a fork are left out. `aliases` are the item's other
    ids. `facts` may hold inventories that speak of other items too.
    """
    cuts = cuts or Cuts()
    ids = frozenset({item_id, *aliases})
    known = {
        (fact.stream, fact.seq): fact
        for fact in facts
        if fact.seq < cuts.forks.get(fact.stream, fact.seq + 1)
    }
    ordered = sorted(known.values(), key=lambda fact: fact.stamp)
    if not ordered:
        return ItemState(library=library, id=item_id)
    departures = _departures(ordered, cuts)
    statements, endings = _statements(ordered, ids), _endings(ordered)
    copies = _living(statements, endings)
    adders = _adders(ordered, ids, departures, endings)
    described = [item for fact in ordered if (item := _item_in(fact.body, ids))]
    version, folder, series_type = _placement(ordered, described, endings)
    owners, terms, takers = _ownership(ordered, departures)
    removals = [fact for fact in ordered if isinstance(fact.body, ItemRemoved)]
    gone = not (adders or copies) and bool(removals)
    return ItemState(
        library=library,
        id=item_id,
        item=described[-1] if described else None,
        folder=folder,
        series_type=series_type,
        version=version,
        copies=copies,
        ended={
            statement.key: statement.copy.path
            for statement in sorted(statements, key=lambda each: each.key)
            if statement.key not in copies
        },
        owners=owners,
        terms=terms,
        locks=_locks(ordered),
        adders=adders,
        left=_left(ordered, ids, departures),
        takers=takers,
        removed_by=removals[-1].node if gone else "",
        brought_by=_brought_by(ordered, copies, owners, adders),
        seen=_vector(ordered),
    )


def _departures(ordered: Iterable[Fact], cuts: Cuts) -> Mapping[str, Stamp]:
    """Return per node the stamp up to which it has given up its earlier statements of interest."""
    stamps = dict(cuts.left)
    for fact in ordered:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            stamps[fact.node] = max(fact.stamp, stamps.get(fact.node, fact.stamp))
    return stamps


def _item_in(body: Body, ids: Collection[str]) -> Item | None:
    match body:
        case ItemAdded() | FileImported():
            return body.item
        case LibraryFound():
            return next((found.item for found in body.items if found.item.id in ids), None)
        case _:
            return None


def _stated(body: Body, ids: Collection[str]) -> tuple[Copy, ...]:
    match body:
        case FileImported():
            return body.copies
        case FileRenamed():
            return tuple(renamed.new for renamed in body.files)
        case LibraryFound():
            return tuple(copy for found in body.items if found.item.id in ids for copy in found.copies)
        case _:
            return ()


def _statements(ordered: Iterable[Fact], ids: Collection[str]) -> list[_Statement]:
    return [
        _Statement(same_key(copy.path), copy, fact) for fact in ordered for copy in _stated(fact.body, ids)
    ]


def _endings(ordered: Iterable[Fact]) -> list[_Ending]:
    endings: list[_Ending] = []
    for fact in ordered:
        match fact.body:
            case FileImported(replaced=paths, seen=seen) | FileRemoved(paths=paths, seen=seen):
                endings += [_Ending(same_key(path), seen, fact) for path in paths]
            case FileRenamed(files=files, seen=seen):
                endings += [_Ending(same_key(renamed.old), seen, fact) for renamed in files]
            case ItemRemoved(seen=seen):
                endings.append(_Ending(None, seen, fact))
            case _:
                pass
    return endings


def _living(statements: Iterable[_Statement], endings: Iterable[_Ending]) -> dict[str, LivingCopy]:
    living: dict[str, LivingCopy] = {}
    ends = tuple(endings)
    for statement in statements:  # in stamp order: of two living statements of a path the later stays
        if not any(ending.covers(statement.key, statement.fact) for ending in ends):
            living[statement.key] = LivingCopy(statement.copy, statement.fact.node, statement.fact.stamp)
    return dict(sorted(living.items()))


def _adders(
    ordered: Iterable[Fact], ids: Collection[str], departures: Mapping[str, Stamp], endings: Iterable[_Ending]
) -> tuple[str, ...]:
    adders: dict[str, None] = {}
    for fact in ordered:
        if not isinstance(fact.body, ItemAdded | LibraryFound) or _item_in(fact.body, ids) is None:
            continue
        if _voided(fact, departures) or _is_removed(fact, endings):
            continue
        adders.setdefault(fact.node)
    return tuple(adders)


def _is_removed(fact: Fact, endings: Iterable[_Ending]) -> bool:
    return any(ending.key is None and ending.covers("", fact) for ending in endings)


def _voided(fact: Fact, departures: Mapping[str, Stamp]) -> bool:
    return fact.node in departures and fact.stamp < departures[fact.node]


def _left(ordered: Iterable[Fact], ids: Collection[str], departures: Mapping[str, Stamp]) -> frozenset[str]:
    back: set[str] = set()
    gone: set[str] = set()
    for fact in ordered:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            gone.add(fact.node)
        elif _item_in(fact.body, ids) is not None and not _voided(fact, departures):
            back.add(fact.node)
    return frozenset(gone - back)


def _placement(
    ordered: Iterable[Fact], described: list[Item], endings: Iterable[_Ending]
) -> tuple[int, str, str]:
    """Return (version, folder, series type): the highest version, then the latest stamp, of each.

    A change that a removal covers is over: an item added again lies where its new add says.
    """
    folder = described[-1].folder if described else ""
    series_type = described[-1].series_type if described else ""
    changes = [
        (fact.body.version, fact.stamp, fact) for fact in ordered if isinstance(fact.body, ItemChanged)
    ]
    changes.sort(key=lambda change: change[:2])
    for _, _, fact in changes:
        if isinstance(fact.body, ItemChanged) and not _is_removed(fact, endings):
            folder = fact.body.folder or folder
            series_type = fact.body.series_type or series_type
    return (changes[-1][0] if changes else 0, folder, series_type)


def _ownership(
    ordered: Iterable[Fact], departures: Mapping[str, Stamp]
) -> tuple[dict[str, Owner], dict[str, int], frozenset[str]]:
    owners: dict[str, Owner] = {}
    terms: dict[str, int] = defaultdict(int)
    takers: set[str] = set()
    for fact in ordered:
        match fact.body:
            case FileImported(term=term, copies=copies):
                units = tuple(dict.fromkeys(unit for copy in copies for unit in copy.units))
                claimed = False
            case UnitClaimed(term=term, units=units):
                claimed = True
            case _:
                continue
        takers.add(fact.node)
        for unit in units:
            terms[unit] = max(terms[unit], term)
            if not _voided(fact, departures):
                mine = Owner(fact.node, term, claimed, fact.stamp)
                owners[unit] = min(owners.get(unit, mine), mine, key=_claim_strength)
    return dict(sorted(owners.items())), dict(sorted(terms.items())), frozenset(takers)


def _claim_strength(owner: Owner) -> tuple[int, bool, Stamp]:
    return (-owner.term, owner.claimed, owner.stamp)


def _locks(ordered: Iterable[Fact]) -> dict[str, Lock]:
    mine: dict[tuple[str, str], Lock] = {}
    for fact in ordered:
        match fact.body:
            case UnitGrabbed(units=units):
                for unit in units:
                    since = mine[fact.node, unit].since if (fact.node, unit) in mine else fact.hlc
                    mine[fact.node, unit] = Lock(fact.node, since, fact.hlc)
            case UnitReleased(units=units):
                _release(mine, fact.node, units)
            case FileImported(copies=copies):
                _release(mine, fact.node, (unit for copy in copies for unit in copy.units))
            case _:
                pass
    locks: dict[str, Lock] = {}
    for (_, unit), lock in sorted(mine.items()):
        locks[unit] = min(locks.get(unit, lock), lock, key=lambda each: (each.since, each.node))
    return locks


def _release(locks: dict[tuple[str, str], Lock], node: str, units: Iterable[str]) -> None:
    for unit in units:
        locks.pop((node, unit), None)


def _brought_by(
    ordered: Iterable[Fact],
    copies: Mapping[str, LivingCopy],
    owners: Mapping[str, Owner],
    adders: tuple[str, ...],
) -> str:
    """Return the node the item is tagged with: who owns it, else who has a file, else who added it."""
    if copies and owners:
        return min(owners.values(), key=lambda owner: owner.stamp).node
    if copies:
        return min(copies.values(), key=lambda living: living.stamp).node
    return adders[0] if adders else next(iter(ordered)).node


def _vector(ordered: Iterable[Fact]) -> Vector:
    seen: Vector = {}
    for fact in ordered:
        seen[fact.stream] = max(fact.seq, seen.get(fact.stream, 0))
    return dict(sorted(seen.items()))
