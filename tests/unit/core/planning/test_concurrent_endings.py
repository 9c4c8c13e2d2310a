"""A peer ends a path without having seen a copy there: the owner of the copy looks for it."""

import pytest

from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ConfirmGone, Rescan
from mesharr.core.planning.memory import ItemMemory
from tests.unit.core.planning.test_plan import BOB, ME, NOW, PATH, copy_at, gone, kinds, planned, shows, wants
from tests.unit.core.registry.test_registry import at, imported, removed, removed_file, renamed, saw, state_of
from tests.unit.core.strategies import copy_at as copied

MINE, THEIRS = "alice-00000001.00000001", "bob-00000002.00000002"
KEY = same_key(PATH)


def test_a_copy_is_disputed_when_neither_author_knew_of_the_others_word() -> None:
    state = state_of(at(MINE, 1, imported(copied("S/1.mkv"))), at(THEIRS, 1, removed({})))
    assert list(state.concurrent_endings) == [same_key("S/1.mkv")]


def test_an_ending_of_another_path_disputes_nothing() -> None:
    state = state_of(at(MINE, 1, imported(copied("S/1.mkv"))), at(THEIRS, 1, removed_file("S/2.mkv", {})))
    assert state.concurrent_endings == {}


def test_a_copy_stated_by_who_knew_of_the_ending_is_not_disputed() -> None:
    knowing = imported(copied("S/1.mkv"), seen=saw({THEIRS: 1}))
    assert state_of(at(MINE, 2, knowing), at(THEIRS, 1, removed_file("S/1.mkv", {}))).concurrent_endings == {}


def test_a_copy_that_has_ended_is_not_disputed() -> None:
    state = state_of(at(MINE, 1, imported(copied("S/1.mkv"))), at(THEIRS, 1, removed(saw({MINE: 1}))))
    assert (state.copies, state.concurrent_endings) == ({}, {})


def test_a_rename_that_states_its_own_old_path_disputes_nothing_of_its_own() -> None:
    state = state_of(at(THEIRS, 1, renamed("S/1.mkv", copied("S/1.mkv"), {})))
    assert state.concurrent_endings == {}


@pytest.mark.parametrize(("size", "disputed"), [(1111, []), (2222, [same_key("S/1.mkv")])])
def test_two_who_find_one_file_overwritten_end_nothing_of_each_other(size: int, disputed: list[str]) -> None:
    mine, theirs = copied("S/1.mkv", size=1111), copied("S/1.mkv", size=size)
    facts = at(MINE, 1, renamed("S/1.mkv", mine, {})), at(THEIRS, 1, renamed("S/1.mkv", theirs, {}))
    assert list(state_of(*facts).concurrent_endings) == disputed


@pytest.mark.parametrize(("owner", "actions"), [(ME, [ConfirmGone]), (BOB, [])])
def test_each_looks_for_its_own_copies_only(owner: str, actions: list[type]) -> None:
    desired = wants(copy_at(), owner=owner, concurrent_endings={KEY: "later"})
    assert kinds(planned(desired, shows(copy_at(), mirrored=False))) == actions


def test_a_copy_is_checked_once_for_each_ending() -> None:
    desired = wants(copy_at(), owner=ME, concurrent_endings={KEY: "later"})
    [confirm] = planned(desired, None).actions
    assert isinstance(confirm, ConfirmGone)
    assert confirm.paths == (PATH,)
    memory = ItemMemory(endings_checked=confirm.endings)
    assert kinds(planned(desired, shows(copy_at(), mirrored=False), memory)) == []
    again = wants(copy_at(), owner=ME, concurrent_endings={KEY: "later still"})
    assert kinds(planned(again, shows(copy_at(), mirrored=False), memory)) == [ConfirmGone]


def test_an_item_that_is_kept_though_it_was_removed_drops_the_files_that_went() -> None:
    desired = gone(contributors=frozenset({ME, BOB}), ended={KEY: PATH})
    made = planned(desired, shows(copy_at(), mirrored=False), now=NOW)
    assert [action.gone for action in made.actions if isinstance(action, Rescan)] == [(PATH,)]
