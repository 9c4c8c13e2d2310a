"""Fold the events about an item into its state, the registry.

The fold is a pure function of a set of events. Nothing here depends on the order in which events arrive:
`fold` sorts them by stamp, and each rule reads the whole set. So two nodes with the same events have the same
registry, byte for byte, whatever they received first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from mesharr.core.events.base import PLACE
from mesharr.core.events.schema import (
    Copy,
    Item,
    ItemAdded,
    ItemChanged,
    ItemLeft,
    ItemRemoved,
    LibraryFound,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.paths import same_key
from mesharr.core.registry.bounds import bounded, together
from mesharr.core.registry.endings import Ending, Endings
from mesharr.core.registry.facts import Cuts, Fact, Stamp, voided
from mesharr.core.registry.identity.description import changes_of, described_by
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.origins import stated_with_origins
from mesharr.core.registry.ownership import Owner, locks, ownership, upgrading
from mesharr.core.registry.places import handed_over, moved_between, standing
from mesharr.core.registry.proofs import Proofs, vector_of
from mesharr.core.registry.supersede import Superseded, at_maximum, heads_of, superseded

FOLD: Final = 12
"""The version of the fold, raised when the same events make another state: because of a rule here, or because
a body is read or checked differently. Then a node folds all its items again
(`mesharr.node.inward.streams.refold`). A new type of event does not raise it.
"""


class _Statement(msgspec.Struct, frozen=True, gc=False):
    """An event that states a copy at the path with this key."""

    key: str
    copy: Copy
    fact: Fact
    origin: str = ""
    """The node that brought the file, when another one renamed it."""

    @property
    def is_respelling(self) -> bool:
        """Whether only the spelling of the path is new.

        What lives beside it is another file, of which the author did not know: it would have ended.
        """
        old = self.fact.body.old_paths().get(self.copy.path, self.copy.path)
        return old != self.copy.path and same_key(old) == self.key


def fold(
    library: str,
    item_id: str,
    facts: Iterable[Fact],
    cuts: Cuts | None = None,
    aliases: Iterable[str] = (),
    left_out: Mapping[str, int] | None = None,
) -> ItemState:
    """Return the state of one item, made of all events about it that this node has applied.

    An event given twice counts once; events at or above a fork do not count. `aliases` are the item's other
    ids. `facts` may contain inventories that describe other items too. `left_out` counts by stream the events
    that are not among them, because the stream states too much of the item.
    """
    cuts = cuts or Cuts()
    ordered, too_many = bounded(_ordered(facts, cuts))
    if not ordered:
        return ItemState(library=library, id=item_id, ids=tuple(sorted({item_id, *aliases})))
    state = _folded(library, item_id, ordered, cuts, frozenset({item_id, *aliases}))
    beyond = together(left_out or {}, too_many)
    return msgspec.structs.replace(state, left_out=beyond) if beyond else state


def stated_by(item_id: str, facts: Iterable[Fact], cuts: Cuts) -> frozenset[str]:
    """Return the nodes of which an add, an inventory entry or a copy of an item counts.

    A copy is that of who brought it and of who renamed it. That is judged by the events about this one id,
    whatever ids are said to be one with it.
    """
    ordered, _ = bounded(_ordered(facts, cuts))
    known = _living(ordered, cuts, frozenset({item_id}))
    return frozenset((*known.authors, *(each.fact.node for each in known.unended)))


class _Living(msgspec.Struct, frozen=True):
    """What of the statements of an item counts still."""

    departures: Mapping[str, Stamp]
    proofs: Proofs
    statements: list[_Statement]
    """All of them."""
    endings: Endings
    unended: list[_Statement]
    """Those that no event has ended."""
    adds: list[Fact]
    """The adds and inventories that list the item still, by stamp."""

    @property
    def adders(self) -> tuple[str, ...]:
        """The nodes whose app lists the item."""
        return tuple(dict.fromkeys(fact.node for fact in self.adds))

    @property
    def authors(self) -> tuple[str, ...]:
        """The nodes that brought what counts, those of copies first."""
        return (*(each.origin or each.fact.node for each in self.unended), *self.adders)

    def stated_ids(self, ids: Collection[str]) -> frozenset[str]:
        """Return under which of the item's ids what counts is stated."""
        if len(ids) == 1:
            return frozenset(ids if self.adds or self.unended else ())
        facts = {
            (fact.stream, fact.seq): fact for fact in (*self.adds, *(each.fact for each in self.unended))
        }
        stated = (id_ for fact in facts.values() for _, id_ in fact.body.touched_items())
        return frozenset(stated).intersection(ids)


