"""Copies an app is asked to take: a household's of one unit come whole, and wait for no other."""

from collections.abc import Sequence

import msgspec
import pytest

from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Move, Rescan
from mesharr.core.planning.limits import LIMITS, Amounts
from mesharr.core.registry.item_state import LivingCopy
from mesharr.node.arr_view import LiveArrView
from mesharr.node.inward.executor import ActionExecutor
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.shown_copies import shown_copies
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.limits import Guard
from mesharr.node.model import Me
from mesharr.node.outcome import Done, Waits
from mesharr.state.db import Database
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State
from tests.unit.core.planning.test_plan import BOB, CAROL, ME, copy_at, wants
from tests.unit.node.racing import DUNE, MOVIES, NOW, RacedArr, RacedStorage, as_arr, raced_library

AFTER_TEN_MINUTES = NOW + 600_000
FIRST, SECOND = copy_at("Dune (2021)/1.mkv"), copy_at("Dune (2021)/2.mkv")


class _Drive(RacedStorage):
    """A drive that shows some copies."""

    def __init__(self, *shown: Copy) -> None:
        super().__init__(lambda: None)
        self._shown = {copy.path: copy.size for copy in shown}

    def sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return the sizes of what it shows."""
        return {path: self._shown.get(path) for path in paths}


def _film(second_by: str, *shown: Copy) -> tuple[VisitedItem, DriveView, State]:
    """Return a film of two copies, the first of Bob's, on a drive that shows some."""
    state, library = State(Database(":memory:")), raced_library(_Drive(*shown))
    item = VisitedItem(state, library, Dirty(MOVIES, DUNE, NOW, NOW, 0, "", "", ""))
    registry = wants(FIRST, SECOND, owner=BOB)
    stamp = registry.copies[same_key(FIRST.path)].stamp
    copies = {**registry.copies, same_key(SECOND.path): LivingCopy(SECOND, second_by, stamp)}
    registry = msgspec.structs.replace(registry, copies=copies)
    item.record = msgspec.structs.replace(item.record, registry=registry)
    return item, DriveView(library, state), state


def _context(state: State, at: list[int]) -> VisitContext:
    guard = Guard(ME, state, {row.kind: Amounts(99, 99) for row in LIMITS}, ask_first=False)
    return VisitContext(me=Me(ME, "me", "0" * 16), libraries={}, state=state, guard=guard, now=lambda: at[0])


def test_a_copy_of_a_unit_waits_for_that_of_no_other_household() -> None:
    item, drive, _ = _film(CAROL, FIRST)
    assert isinstance(shown_copies(item, drive, (FIRST, SECOND), NOW), Waits)
    assert shown_copies(item, drive, (FIRST, SECOND), AFTER_TEN_MINUTES) == [FIRST]


def test_copies_of_a_unit_and_one_household_come_together() -> None:
    item, drive, _ = _film(BOB, FIRST)
    for now in (NOW, AFTER_TEN_MINUTES):
        assert isinstance(shown_copies(item, drive, (FIRST, SECOND), now), Waits)


@pytest.mark.parametrize(("shown", "moves"), [((FIRST,), True), ((), False)])
def test_an_item_follows_its_folder_once_one_copy_has_been_there_for_a_while(
    shown: tuple[Copy, ...], *, moves: bool
) -> None:
    item, drive, state = _film(CAROL, *shown)
    view = LiveArrView(as_arr(RacedArr(lambda: None)))
    at = [NOW]
    executor = ActionExecutor(_context(state, at), item, drive, view)
    move = Move(7, "Dune (2021)", (FIRST, SECOND), "its files are there")
    assert isinstance(executor.do(move), Waits)
    at[0] = AFTER_TEN_MINUTES
    assert isinstance(executor.do(move), Done if moves else Waits)


def test_a_file_that_ended_and_stays_for_a_day_is_waited_for_with_what_the_user_can_do() -> None:
    item, drive, state = _film(CAROL, FIRST)
    at = [NOW]
    executor = ActionExecutor(_context(state, at), item, drive, LiveArrView(as_arr(RacedArr(lambda: None))))
    scan = Rescan(7, (), (FIRST.path,), "its file left the drive", ())
    assert executor.do(scan) == Waits(f"{FIRST.path} is still here")
    at[0] = NOW + DAY_MS
    outcome = executor.do(scan)
    assert isinstance(outcome, Waits)
    assert "delete it there" in outcome.why
