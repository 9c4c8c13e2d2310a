"""The registry holds the same of the same facts, and what it holds is what the facts say."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemRemoved,
    LibraryFound,
    Renamed,
    UnitClaimed,
    Vector,
)
from mesharr.core.hlc import text_of
from mesharr.core.registry.conflicts import conflicts
from mesharr.core.registry.facts import Cuts, Fact
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.properties import CHECKS, Check, a_vector_that_lies_ends_nothing
from tests.unit.core.registry.mutants import MUTANTS
from tests.unit.core.strategies import (
    ALIAS,
    ID,
    LIBRARY,
    World,
    copy_at,
    event_id,
    heaps,
    item,
    random_world,
    real_fold,
    worlds,
)

A = "alice-00000001.00000001"
B = "bob-00000002.00000001"
C = "carol-00000003.00000001"
ALICE, BOB, CAROL = (stream.rpartition(".")[0] for stream in (A, B, C))
ENOUGH_WORLDS = 600
"""Far more than any mutant survives: the slowest to be found out takes a tenth."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@settings(max_examples=30)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_of_worlds_whose_nodes_act_on_what_they_know(check: Check, world: World, seed: int) -> None:
    check(real_fold, world, Random(seed))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@settings(max_examples=20)
@given(world=heaps(), seed=st.integers(0, 2**32))
def test_of_heaps_of_facts_nobody_would_state(check: Check, world: World, seed: int) -> None:
    check(real_fold, world, Random(seed))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_of_long_worlds_that_are_the_same_every_time(check: Check) -> None:
    for seed in range(120):
        check(real_fold, random_world(Random(seed)), Random(seed))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fold_that_is_wrong_is_found_out(name: str) -> None:
    mutant = MUTANTS[name]
    for seed in range(ENOUGH_WORLDS):
        try:
            mutant.found_by(mutant.fold, random_world(Random(seed)), Random(seed))
        except (AssertionError, KeyError):
            return
    pytest.fail(f"{name}: {mutant.found_by.__name__} does not find it out in {ENOUGH_WORLDS} worlds")


def test_each_check_is_there_for_a_wrong_fold_it_finds_out() -> None:
    assert {mutant.found_by for mutant in MUTANTS.values()} == set(CHECKS)


def test_worlds_hold_every_kind_of_fact_and_every_conflict() -> None:
    said: dict[type[Body], int] = {}
    rivals = 0
    for seed in range(150):
        world = random_world(Random(seed))
        for event in world.events:
            said[type(event.body)] = said.get(type(event.body), 0) + 1
        rivals += any(len(_at_highest_term(world, unit)) > 1 for unit in ("1:1", "1:2", "1:3"))
    assert min(said.values()) >= 5
    assert len(said) == 14
    assert rivals >= 5


def _at_highest_term(world: World, unit: str) -> set[str]:
    terms: dict[int, set[str]] = {}
    for fact in world.facts:
        if isinstance(fact.body, FileImported) and any(unit in copy.units for copy in fact.body.copies):
            terms.setdefault(fact.body.term, set()).add(fact.node)
    return terms[max(terms)] if terms else set()


# -- by name


def at(stream: str, seq: int, body: Body, minute: int = 0) -> Fact:
    """Return a fact; minute 0 is as many minutes after the start as its seq says."""
    clock = text_of(1_764_000_000_000 + (minute or seq) * 60_000)
    return Fact(stream, seq, clock, body, event_id(stream, seq))


def saw(events: Mapping[str, int]) -> Vector:
    """Return the vector that names these events."""
    return {stream: (seq, event_id(stream, seq)) for stream, seq in events.items()}


def added(folder: str = "S") -> Body:
    return ItemAdded(library=LIBRARY, item=item(folder))


def imported(
    *copies: Copy, term: int = 1, replaced: tuple[str, ...] = (), seen: Vector | None = None
) -> Body:
    return FileImported(
        library=LIBRARY, item=item(), copies=copies, term=term, replaced=replaced, seen=seen or {}
    )


def renamed(old: str, new: Copy, seen: Vector) -> Body:
    return FileRenamed(library=LIBRARY, id=ID, files=(Renamed(old=old, new=new),), seen=seen)