def _living(ordered: list[Fact], cuts: Cuts, ids: Collection[str]) -> _Living:
    departures = _departures(ordered, cuts)
    proofs = Proofs(ordered)
    statements = _statements(ordered, ids, proofs)
    endings = Endings(_endings(ordered, proofs, cuts.forgotten))
    unended = [each for each in statements if not endings.cover(each.key, each.fact)]
    adds = _living_adds(ordered, ids, departures, endings)
    return _Living(departures, proofs, statements, endings, unended, adds)


def _folded(library: str, item_id: str, ordered: list[Fact], cuts: Cuts, ids: Collection[str]) -> ItemState:
    known = _living(ordered, cuts, ids)
    departures, proofs, endings = known.departures, known.proofs, known.endings
    unended, adds, adders = known.unended, known.adds, known.adders
    # by stamp: of two living statements of a path the later one stays, and an import rather than a spelling
    by_rank = sorted(unended, key=lambda statement: not statement.is_respelling)
    living = dict(sorted({statement.key: statement for statement in by_rank}.items()))
    copies = {key: _copy_of(statement) for key, statement in living.items()}
    with_a_file = {unit for statement in living.values() for unit in statement.copy.units}
    described = described_by(known.authors, ordered, ids, item_id)
    maximum = at_maximum(ordered)
    beaten = superseded(ordered, maximum)
    changes = changes_of(ordered, ids, described.author, living)
    placement = _placement(changes, described.item, endings, beaten)
    owned = ownership(ordered, departures, beaten)
    moved_to, moved_from = moved_between(ordered, library)
    ended = _ended(known.statements, copies)
    return ItemState(
        library=library,
        id=described.id,
        ids=tuple(sorted(ids)),
        stated_ids=known.stated_ids(ids),
        item=described.item,
        folder=placement.folder,
        standing=standing(
            (each.fact for each in living.values() if each.key.startswith(same_key(f"{placement.folder}/"))),
            [*adds, *placement.moved_by],
            described.id,
        ),
        series_type=placement.series_type,
        series_type_version=placement.series_type_version,
        series_type_by=placement.series_type_by,
        version=placement.version,
        copies=copies,
        ended=ended,
        handed_over=handed_over(ordered, ended),
        former_spellings=_former_spellings(endings.all, copies),
        concurrent_endings=_concurrent_endings(living, known.statements, endings, proofs),
        owners=owned.owners,
        upgrading=upgrading(ordered, owned.owners, ids, with_a_file),
        terms=owned.terms,
        events_at_maximum=heads_of(maximum, beaten),
        locks=locks(ordered, departures),
        owner_changes=owned.owner_changes,
        adders=adders,
        left_by=_left_by(ordered, ids, departures),
        contributors=owned.contributors,
        removed_by="" if adders or copies else _last_remover(ordered),
        moved_to=moved_to,
        moved_from=moved_from,
        origin=_origin(ordered, copies, owned.owners, adders),
        seen=vector_of(ordered, [*(each.fact for each in unended), *adds]),
    )


def _ordered(facts: Iterable[Fact], cuts: Cuts) -> list[Fact]:
    """Return each event below the forks once, by stamp."""
    known = {
        (fact.stream, fact.seq): fact
        for fact in facts
        if fact.seq < cuts.forks.get(fact.stream, fact.seq + 1)
    }
    return sorted(known.values(), key=lambda fact: fact.stamp)


def _departures(ordered: Iterable[Fact], cuts: Cuts) -> Mapping[str, Stamp]:
    """Return by node the stamp up to which it has withdrawn its adds, grabs and ownership."""
    stamps = dict(cuts.left)
    for fact in ordered:
        if isinstance(fact.body, ItemLeft | ItemRemoved):
            stamps[fact.node] = max(fact.stamp, stamps.get(fact.node, fact.stamp))
    return stamps


def _statements(ordered: Sequence[Fact], ids: Collection[str], proofs: Proofs) -> list[_Statement]:
    return [
        _Statement(key, copy, fact, origin if origin != fact.node else "")
        for fact, key, copy, origin in stated_with_origins(ordered, ids, proofs)
    ]


