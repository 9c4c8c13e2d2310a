"""Two items state one folder or file: every node decides alike which of them has it."""

import msgspec
import pytest

from mesharr.core.events.base import REASSIGNED
from mesharr.core.events.schema import Body, FileImported, Found, ItemAdded, LibraryFound
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.registry.test_registry import (
    A,
    B,
    added,
    at,
    changed,
    found,
    imported,
    left,
    removed,
    removed_file,
    saw,
)
from tests.unit.core.strategies import ALIAS, ID, LIBRARY, copy_at, item

FILE = copy_at("S/a.mkv")
OTHER = msgspec.structs.replace(item("S"), id=ALIAS)


def one(*facts: Fact) -> ItemState:
    return fold(LIBRARY, ID, facts)


def other(*bodies: Body) -> ItemState:
    return fold(LIBRARY, ALIAS, [at(B, 10 + number, body) for number, body in enumerate(bodies)])


OTHER_ADDED = ItemAdded(library=LIBRARY, item=OTHER)
OTHER_IMPORTED = FileImported(library=LIBRARY, item=OTHER, copies=(copy_at("S/b.mkv"),), term=1)
OTHER_FOUND = LibraryFound(library=LIBRARY, items=(Found(item=OTHER),))
OTHER_FILE_FOUND = LibraryFound(library=LIBRARY, items=(Found(item=OTHER, copies=(copy_at("S/b.mkv"),)),))


@pytest.mark.parametrize(
    ("first", "second", "keeps"),
    [
        ([added("S")], [OTHER_ADDED], "second"),  # a wrong match is mended
        ([imported(FILE)], [OTHER_IMPORTED], "second"),
        ([imported(FILE)], [OTHER_ADDED], "first"),  # its files are there, whatever the other may be
        ([added("S")], [OTHER_IMPORTED], "second"),
        ([added("S")], [OTHER_FOUND], "first"),  # who joins takes nothing
        ([imported(FILE)], [OTHER_FILE_FOUND], "first"),
        ([found(folder="S")], [OTHER_FOUND], "second"),
        ([added("Elsewhere"), changed("S", 1)], [OTHER_ADDED], "second"),
        ([added("S"), left()], [OTHER_FOUND], "second"),
    ],
)
def test_files_count_more_than_an_add_and_the_newest_keeps_the_folder(
    first: list[Body], second: list[Body], keeps: str
) -> None:
    earlier, later = one(*(at(A, 1 + n, body) for n, body in enumerate(first))), other(*second)
    assert (later.standing > earlier.standing) == (keeps == "second")
    assert earlier.standing != later.standing


def test_a_move_into_a_folder_states_it_anew() -> None:
    earlier = one(at(A, 1, added("Elsewhere")), at(A, 2, changed("S", 1), 99))
    assert earlier.standing > other(OTHER_ADDED).standing


def test_a_file_elsewhere_is_none_of_the_folder() -> None:
    earlier = one(at(A, 1, added("S")), at(A, 2, imported(copy_at("Old/a.mkv"))))
    assert not earlier.standing.filed


def test_two_items_of_one_event_have_an_order() -> None:
    both = at(A, 1, LibraryFound(library=LIBRARY, items=(Found(item=item("S")), Found(item=OTHER))))
    standings = {fold(LIBRARY, id_, [both]).standing for id_ in (ID, ALIAS)}
    assert len(standings) == 2


def of_reason(body: Body, reason: str) -> Body:
    return msgspec.structs.replace(body, reason=reason)


def test_a_file_that_is_another_items_now_is_named_until_it_is_really_gone() -> None:
    files = (copy_at("S/a.mkv"), copy_at("S/b.mkv", "1:2"))
    both = at(A, 1, imported(*files))
    over = at(A, 2, of_reason(removed_file("S/a.mkv", saw({A: 1})), REASSIGNED))
    assert one(both, over).handed_over.keys() == {"s/a.mkv"}
    rest = at(A, 3, removed(saw({A: 2})))
    assert one(both, over, rest).handed_over == {}
    whole = at(A, 2, of_reason(removed(saw({A: 1})), REASSIGNED))
    assert one(both, whole).handed_over.keys() == {"s/a.mkv", "s/b.mkv"}
    gone = at(B, 3, removed_file("S/a.mkv", saw({A: 2})))
    assert one(both, whole, gone).handed_over.keys() == {"s/b.mkv"}
    again = at(A, 3, imported(*files))
    assert one(both, whole, again).handed_over == {}