def removed_file(path: str, seen: Vector) -> Body:
    return FileRemoved(library=LIBRARY, id=ID, paths=(path,), seen=seen)


def removed(seen: Vector) -> Body:
    return ItemRemoved(library=LIBRARY, id=ID, seen=seen)


def left() -> Body:
    return ItemLeft(library=LIBRARY, id=ID)


def changed(folder: str, version: int) -> Body:
    return ItemChanged(library=LIBRARY, id=ID, folder=folder, version=version)


def claimed(*units: str, term: int) -> Body:
    return UnitClaimed(library=LIBRARY, id=ID, units=units, term=term)


def found(*copies: Copy, folder: str = "S") -> Body:
    return LibraryFound(library=LIBRARY, items=(Found(item=item(folder), copies=copies),))


def state_of(*facts: Fact, cuts: Cuts | None = None) -> ItemState:
    return fold(LIBRARY, ID, facts, cuts)


def paths(state: ItemState) -> list[str]:
    return [living.copy.path for living in state.copies.values()]


def test_nothing_is_known_of_an_item_nobody_spoke_of() -> None:
    state = fold(LIBRARY, ID, ())
    assert not state.present
    assert state == ItemState(library=LIBRARY, id=ID, ids=(ID,))


def test_the_highest_term_owns_whatever_the_clocks_say() -> None:
    early_and_higher = at(B, 1, imported(copy_at("S/b.mkv"), term=2), minute=1)
    late_and_lower = at(A, 1, imported(copy_at("S/a.mkv"), term=1), minute=9)
    assert state_of(late_and_lower, early_and_higher).owner_of("1:1") == BOB


def test_at_equal_terms_an_import_is_before_an_earlier_claim() -> None:
    claim = at(B, 1, claimed("1:1", term=3), minute=1)
    imports = at(A, 1, imported(copy_at("S/a.mkv"), term=3), minute=9)
    assert state_of(claim, imports).owner_of("1:1") == ALICE


def test_at_equal_terms_the_earliest_import_owns() -> None:
    one = at(A, 1, imported(copy_at("S/a.mkv")), minute=9)
    two = at(B, 1, imported(copy_at("S/b.mkv")), minute=2)
    assert state_of(one, two).owner_of("1:1") == BOB


def test_at_equal_terms_and_clocks_the_name_decides() -> None:
    one = at(A, 1, imported(copy_at("S/a.mkv")), minute=2)
    two = at(B, 1, imported(copy_at("S/b.mkv")), minute=2)
    assert state_of(two, one).owner_of("1:1") == ALICE


def test_each_unit_of_a_file_of_two_has_its_own_owner() -> None:
    both = at(A, 1, imported(copy_at("S/1-2.mkv", "1:1", "1:2")))
    upgrade = at(B, 1, imported(copy_at("S/2.mkv", "1:2"), term=2))
    state = state_of(both, upgrade)
    assert (state.owner_of("1:1"), state.owner_of("1:2")) == (ALICE, BOB)


def test_who_leaves_gives_up_its_units_and_the_next_highest_owns() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"), term=1)),
        at(B, 1, claimed("1:1", term=2), minute=2),
        at(B, 2, left(), minute=3),
    )
    assert state_of(*facts).owner_of("1:1") == ALICE
    assert state_of(*facts).terms == {"1:1": 2}


def test_who_leaves_the_mesh_gives_up_its_units_and_the_copies_stay() -> None:
    one = at(A, 1, imported(copy_at("S/a.mkv")))
    state = state_of(one, cuts=Cuts(left={ALICE: at(A, 2, left()).stamp}))
    assert state.owners == {}
    assert paths(state) == ["S/a.mkv"]
    assert state.owner_of("1:1") == ""


def test_a_new_claim_after_leaving_counts() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, left()),
        at(A, 3, imported(copy_at("S/a2.mkv"), term=2)),
    )
    state = state_of(*facts)
    assert state.owner_of("1:1") == ALICE
    assert state.left_by == frozenset()


def test_a_unit_without_a_copy_has_no_owner_and_keeps_its_term() -> None:
    state = state_of(at(A, 1, imported(copy_at("S/a.mkv"))), at(A, 2, removed_file("S/a.mkv", saw({A: 1}))))
    assert state.owner_of("1:1") == ""
    assert state.terms == {"1:1": 1}


