"""The registry: what the mesh holds of an item, as a pure function of the set of facts about it.

Nothing here depends on the order in which facts arrive: `fold` sorts what it is given by stamp, and
each rule reads the whole set. So two nodes that hold the same events hold the same registry, byte
for byte, whatever they heard first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Final

import msgspec

from mesharr.core.events.base import PLACE
from mesharr.core.events.schema import (
    Copy,
    Heads,
    Item,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    Vector,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Cuts, Fact, Stamp, voided
from mesharr.core.registry.ownership import Lock, Owner, locks, ownership
from mesharr.core.registry.supersede import Superseded, at_maximum, heads_of, superseded

FOLD: Final = 1
"""The version of the fold. It is raised when the same events make another item, be it that a body is read or
believed otherwise: then a node folds all its items again (`mesharr.node.inward.refold`). A new type needs
none.
"""


class LivingCopy(msgspec.Struct, frozen=True):
    """A copy nothing has ended, and who stated it last."""

    copy: Copy
    node: str
    stamp: Stamp


class ItemState(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the mesh holds of one item: the fold of all events about it."""

    library: str
    id: str
    """The id under which the item is known now."""
    item: Item | None = None
    """The newest description of the item, None when no event describes it."""
    folder: str = ""
    series_type: str = ""
    series_type_version: int = 0
    """The version of the last change of the series type, 0 when it was never changed."""
    series_type_by: str = ""
    """The node that published that change."""
    version: int = 0
    """The highest version, below the maximum, of a change of folder or series type."""
    copies: Mapping[str, LivingCopy] = {}
    """The living copies, by `same_key` of their path."""
    ended: Mapping[str, str] = {}
    """The paths of copies that were stated and have ended, by `same_key`."""
    concurrent_endings: Mapping[str, str] = {}
    """By the key of a living copy, when (HLC) another stream ended its path, neither author knowing of the
    other's event.
    """
    owners: Mapping[str, Owner] = {}
    """The owner of each unit."""
    terms: Mapping[str, int] = {}
    """The highest term, below the maximum, of each unit."""
    events_at_maximum: Heads = {}
    """The events at the maximum term that an import, a claim or a change has to name in `over`
    (`mesharr.core.registry.supersede`).
    """
    locks: Mapping[str, tuple[Lock, ...]] = {}
    """The grabs of each unit that were not ended, the first one first."""
    owner_changes: Mapping[str, tuple[str, ...]] = {}
    """When (HLC) claims last took each unit from another owner, oldest first."""
    adders: tuple[str, ...] = ()
    """The nodes whose app lists the item, as far as they published an add or an inventory."""
    left_by: frozenset[str] = frozenset()
    """The nodes whose app no longer lists the item."""
    contributors: frozenset[str] = frozenset()
    """The nodes that ever imported or claimed a unit of the item."""
    removed_by: str = ""
    """The node whose removal made the item go, "" while the item is present or was never removed."""
    moved_to: str = ""
    """The library that the item went to, "" when it is here."""
    moved_from: tuple[str, ...] = ()
    """The libraries that the item came from, and did not go back to."""
    origin: str = ""
    """The node that the item is tagged with: its owner, else who has a file, else who added it."""
    seen: Vector = {}
    """By stream the highest seq of the events that this state is made of."""

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
        return owner.node if owner and unit in self._with_a_file else ""

    @cached_property
    def _with_a_file(self) -> frozenset[str]:
        # A series is asked for the owner of each of its units.
        return frozenset(unit for living in self.copies.values() for unit in living.copy.units)

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

    def doubts(self, fact: Fact) -> bool:
        """Whether it ended what `fact` speaks of while their authors did not know of each other's."""
        known = fact.body.seen.get(self.fact.stream, 0)
        unknown = fact.seq > self.seen.get(fact.stream, 0)
        return fact.stream != self.fact.stream and unknown and self.fact.seq > known


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
    living = _living(statements, endings)
    copies = {key: _copy_of(statement) for key, statement in living.items()}
    adders = _adders(ordered, ids, departures, endings)
    described = [item for fact in ordered if (item := fact.body.item_in(ids))]
    top = at_maximum(ordered)
    beaten = superseded(ordered, top)
    placement = _placement(ordered, described, endings, beaten)
    owned = ownership(ordered, departures, beaten)
    removals = [fact for fact in ordered if isinstance(fact.body, ItemRemoved)]
    gone = not (adders or copies) and bool(removals)
    moved_to, moved_from = _moved(ordered, library)
    names = [fact.body.alias for fact in ordered if isinstance(fact.body, ItemAliased)]
    aliased = [name for name in names if name in ids]  # else it is not believed to be one of its ids
    return ItemState(
        library=library,
        id=aliased[-1] if aliased else item_id,
        item=described[-1] if described else None,
        folder=placement.folder,
        series_type=placement.series_type,
        series_type_version=placement.series_type_version,
        series_type_by=placement.series_type_by,
        version=placement.version,
        copies=copies,
        ended={
            statement.key: statement.copy.path
            for statement in sorted(statements, key=lambda each: each.key)
            if statement.key not in copies
        },
        concurrent_endings=_concurrent_endings(living, endings),
        owners=owned.owners,
        terms=owned.terms,
        events_at_maximum=heads_of(top, beaten),
        locks=locks(ordered, departures),
        owner_changes=owned.owner_changes,
        adders=adders,
        left_by=_left_by(ordered, ids, departures),
        contributors=owned.contributors,
        removed_by=removals[-1].node if gone else "",
        moved_to=moved_to,
        moved_from=moved_from,
        origin=_origin(ordered, copies, owned.owners, adders),
        seen=_vector(ordered),
    )


