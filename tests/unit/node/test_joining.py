"""While a library joins, what can wait waits; what its first day read is handed on once, while young."""

from typing import cast

import pytest

from mesharr.core.arr.model import ArrItem
from mesharr.core.planning.actions import Policy
from mesharr.node.arr_view import MANY
from mesharr.node.library_items import JOINING_MS, is_joining
from mesharr.node.model import HANDED_MS, HANDED_UNITS, HandedList, Library, LibraryStorage
from mesharr.state.db import Database
from mesharr.state.state import State

NOW = 1_764_000_000_000
LIBRARY = Library(name="movies", storage=cast(LibraryStorage, None), policy=Policy(), app="radarr")


def test_a_library_joins_from_its_begin_until_little_is_left_to_do_or_ten_minutes_passed() -> None:
    state = State(Database(":memory:"))
    assert not is_joining(state, [], NOW)
    assert is_joining(state, [LIBRARY], NOW)
    state.libraries.note_began("movies", NOW)
    assert is_joining(state, [LIBRARY], NOW + JOINING_MS - 1)
    assert not is_joining(state, [LIBRARY], NOW + JOINING_MS)
    baselined = NOW + JOINING_MS
    state.libraries.note_baselined("movies", baselined)
    assert not is_joining(state, [LIBRARY], baselined)
    state.dirty.mark([("movies", f"tmdb:{number}") for number in range(1, MANY + 2)], NOW)
    assert is_joining(state, [LIBRARY], baselined + JOINING_MS - 1)
    assert not is_joining(state, [LIBRARY], baselined + JOINING_MS)
    state.dirty.done(state.dirty.all()[0])
    assert not is_joining(state, [LIBRARY], baselined + 1)


def _listed(units: int) -> ArrItem:
    return ArrItem(
        ref=1,
        id="tvdb:1",
        kind="series",
        ids={},
        title="Show",
        year=0,
        folder="/tv/Show",
        profile="Any",
        tags=(),
        monitored={f"S01E{number}": False for number in range(units)},
        files=(),
    )


@pytest.mark.parametrize(("units", "age", "is_kept"), [(9, HANDED_MS - 1, True), (9, HANDED_MS, False)])
def test_a_list_is_handed_on_once_while_it_is_young(units: int, age: int, *, is_kept: bool) -> None:
    handed, show = HandedList(), _listed(units)
    assert list(handed.passing(NOW, [show, show])) == [show, show]
    taken = handed.take(NOW + age)
    assert (taken is not None) is is_kept
    assert taken is None or (taken.at, list(taken.arr_items)) == (NOW, [show, show])
    assert handed.take(NOW + age) is None


def test_a_long_list_is_not_kept_and_one_that_was_read_before_a_change_neither() -> None:
    handed = HandedList()
    assert len(list(handed.passing(NOW, [_listed(HANDED_UNITS), _listed(1)]))) == 2
    assert handed.take(NOW) is None
    assert list(handed.passing(NOW, [_listed(HANDED_UNITS)]))
    handed.drop()
    assert handed.take(NOW) is None