def test_an_inventory_makes_an_item_present_and_owned_by_nobody() -> None:
    state = state_of(at(A, 1, found(copy_at("S/a.mkv"))))
    assert state.present
    assert state.owner_of("1:1") == ""
    assert state.contributors == frozenset()


def test_an_ending_counts_for_a_statement_learnt_later() -> None:
    upgrade = at(B, 1, imported(copy_at("S/b.mkv"), replaced=("S/a.mkv",), seen=saw({A: 1}), term=2))
    assert paths(state_of(upgrade)) == ["S/b.mkv"]
    assert paths(state_of(upgrade, at(A, 1, imported(copy_at("S/a.mkv"))))) == ["S/b.mkv"]


def test_a_copy_the_removal_had_not_seen_survives_it() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(B, 1, removed(saw({A: 1}))),
        at(A, 2, imported(copy_at("S/a2.mkv"), term=2), minute=1),
    )
    state = state_of(*facts)
    assert paths(state) == ["S/a2.mkv"]
    assert state.removed_by == ""


def test_an_add_the_removal_had_not_seen_survives_it() -> None:
    state = state_of(at(A, 1, added()), at(C, 1, added()), at(B, 1, removed(saw({A: 1})), minute=5))
    assert state.adders == (CAROL,)


def test_a_removed_item_names_who_removed_it() -> None:
    state = state_of(
        at(A, 1, added()), at(A, 2, imported(copy_at("S/a.mkv"))), at(B, 1, removed(saw({A: 2})))
    )
    assert not state.present
    assert state.removed_by == BOB


def test_an_item_all_have_left_without_a_removal_was_removed_by_nobody() -> None:
    state = state_of(at(A, 1, added()), at(A, 2, left()))
    assert not state.present
    assert state.removed_by == ""
    assert state.left_by == {ALICE}


def test_a_removed_item_that_is_added_again_lives_where_it_was_added() -> None:
    moved = ItemChanged(library=LIBRARY, id=ID, folder="Elsewhere", version=4)
    facts = [at(A, 1, added()), at(A, 2, moved), at(B, 1, removed(saw({A: 2})), minute=3)]
    again = at(A, 3, added("Anew"), minute=9)
    state = state_of(*facts, again)
    assert state.adders == (ALICE,)
    assert state.folder == "Anew"
    assert state.version == 4
    assert state.removed_by == ""


def test_a_file_imported_again_at_a_removed_path_lives() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, removed_file("S/a.mkv", saw({A: 1}))),
        at(A, 3, imported(copy_at("S/a.mkv", size=7), term=2)),
    )
    state = state_of(*facts)
    assert [living.copy.size for living in state.copies.values()] == [7]
    assert state.ended == {}


def test_a_file_overwritten_under_its_own_name_is_the_new_one() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv", size=1))),
        at(
            B,
            1,
            imported(copy_at("S/a.mkv", size=2), replaced=("S/a.mkv",), seen=saw({A: 1}), term=2),
            minute=1,
        ),
    )
    assert [living.copy.size for living in state_of(*facts).copies.values()] == [2]


def test_a_chain_of_renames_leaves_the_last_name() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/1.mkv"))),
        at(B, 1, renamed("S/1.mkv", copy_at("S/2.mkv"), saw({A: 1})), minute=2),
        at(C, 1, renamed("S/2.mkv", copy_at("S/3.mkv"), saw({A: 1, B: 1})), minute=3),
        at(B, 2, renamed("S/3.mkv", copy_at("S/1.mkv"), saw({A: 1, B: 1, C: 1})), minute=4),
    )
    assert paths(state_of(*facts)) == ["S/1.mkv"]
    assert paths(state_of(*facts[:3])) == ["S/3.mkv"]
    assert state_of(*facts).owner_of("1:1") == ALICE