def _departures(ordered: Iterable[Fact], cuts: Cuts) -> Mapping[str, Stamp]:
    """Return per node the stamp up to which it has given up its earlier statements of interest."""
    stamps = dict(cuts.left)
    for fact in ordered:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            stamps[fact.node] = max(fact.stamp, stamps.get(fact.node, fact.stamp))
    return stamps


def _statements(ordered: Iterable[Fact], ids: Collection[str]) -> list[_Statement]:
    return [
        _Statement(same_key(copy.path), copy, fact)
        for fact in ordered
        for copy in fact.body.stated_copies_of(ids)
    ]


def _endings(ordered: Iterable[Fact]) -> list[_Ending]:
    endings: list[_Ending] = []
    for fact in ordered:
        body = fact.body
        endings += [_Ending(same_key(path), body.seen, fact) for path in body.ended_paths()]
        if isinstance(body, ItemRemoved):
            endings.append(_Ending(None, body.seen, fact))
    return endings


def _living(statements: Iterable[_Statement], endings: Iterable[_Ending]) -> dict[str, _Statement]:
    living: dict[str, _Statement] = {}
    of: dict[str | None, list[_Ending]] = defaultdict(list)
    for ending in endings:
        of[ending.key].append(ending)
    whole = of[None]
    for statement in statements:  # in stamp order: of two living statements of a path the later stays
        ends = (*of.get(statement.key, ()), *whole)
        if not any(ending.covers(statement.key, statement.fact) for ending in ends):
            living[statement.key] = statement
    return dict(sorted(living.items()))


def _copy_of(statement: _Statement) -> LivingCopy:
    return LivingCopy(statement.copy, statement.fact.node, statement.fact.stamp)


def _concurrent_endings(living: Mapping[str, _Statement], endings: Iterable[_Ending]) -> dict[str, str]:
    doubted: dict[str, str] = {}
    for ending in endings:  # in stamp order: the newest stays
        for key in living if ending.key is None else living.keys() & {ending.key}:
            if ending.doubts(living[key].fact):
                doubted[key] = ending.fact.hlc
    return dict(sorted(doubted.items()))


def _adders(
    ordered: Iterable[Fact], ids: Collection[str], departures: Mapping[str, Stamp], endings: Iterable[_Ending]
) -> tuple[str, ...]:
    adders: dict[str, None] = {}
    whole = [ending for ending in endings if ending.key is None]
    for fact in ordered:
        if not isinstance(fact.body, ItemAdded | LibraryFound) or fact.body.item_in(ids) is None:
            continue
        if voided(fact, departures) or _is_removed(fact, whole):
            continue
        adders.setdefault(fact.node)
    return tuple(adders)


def _is_removed(fact: Fact, endings: Iterable[_Ending]) -> bool:
    """Whether one of these endings of the whole item covers a fact."""
    return any(ending.covers("", fact) for ending in endings)


def _left_by(
    ordered: Iterable[Fact], ids: Collection[str], departures: Mapping[str, Stamp]
) -> frozenset[str]:
    back: set[str] = set()
    gone: set[str] = set()
    for fact in ordered:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            gone.add(fact.node)
        elif fact.body.item_in(ids) is not None and not voided(fact, departures):
            back.add(fact.node)
    return frozenset(gone - back)


class _Placement(msgspec.Struct):
    """Where an item lies and what it is; members as in `ItemState`."""

    folder: str = ""
    series_type: str = ""
    series_type_version: int = 0
    series_type_by: str = ""
    version: int = 0


def _placement(
    ordered: Iterable[Fact], described: list[Item], endings: Iterable[_Ending], beaten: Superseded
) -> _Placement:
    """Return folder and series type: of each the highest version, then the latest stamp.

    A change that a removal covers is over: an item added again lies where its new add says.
    """
    placement = _Placement(described[-1].folder, described[-1].series_type) if described else _Placement()
    changes = [
        (fact.body.version, fact.stamp, fact) for fact in ordered if isinstance(fact.body, ItemChanged)
    ]
    changes.sort(key=lambda change: change[:2])
    whole = [ending for ending in endings if ending.key is None]
    for version, _, fact in changes:
        if version < MAX_TERM:
            placement.version = version
        if (fact.stream, fact.seq, PLACE) in beaten or _is_removed(fact, whole):
            continue
        if isinstance(fact.body, ItemChanged):
            placement.folder = fact.body.folder or placement.folder
            if fact.body.series_type:
                placement.series_type, placement.series_type_version = fact.body.series_type, version
                placement.series_type_by = fact.node
    return placement


def _moved(ordered: Iterable[Fact], library: str) -> tuple[str, tuple[str, ...]]:
    """Return where the item went from here, and from where it came; the last move between two counts."""
    ways: dict[str, bool] = {}
    for fact in ordered:
        if isinstance(fact.body, ItemMoved):
            here = fact.body.library == library
            other = fact.body.to if here else fact.body.library
            ways.pop(other, None)
            ways[other] = here
    went = [other for other, away in ways.items() if away]
    return went[-1] if went else "", tuple(sorted(other for other, away in ways.items() if not away))


def _origin(
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
