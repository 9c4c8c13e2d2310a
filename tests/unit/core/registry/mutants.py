"""Folds that are wrong on purpose. The checks of `properties` have to find each of them out, and each check
is there for one of them at least.

`arrival_order` is the fold one would write first: whatever comes last wins. The others are the real
fold, given facts that say what the mistake would read in them.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from mesharr.core.events.schema import (
    Body,
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemAdded,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    UnitClaimed,
    UnitGrabbed,
    Vector,
)
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Cuts, Fact
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.ownership import Owner
from tests.unit.core import properties as checks
from tests.unit.core.properties import Check
from tests.unit.core.strategies import ID, LIBRARY, Fold, item, real_fold


def arrival_order(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    """Take facts as they come: the last import or claim owns, the last word on a path counts."""
    copies: dict[str, LivingCopy] = {}
    owners: dict[str, Owner] = {}
    adders: dict[str, None] = {}
    for fact in facts:
        match fact.body:
            case ItemAdded():
                adders[fact.node] = None
            case FileImported(copies=imported, replaced=replaced, term=term):
                for path in replaced:
                    copies.pop(same_key(path), None)
                for copy in imported:
                    copies[same_key(copy.path)] = LivingCopy(copy, fact.node, fact.stamp)
                    owners |= dict.fromkeys(copy.units, Owner(fact.node, term, False, fact.stamp))
            case FileRenamed(files=files):
                for renamed in files:
                    copies.pop(same_key(renamed.old), None)
                    copies[same_key(renamed.new.path)] = LivingCopy(renamed.new, fact.node, fact.stamp)
            case FileRemoved(paths=paths):
                for path in paths:
                    copies.pop(same_key(path), None)
            case ItemRemoved():
                copies, owners, adders = {}, {}, {}
            case UnitClaimed(units=units, term=term):
                owners |= dict.fromkeys(units, Owner(fact.node, term, True, fact.stamp))
            case _:
                pass
    return ItemState(library=LIBRARY, id=ID, item=item(), copies=copies, owners=owners, adders=tuple(adders))


def _reading(change: Callable[[Fact], Fact | None]) -> Fold:
    def fold(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
        return real_fold([read for fact in facts if (read := change(fact)) is not None], cuts)

    return fold


def _as(fact: Fact, body: Body) -> Fact:
    return msgspec.structs.replace(fact, body=body)


def _with(fact: Fact, **members: object) -> Fact:
    return _as(fact, msgspec.structs.replace(fact.body, **members))


def _seeing(see: Callable[[Vector, Vector], Vector]) -> Fold:
    """Read vectors otherwise: `see` gets one, and the one that names the last event of each stream."""

    def fold(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
        heads = {fact.stream: (fact.seq, fact.id) for fact in sorted(facts, key=lambda fact: fact.seq)}
        return real_fold(
            [_with(fact, seen=see(fact.body.seen, heads)) if _has_vector(fact) else fact for fact in facts],
            cuts,
        )

    return fold


def _has_vector(fact: Fact) -> bool:
    return "seen" in fact.body.__struct_fields__


def _everything(_seen: Vector, heads: Vector) -> Vector:
    return heads


def _numbers_alone(seen: Vector, heads: Vector) -> Vector:
    """A vector that names an event at or above a stream's last one has seen all of the stream."""
    return {
        stream: heads[stream] if stream in heads and seq >= heads[stream][0] else (seq, id_)
        for stream, (seq, id_) in seen.items()
    }


def _ending_ends_nothing(fact: Fact) -> Fact:
    return _with(fact, seen={}) if "seen" in fact.body.__struct_fields__ else fact


def _terms_do_not_count(fact: Fact) -> Fact:
    return _with(fact, term=1) if isinstance(fact.body, FileImported | UnitClaimed) else fact


def _nobody_is_named(fact: Fact) -> Fact:
    return _with(fact, over={}) if "over" in fact.body.__struct_fields__ else fact