@pytest.mark.parametrize("replaced", [(), ("S/a.mkv",)], ids=["same name", "other name"])
@pytest.mark.parametrize("minutes", [(5, 6), (6, 5)], ids=["rename first", "import first"])
def test_a_file_renamed_while_its_household_replaces_it_is_that_of_who_renamed_it(
    minutes: tuple[int, int], replaced: tuple[str, ...]
) -> None:
    better = copy_at("S/b.mkv" if replaced else "S/a.mkv", size=7)
    first = at(A, 1, imported(copy_at("S/a.mkv")))
    rename = at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: 1})), minutes[0])
    upgrade = at(A, 2, imported(better, term=2, replaced=replaced, seen=saw({A: 1})), minutes[1])
    state = state_of(first, rename, upgrade)
    assert {each.copy.path: each.brought_by for each in state.copies.values()} == {
        better.path: ALICE,
        "S/new.mkv": BOB,
    }
    [conflict] = conflicts(state)
    assert (conflict.kept, conflict.other, conflict.node) == (better.path, "S/new.mkv", BOB)
    again = at(B, 2, renamed("S/new.mkv", copy_at("S/newer.mkv"), saw({A: 1, B: 1})), 9)
    assert state_of(first, rename, upgrade, again).copies["s/newer.mkv"].brought_by == BOB


def test_a_lie_about_a_file_that_another_renamed_says_no_more_than_an_import_that_saw_nothing() -> None:
    first = at(A, 1, imported(copy_at("S/1.mkv")))
    rename = at(B, 1, renamed("S/1.mkv", copy_at("S/new.mkv"), saw({A: 1})), 5)
    for seed in range(12):  # each node tells it
        a_vector_that_lies_ends_nothing(real_fold, World((first, rename)), Random(seed))


def test_a_file_that_gets_another_spelling_while_its_household_replaces_it_is_that_of_who_renamed_it() -> (
    None
):
    """Its app could not delete it where it was no longer: both files are on the drive."""
    better = copy_at("S/b.mkv", size=7)
    state = state_of(
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(B, 1, renamed("S/a.mkv", copy_at("s/a.mkv"), saw({A: 1})), 5),
        at(A, 2, imported(better, term=2, replaced=("S/a.mkv",), seen=saw({A: 1})), 6),
    )
    [conflict] = conflicts(state)
    assert (conflict.kept, conflict.other, conflict.node) == (better.path, "s/a.mkv", BOB)


def test_a_file_renamed_although_its_household_is_known_to_have_replaced_it_is_that_of_who_renamed_it() -> (
    None
):
    """The app of who renamed it had not dropped it yet, and has it still."""
    first = at(A, 1, imported(copy_at("S/a.mkv")))
    upgrade = at(A, 2, imported(copy_at("S/b.mkv", size=7), term=2, replaced=("S/a.mkv",), seen=saw({A: 1})))
    rename = at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: 2})), 9)
    [conflict] = conflicts(state_of(first, upgrade, rename))
    assert (conflict.kept, conflict.other, conflict.node) == ("S/b.mkv", "S/new.mkv", BOB)
    # one that is missing for who brought it is the same file, found again
    gone = at(A, 2, removed_file("S/a.mkv", saw({A: 1})))
    assert state_of(first, gone, rename).copies["s/new.mkv"].brought_by == ALICE
    # what has the name since is another file
    back = at(A, 3, imported(copy_at("S/a.mkv"), term=3, seen=saw({A: 2})))
    again = at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: 3})), 9)
    assert state_of(first, upgrade, back, again).copies["s/new.mkv"].brought_by == ALICE


@pytest.mark.parametrize("known", [1, 2, 3], ids=["nothing", "the removal", "both"])
def test_a_file_renamed_by_another_is_that_ones_where_its_household_missed_it_and_imported_another(
    known: int,
) -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, removed_file("S/a.mkv", saw({A: 1}))),
        at(A, 3, imported(copy_at("S/b.mkv", size=7), term=2, seen=saw({A: 2}))),
    )
    for minute in (1, 9) if known == 1 else (9,):
        rename = at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: known})), minute)
        [conflict] = conflicts(state_of(*facts, rename))
        assert (conflict.kept, conflict.other, conflict.node) == ("S/b.mkv", "S/new.mkv", BOB)
        assert state_of(*facts, rename).copies["s/new.mkv"].brought_by == BOB


