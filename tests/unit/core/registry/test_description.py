"""One node's words describe an item: no other's, however its clock stands."""

import msgspec
import pytest

from mesharr.core.events.schema import Body, ItemAdded, ItemAliased
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.registry.test_registry import (
    ALICE,
    A,
    B,
    C,
    added,
    at,
    changed,
    found,
    imported,
    left,
    removed_file,
    renamed,
    saw,
    state_of,
)
from tests.unit.core.strategies import ALIAS, ID, LIBRARY, copy_at, item

FAR = 10**7
"""Minutes ahead: nineteen years."""


def evil(folder: str = "Evil", id_: str = ID) -> Body:
    named = msgspec.structs.replace(item(folder), id=id_, title="Evil", ids={"tvdb": 666})
    return ItemAdded(library=LIBRARY, item=named)


def aliased(id_: str = ID, alias: str = ALIAS) -> Body:
    return ItemAliased(library=LIBRARY, id=id_, alias=alias)


def under_both_ids(*facts: Fact) -> ItemState:
    one, other = (fold(LIBRARY, id_, facts, aliases=(ID, ALIAS)) for id_ in (ID, ALIAS))
    assert (one.id, one.item, one.folder) == (other.id, other.item, other.folder)
    return one


@pytest.mark.parametrize(
    "living", [added("S"), found(folder="S"), found(copy_at("S/a.mkv")), imported(copy_at("S/a.mkv"))]
)
def test_a_third_partys_add_stamped_far_ahead_renames_nothing_and_moves_nothing(living: Body) -> None:
    state = state_of(at(A, 1, living), at(B, 1, evil(), FAR))
    assert (state.id, state.item, state.folder) == (ID, item("S"), "S")


def test_a_third_partys_alias_stamped_far_ahead_merges_and_changes_no_id() -> None:
    state = under_both_ids(at(A, 1, imported(copy_at("S/a.mkv"))), at(B, 1, aliased(), FAR))
    assert (state.id, state.item) == (ID, item("S"))


def test_a_third_partys_alias_and_add_of_the_other_id_have_nobody_add_another_series() -> None:
    lies = (at(B, 1, evil(id_=ALIAS), FAR), at(B, 2, aliased(), FAR + 1), at(B, 3, evil(id_=ALIAS), FAR + 2))
    state = under_both_ids(at(A, 1, added("S")), *lies)
    assert (state.id, state.item, state.folder) == (ID, item("S"), "S")


def test_the_authors_own_alias_is_the_id_from_then_on() -> None:
    mine = (at(A, 1, imported(copy_at("S/a.mkv"))), at(A, 2, aliased()))
    assert under_both_ids(*mine).id == ALIAS
    again = at(A, 3, ItemAdded(library=LIBRARY, item=msgspec.structs.replace(item("S"), id=ALIAS)))
    assert under_both_ids(*mine, again, at(B, 1, aliased(ALIAS, ID), FAR)).id == ALIAS


def test_the_author_describes_anew_what_it_described() -> None:
    state = state_of(at(A, 1, added("S")), at(A, 2, added("S2")), at(B, 1, evil(), FAR))
    assert state.folder == "S2"


def test_who_has_the_earliest_copy_describes_before_who_added_first() -> None:
    assert state_of(at(A, 1, evil()), at(B, 1, imported(copy_at("S/a.mkv")), 5)).folder == "S"


def test_a_file_stated_at_anothers_path_takes_no_description() -> None:
    over = imported(copy_at("S/a.mkv", size=7))
    lie = at(
        B, 1, msgspec.structs.replace(over, item=msgspec.structs.replace(item("Evil"), title="Evil")), FAR
    )
    state = state_of(at(A, 1, imported(copy_at("S/a.mkv"))), lie)
    assert (state.item, state.folder) == (item("S"), "S")


def test_who_renames_a_file_does_not_describe_its_item() -> None:
    facts = (
        at(A, 1, imported(copy_at("S/a.mkv"))),
        at(B, 1, renamed("S/a.mkv", copy_at("S/b.mkv"), saw({A: 1})), 5),
        at(B, 2, evil(), FAR),
    )
    state = state_of(*facts)
    assert state.copies["s/b.mkv"].brought_by == ALICE
    assert state.folder == "S"


def test_when_the_copies_of_one_end_the_next_describes() -> None:
    other = msgspec.structs.replace(imported(copy_at("T/b.mkv")), item=item("T"))
    facts = (at(A, 1, imported(copy_at("S/a.mkv"))), at(B, 1, other, 2), at(C, 1, evil(), FAR))
    assert state_of(*facts).folder == "S"
    assert state_of(*facts, at(C, 2, removed_file("S/a.mkv", saw({A: 1})), FAR + 1)).folder == "T"


def test_who_left_the_item_moves_it_no_more_until_it_is_back() -> None:
    facts = (
        at(A, 1, added("S")),
        at(B, 1, added("S"), 2),
        at(B, 2, left(), 3),
        at(B, 3, changed("Evil", 9), 4),
    )
    assert (state_of(*facts).folder, state_of(*facts).version) == ("S", 0)
    back = (at(B, 4, added("S"), 5), at(B, 5, changed("T", 1), 6))
    assert state_of(*facts, *back).folder == "T"


def test_a_change_of_the_same_version_stamped_far_off_moves_nothing() -> None:
    mine = (at(A, 1, added("S"), 5), at(A, 2, changed("T", 2), 6))
    for minute in (1, FAR):
        assert state_of(*mine, at(B, 1, changed("Evil", 2), minute)).folder == "T"