def _moved_for_ever(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    """What once came from another library is pointed here for ever, also when it has gone back."""
    moves = [fact.body for fact in facts if isinstance(fact.body, ItemMoved)]
    came = tuple(sorted({move.library for move in moves if move.to == LIBRARY}))
    return msgspec.structs.replace(real_fold(facts, cuts), moved_from=came)


def _inventory_makes_owners(fact: Fact) -> Fact:
    if not isinstance(fact.body, LibraryFound):
        return fact
    found = next((found for found in fact.body.items if found.item.id == ID), None)
    if found is None:
        return fact
    return _as(fact, FileImported(library=LIBRARY, item=found.item, copies=found.copies, term=1))


def _leaving_ends_copies(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    left = ItemRemoved(library=LIBRARY, id=ID, seen={})
    heads = {fact.stream: (fact.seq, fact.id) for fact in sorted(facts, key=lambda fact: fact.seq)}
    left = msgspec.structs.replace(left, seen=heads)
    return real_fold([_as(fact, left) if isinstance(fact.body, ItemLeft) else fact for fact in facts], cuts)


def _leaving_voids_nothing(fact: Fact) -> Fact | None:
    return None if isinstance(fact.body, ItemLeft) else fact


def _a_renamed_file_has_both_names(fact: Fact) -> Fact:
    return _with(fact, seen={}) if isinstance(fact.body, FileRenamed) else fact


def _replaced_files_stay(fact: Fact) -> Fact:
    return _with(fact, replaced=()) if isinstance(fact.body, FileImported) else fact


def _a_rename_owns(fact: Fact) -> Fact:
    if not isinstance(fact.body, FileRenamed):
        return fact
    body = fact.body
    return _as(
        fact,
        FileImported(
            library=LIBRARY,
            item=item(),
            copies=tuple(renamed.new for renamed in body.files),
            replaced=tuple(renamed.old for renamed in body.files),
            term=1,
            seen=body.seen,
        ),
    )


def _grabs_are_ignored(fact: Fact) -> Fact | None:
    return None if isinstance(fact.body, UnitGrabbed) else fact


def _spelling_counts(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    stated = {copy.path for fact in facts for copy in getattr(fact.body, "copies", ())}

    def read(fact: Fact) -> Fact:
        if not isinstance(fact.body, FileRemoved):
            return fact
        return _with(fact, paths=tuple(path for path in fact.body.paths if path in stated))

    return _reading(read)(facts, cuts)


def _ends_only_what_came_before(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    known: set[tuple[str, int]] = set()
    read: list[Fact] = []
    for fact in facts:
        narrow = {stream: each for stream, each in fact.body.seen.items() if (stream, each[0]) in known}
        read.append(_with(fact, seen=narrow) if _has_vector(fact) else fact)
        known.add((fact.stream, fact.seq))
    return real_fold(read, cuts)


def _the_last_describes(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    ordered = sorted(facts, key=lambda fact: fact.stamp)
    said = [item for fact in ordered if (item := fact.body.item_in((ID,))) is not None]
    return msgspec.structs.replace(real_fold(facts, cuts), item=said[-1] if said else None)


def _forks_stay_in(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    return real_fold(facts, Cuts(left=cuts.left))


def _nodes_never_leave(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    return real_fold(facts, Cuts(forks=cuts.forks))


def _changing_owners(choose: Callable[[list[Owner]], Owner]) -> Fold:
    """Choose the owner of a unit in another way, among those nobody has given up."""

    def fold(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
        state = real_fold(facts, cuts)
        owners = {}
        for unit in state.owners:
            rivals = list(_rivals(facts, cuts, unit))
            owners[unit] = choose(rivals)
        return msgspec.structs.replace(state, owners=owners)

    return fold


def _rivals(facts: Sequence[Fact], cuts: Cuts, unit: str) -> Iterator[Owner]:
    for fact in facts:
        if not isinstance(fact.body, FileImported | UnitClaimed):
            continue
        others = [other for other in facts if not isinstance(other.body, FileImported | UnitClaimed)]
        alone = real_fold([*others, fact], cuts)
        if unit in alone.owners:
            yield alone.owners[unit]


def _leaving_voids_everybody(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    state = real_fold(facts, cuts)
    stamps = [fact.stamp for fact in facts if isinstance(fact.body, ItemLeft | ItemRemoved)]
    last = max(stamps, default=("", "", "", 0))
    owners = {unit: owner for unit, owner in state.owners.items() if owner.stamp > last}
    return msgspec.structs.replace(state, owners=owners)


def _owns_without_a_copy(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    return _Careless(**msgspec.structs.asdict(real_fold(facts, cuts)))


class _Careless(ItemState, frozen=True, kw_only=True):
    def owner_of(self, unit: str) -> str:
        owner = self.owners.get(unit)
        return owner.node if owner else ""


def _owner_is_who_was_heard_last(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    """Every unit belongs to whoever owns the one that was taken last: one node's silence changes all."""
    state = real_fold(facts, cuts)
    last = max(state.owners.values(), key=lambda owner: owner.stamp, default=None)
    owners = dict.fromkeys(state.owners, last) if last else {}
    return msgspec.structs.replace(state, owners=owners)


def _removed_for_ever(facts: Sequence[Fact], cuts: Cuts) -> ItemState:
    state = real_fold(facts, cuts)
    removed = any(isinstance(fact.body, ItemRemoved) for fact in facts)
    return msgspec.structs.replace(state, copies={}, adders=()) if removed else state


class Mutant(msgspec.Struct, frozen=True):
    """A wrong fold, and the check that is there to find it out."""

    fold: Fold
    found_by: Check


def _terms_then(key: Callable[[Owner], tuple[object, ...]]) -> Fold:
    return _changing_owners(lambda owners: min(owners, key=lambda owner: (-owner.term, *key(owner))))


def _latest_first(owners: list[Owner]) -> Owner:
    latest = sorted(owners, key=lambda owner: owner.stamp, reverse=True)
    return min(latest, key=lambda owner: (-owner.term, owner.claimed))


MUTANTS: dict[str, Mutant] = {
    "the naive fold, in order of arrival": Mutant(arrival_order, checks.any_order_gives_the_same_bytes),
    "the naive fold, and a prefix": Mutant(
        arrival_order, checks.a_prefix_of_each_stream_and_then_the_rest_give_the_same_bytes
    ),
    "an ending ignores its vector": Mutant(
        _seeing(_everything), checks.a_removal_that_saw_nothing_ends_nothing
    ),
    "a number proves what its author had seen": Mutant(
        _seeing(_numbers_alone), checks.a_vector_that_lies_ends_nothing
    ),
    "an ending ends nothing": Mutant(
        _reading(_ending_ends_nothing), checks.a_path_lives_while_a_statement_of_it_is_not_ended
    ),
    "an ending ends only what came before it": Mutant(
        _ends_only_what_came_before, checks.a_path_lives_while_a_statement_of_it_is_not_ended
    ),
    "terms do not count": Mutant(
        _reading(_terms_do_not_count), checks.what_a_node_does_holds_in_its_own_view
    ),
    "the latest owns, by its clock": Mutant(
        _changing_owners(lambda owners: max(owners, key=lambda owner: owner.stamp)),
        checks.the_highest_term_owns_then_an_import_then_the_earliest,
    ),
    "equal terms: the first to arrive": Mutant(
        _terms_then(lambda _: ()), checks.any_order_gives_the_same_bytes
    ),
    "equal terms: the latest": Mutant(
        _changing_owners(_latest_first), checks.the_highest_term_owns_then_an_import_then_the_earliest
    ),
    "equal terms: a claim before an import": Mutant(
        _terms_then(lambda owner: (not owner.claimed, owner.stamp)),
        checks.the_highest_term_owns_then_an_import_then_the_earliest,
    ),
    "the highest number there is owns for ever": Mutant(
        _reading(_nobody_is_named), checks.a_jump_is_beaten_by_one_ordinary_claim
    ),
    "what moved is moved for ever": Mutant(_moved_for_ever, checks.what_a_node_does_holds_in_its_own_view),
    "an inventory makes owners": Mutant(
        _reading(_inventory_makes_owners), checks.an_inventory_never_makes_an_owner
    ),
    "leaving voids what others said": Mutant(
        _leaving_voids_everybody, checks.who_departs_gives_up_only_what_is_its_own
    ),
    "a departure here voids what is not received": Mutant(
        _leaving_voids_everybody, checks.the_highest_term_owns_then_an_import_then_the_earliest
    ),
    "leaving voids nothing": Mutant(
        _reading(_leaving_voids_nothing), checks.who_departs_gives_up_only_what_is_its_own
    ),
    "leaving ends copies": Mutant(_leaving_ends_copies, checks.who_departs_gives_up_only_what_is_its_own),
    "a node that left the mesh still owns": Mutant(
        _nodes_never_leave, checks.who_departs_gives_up_only_what_is_its_own
    ),
    "a renamed file has both names": Mutant(
        _reading(_a_renamed_file_has_both_names), checks.what_a_node_does_holds_in_its_own_view
    ),
    "a replaced file stays": Mutant(
        _reading(_replaced_files_stay), checks.what_a_node_does_holds_in_its_own_view
    ),
    "a rename makes an owner": Mutant(
        _reading(_a_rename_owns), checks.what_a_node_does_holds_in_its_own_view
    ),
    "what was removed stays removed": Mutant(_removed_for_ever, checks.what_is_stated_after_a_removal_lives),
    "case makes another path": Mutant(_spelling_counts, checks.other_spellings_are_the_same_path),
    "who speaks last describes": Mutant(_the_last_describes, checks.a_third_party_describes_nothing),
    "the branches of a fork stay": Mutant(
        _forks_stay_in, checks.a_fork_is_out_of_the_fold_whichever_branch_came_first
    ),
    "a copy is not needed to own": Mutant(_owns_without_a_copy, checks.an_owner_needs_a_copy_to_own),
    "who is not received owns nothing of others": Mutant(
        _owner_is_who_was_heard_last, checks.a_node_unheard_of_changes_no_owner_whose_event_is_there
    ),
    "a missing stream changes owners": Mutant(
        _owner_is_who_was_heard_last,
        checks.a_missing_stream_changes_an_owner_only_by_what_its_author_gave_up_there,
    ),
    "grabs are ignored": Mutant(
        _reading(_grabs_are_ignored), checks.grabs_stand_in_the_order_they_began_until_they_are_over
    ),
}