def _endings(ordered: Iterable[Fact], proofs: Proofs, forgotten: Mapping[str, int]) -> list[Ending]:
    """Return the endings of all events.

    A forgotten one covers nothing. It is concurrent with what it ended, so whose file that is looks for it.
    """
    endings: list[Ending] = []
    for fact in ordered:
        body = fact.body
        seen = proofs.seen_by(fact) if fact.seq > forgotten.get(fact.stream, 0) else {}
        endings += [Ending(same_key(path), seen, fact, path) for path in body.ended_paths()]
        if isinstance(body, ItemRemoved):
            endings.append(Ending(None, seen, fact))
    return endings


def _ended(statements: Iterable[_Statement], copies: Collection[str]) -> dict[str, str]:
    """Return the paths of copies that were stated and have ended, by key."""
    by_key = sorted(statements, key=lambda each: each.key)
    return {statement.key: statement.copy.path for statement in by_key if statement.key not in copies}


def _former_spellings(
    endings: Iterable[Ending], copies: Mapping[str, LivingCopy]
) -> dict[str, tuple[str, ...]]:
    """Return the ended spellings of the paths of living copies, by key."""
    found: dict[str, set[str]] = defaultdict(set)
    for ending in endings:
        key = ending.key or ""
        if key in copies and ending.path != copies[key].copy.path:
            found[key].add(ending.path)
    return {key: tuple(sorted(paths)) for key, paths in sorted(found.items())}


def _copy_of(statement: _Statement) -> LivingCopy:
    return LivingCopy(statement.copy, statement.fact.node, statement.fact.stamp, statement.origin)


def _concurrent_endings(
    living: Mapping[str, _Statement], statements: Iterable[_Statement], endings: Endings, proofs: Proofs
) -> dict[str, str]:
    """Return when another stream ended the path of each living copy unseen, by key.

    Who states a file of that size there, as several do who find one file overwritten, ends no other file.
    """
    disputed: dict[str, Fact] = {}
    for key, statement in living.items():
        ending = endings.concurrent_with(key, statement.fact, proofs.seen_by(statement.fact))
        if ending is not None:
            disputed[key] = ending
    if not disputed:
        return {}
    stated = {(each.fact.stream, each.fact.seq, each.key, each.copy.size) for each in statements}
    return {
        key: ending.hlc
        for key, ending in disputed.items()
        if (ending.stream, ending.seq, key, living[key].copy.size) not in stated
    }


def _living_adds(
    ordered: Iterable[Fact], ids: Collection[str], departures: Mapping[str, Stamp], endings: Endings
) -> list[Fact]:
    """Return the adds and inventories that list the item still, by stamp."""
    return [
        fact
        for fact in ordered
        if isinstance(fact.body, ItemAdded | LibraryFound) and fact.body.item_in(ids) is not None
        if not voided(fact, departures) and not endings.remove(fact)
    ]


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


def _last_remover(ordered: Iterable[Fact]) -> str:
    """Return the node that removed the item last, "" when nobody did."""
    removers = [fact.node for fact in ordered if isinstance(fact.body, ItemRemoved)]
    return removers[-1] if removers else ""


class _Placement(msgspec.Struct):
    """The folder and the series type of an item; fields as in `ItemState`."""

    folder: str = ""
    series_type: str = ""
    series_type_version: int = 0
    series_type_by: str = ""
    version: int = 0
    moved_by: tuple[Fact, ...] = ()
    """The change that states the folder, where one does."""


def _placement(
    changes: Iterable[Fact], described: Item | None, endings: Endings, beaten: Superseded
) -> _Placement:
    """Return folder and series type of an item, each by the last change that states it.

    A change that a removal covers does not count: an item added again is where its new add describes it.
    """
    placement = _Placement(described.folder, described.series_type) if described else _Placement()
    for fact in changes:
        version = fact.body.rank
        if version < MAX_TERM:
            placement.version = version
        if (fact.stream, fact.seq, PLACE) in beaten or endings.remove(fact):
            continue
        if isinstance(fact.body, ItemChanged):
            if fact.body.folder:
                placement.folder, placement.moved_by = fact.body.folder, (fact,)
            if fact.body.series_type:
                placement.series_type, placement.series_type_version = fact.body.series_type, version
                placement.series_type_by = fact.node
    return placement


def _origin(
    ordered: Iterable[Fact],
    copies: Mapping[str, LivingCopy],
    owners: Mapping[str, Owner],
    adders: tuple[str, ...],
) -> str:
    """Return the node the item is tagged with: the owner, else a file's node, else the adder."""
    if copies and owners:
        return min(owners.values(), key=lambda owner: owner.stamp).node
    if copies:
        return min(copies.values(), key=lambda living: living.stamp).node
    return adders[0] if adders else next(iter(ordered)).node