def test_a_file_that_a_household_brought_and_another_replaced_is_that_of_a_third_who_renames_it() -> None:
    """The first one replaced the second one's file since, and so has a file of its own beside the renamed."""
    upgrade = imported(copy_at("S/b.mkv"), term=2, replaced=("S/a.mkv",), seen=saw({A: 1}))
    better = imported(copy_at("S/c.mkv"), term=3, replaced=("S/b.mkv",), seen=saw({A: 1, B: 1}))
    rename = renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: 1}))
    state = state_of(
        at(A, 1, imported(copy_at("S/a.mkv"))), at(B, 1, upgrade, 3), at(A, 2, better, 4), at(C, 1, rename, 5)
    )
    assert {each.copy.path: each.brought_by for each in state.copies.values()} == {
        "S/c.mkv": ALICE,
        "S/new.mkv": C.rpartition(".")[0],
    }


def test_an_import_of_another_unit_is_in_place_of_no_file_that_is_missing() -> None:
    state = state_of(
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, removed_file("S/a.mkv", saw({A: 1}))),
        at(A, 3, imported(copy_at("S/b.mkv", "1:2"), term=2, seen=saw({A: 2}))),
        at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv"), saw({A: 1})), 9),
    )
    assert state.copies["s/new.mkv"].brought_by == ALICE


def test_a_file_that_came_to_the_old_name_unknown_to_its_household_stays_its_own_when_renamed() -> None:
    """The import replaces what its household had there, and not the file that was renamed to that name."""
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"), copy_at("S/b.mkv", "1:2"))),
        at(A, 2, removed_file("S/a.mkv", saw({A: 1}))),
        at(B, 1, renamed("S/b.mkv", copy_at("S/a.mkv", "1:2"), saw({A: 2})), 5),
        at(A, 3, imported(copy_at("S/c.mkv"), term=2, replaced=("S/a.mkv",), seen=saw({A: 2})), 6),
        at(B, 2, renamed("S/a.mkv", copy_at("S/d.mkv", "1:2"), saw({A: 3, B: 1})), 9),
    )
    state = state_of(*facts)
    assert {each.copy.path: each.brought_by for each in state.copies.values()} == {
        "S/c.mkv": ALICE,
        "S/d.mkv": ALICE,
    }


def test_who_knew_of_the_import_renames_the_file_for_its_household() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, imported(copy_at("S/a.mkv", size=7), term=2, seen=saw({A: 1}))),
        at(B, 1, renamed("S/a.mkv", copy_at("S/new.mkv", size=7), saw({A: 2})), 9),
    )
    assert state_of(*facts).copies["s/new.mkv"].brought_by == ALICE
    # a scan by another app saw the new size before the import was published
    scanned = at(B, 1, renamed("S/a.mkv", copy_at("S/a.mkv", size=7), saw({A: 1})), 9)
    assert state_of(*facts[:2], scanned).copies["s/a.mkv"].brought_by == ALICE


@pytest.mark.parametrize("minutes", [(5, 6), (6, 5)], ids=["spelling first", "import first"])
def test_an_import_over_a_file_that_gets_another_spelling_meanwhile_stays(minutes: tuple[int, int]) -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(B, 1, renamed("S/a.mkv", copy_at("s/A.mkv"), saw({A: 1})), minutes[0]),
        at(C, 1, imported(copy_at("S/a.mkv", size=7), term=2, seen=saw({A: 1})), minutes[1]),
    )
    [living] = state_of(*facts).copies.values()
    assert (living.copy.path, living.copy.size, living.node) == ("S/a.mkv", 7, CAROL)
    # who knew of the import has given the new file its spelling
    knew = at(B, 1, renamed("S/a.mkv", copy_at("s/A.mkv", size=7), saw({A: 1, C: 1})), 9)
    assert paths(state_of(facts[0], facts[2], knew)) == ["s/A.mkv"]


def test_two_files_that_swap_their_names_in_one_rename_both_live() -> None:
    swap = FileRenamed(
        library=LIBRARY,
        id=ID,
        files=(
            Renamed(old="S/1.mkv", new=copy_at("S/2.mkv", "1:1")),
            Renamed(old="S/2.mkv", new=copy_at("S/1.mkv", "1:2")),
        ),
        seen=saw({A: 1}),
    )
    both = imported(copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2"))
    state = state_of(at(A, 1, both), at(A, 2, swap))
    assert {living.copy.path: living.copy.units for living in state.copies.values()} == {
        "S/1.mkv": ("1:2",),
        "S/2.mkv": ("1:1",),
    }


def test_an_ending_spelled_otherwise_ends_the_same_path() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/Am\u00e9lie.mkv"))),
        at(B, 1, removed_file("s/AME\u0301LIE.MKV", saw({A: 1}))),
    )
    assert paths(state_of(*facts)) == []


