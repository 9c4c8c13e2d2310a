"""An own copy that the app does not list is looked for on the drive."""

from types import SimpleNamespace
from typing import Any, cast

from mesharr.core.events.base import REASSIGNED
from mesharr.core.events.schema import FileRemoved
from mesharr.core.planning.memory import ItemMemory
from mesharr.node.arr_view import ArrView
from mesharr.node.inward.checks import ItemChecks
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.core.planning.test_plan import ME, NOW, PATH, copy_at, wants
from tests.unit.core.strategies import event_id

OTHER = "Dune (2021)/Dune 4K.mkv"
OWN, BOBS = f"{ME}.00000001", "bob-00000002.00000001"
SEEN = {OWN: (1, event_id(OWN, 1)), BOBS: (3, event_id(BOBS, 3))}


def checked(*, sizes: dict[str, int | None], is_pending: bool = False) -> list[tuple[FileRemoved, str]]:
    """Return what is to be published, and what it needs, after both own copies were looked for."""
    state = State(Database(":memory:"))
    item: Any = SimpleNamespace(
        library=SimpleNamespace(name="movies"),
        id="tmdb:1",
        memory=ItemMemory(),
        registry=wants(copy_at(), copy_at(OTHER), owner=ME, seen=SEEN),
        has_pending=lambda: is_pending,
        update_memory=lambda change: change(ItemMemory()),
    )
    drive: Any = SimpleNamespace(check_available=lambda: None, sizes=lambda paths: sizes)
    checks = ItemChecks(
        cast("VisitedItem", item), cast("DriveView", drive), cast("ArrView", None), state, lambda: NOW
    )
    checks.verify_own_files((PATH, OTHER))
    return [(cast("FileRemoved", entry.body), entry.needs) for entry in state.outbox.all()]


def test_a_copy_that_is_nowhere_is_to_be_proven_gone() -> None:
    [(body, needs)] = checked(sizes={PATH: None, OTHER: 100})
    assert (body.paths, body.reason, needs) == ((PATH,), "deleted", "gone")


def test_a_copy_in_whose_place_another_file_is_is_given_up_and_no_copy_of_a_peer() -> None:
    [(body, needs)] = checked(sizes={PATH: 7, OTHER: 100})
    assert (body.paths, body.reason, needs) == ((PATH,), REASSIGNED, "")
    assert body.seen == {OWN: SEEN[OWN]}


def test_what_waits_to_be_published_may_say_where_they_are() -> None:
    assert checked(sizes={PATH: None, OTHER: 7}, is_pending=True) == []