def test_a_fork_cuts_from_its_lowest_seq_on() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, removed(saw({A: 1}))),
        at(A, 3, added()),
        at(B, 1, claimed("1:1", term=2)),
    )
    state = state_of(*facts, cuts=Cuts(forks={A: 2}))
    assert paths(state) == ["S/a.mkv"]
    assert state.adders == ()
    assert state.seen == saw({A: 1, B: 1})
    assert state_of(*facts, cuts=Cuts(forks={A: 1})).copies == {}


def test_what_a_forgotten_removal_ended_lives_again_and_is_looked_for_by_whose_file_it_is() -> None:
    facts = (
        at(A, 1, added()),
        at(A, 2, imported(copy_at("S/a.mkv"))),
        at(B, 1, removed(saw({A: 2})), 5),
        at(B, 2, removed_file("S/a.mkv", saw({A: 2})), 6),
    )
    assert not state_of(*facts, cuts=Cuts(forgotten={B: 1})).copies
    state = state_of(*facts, cuts=Cuts(forgotten={B: 2}))
    assert (paths(state), state.adders, state.removed_by) == (["S/a.mkv"], (ALICE,), "")
    assert state.concurrent_endings == {"s/a.mkv": facts[3].hlc}
    later = at(B, 3, removed(saw({A: 2})), 7)
    assert not state_of(*facts, later, cuts=Cuts(forgotten={B: 2})).present


def test_of_two_changes_the_higher_version_counts_then_the_earlier() -> None:
    assert state_of(at(A, 1, changed("X", 2), 1), at(B, 1, changed("Y", 1), 9)).folder == "X"
    assert state_of(at(A, 1, changed("X", 2), 1), at(B, 1, changed("Y", 2), 9)).folder == "X"


def test_of_two_moves_at_once_the_one_that_the_files_went_along_with_counts() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(A, 2, changed("X", 1), 3),
        at(B, 1, changed("Y", 1), 4),
        at(B, 2, renamed("S/a.mkv", copy_at("Y/a.mkv"), saw({A: 1})), 5),
    )
    assert state_of(*facts[:3]).folder == "X"
    assert state_of(*facts).folder == "Y"
    assert state_of(*facts, at(A, 3, changed("Z", 2), 6)).folder == "Z"


def test_a_change_of_the_type_leaves_the_folder() -> None:
    change = ItemChanged(library=LIBRARY, id=ID, series_type="anime", version=1)
    state = state_of(at(A, 1, added("S")), at(A, 2, change))
    assert (state.folder, state.series_type, state.version) == ("S", "anime", 1)


def test_an_inventory_under_the_other_id_of_an_item_is_of_the_item() -> None:
    alias = at(A, 1, ItemAliased(library=LIBRARY, id=ID, alias=ALIAS))
    inventory = at(B, 1, found(copy_at("S/b.mkv")))
    state = fold(LIBRARY, "tvdb:0", (alias, inventory), aliases=(ID, ALIAS))
    assert paths(state) == ["S/b.mkv"]
    assert state.adders == (BOB,)


def test_the_item_is_tagged_with_who_owns_it_then_who_has_it_then_who_added_it() -> None:
    add, inventory = at(C, 1, added()), at(B, 1, found(copy_at("S/b.mkv")))
    owner = at(A, 1, imported(copy_at("S/a.mkv")), minute=9)
    assert state_of(add).origin == CAROL
    assert state_of(add, inventory).origin == BOB
    assert state_of(add, inventory, owner).origin == ALICE


def test_the_state_says_what_it_was_made_of() -> None:
    state = state_of(at(A, 1, added()), at(A, 4, imported(copy_at("S/a.mkv"))), at(B, 2, left()))
    assert state.seen == saw({A: 4, B: 2})
    assert state.contributors == {ALICE}
