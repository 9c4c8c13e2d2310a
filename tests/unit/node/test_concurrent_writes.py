"""Another thread writes to an item while something is done to it: nothing of either is lost."""

from collections.abc import Callable

import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import Item
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    Move,
    Pause,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
)
from mesharr.core.planning.limits import LIMITS, Amounts
from mesharr.node.arr_view import LiveArrView
from mesharr.node.inward.executor import ActionExecutor
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.limits import Guard
from mesharr.node.model import Me
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State
from tests.unit.node.racing import (
    DUNE,
    MOVIES,
    NOW,
    OtherThread,
    RacedArr,
    RacedDatabase,
    RacedStorage,
    as_arr,
    raced_library,
)

FILM = Item(id=DUNE, kind="movie", ids={"tmdb": 438631}, title="Dune", year=2021, folder="Dune (2021)")
UNITS = ("movie",)
ACTIONS: dict[str, Action] = {
    "add": Add(FILM, "bob-1", (), "bob has it"),
    "set monitored": SetMonitored(7, UNITS, True, "imported here"),
    "set unmonitored": SetMonitored(7, UNITS, False, "bob has the file"),
    "pause": Pause(7, UNITS, "bob-1", "bob downloads it"),
    "resume": Resume(7, UNITS, "nobody downloads it"),
    "rescan": Rescan(7, (), (), "its file is on the drive"),
    "rescan of own files": Rescan(7, (), (), "its file is on the drive", ("Dune (2021)/a.mkv",)),
    "move": Move(7, "Dune", (), "its files are there"),
    "set series type": SetSeriesType(7, "Dune", "anime", "1 anime", "it is anime in the mesh"),
    "remove": Remove(7, "Dune", "removed by bob"),
    "claim": Claim(UNITS, "monitored here by the user"),
    "confirm gone": ConfirmGone(("Dune (2021)/a.mkv",), {"a": "b"}, "a peer deleted something there"),
    "verify own files": VerifyOwnFiles(("Dune (2021)/a.mkv",), "the app does not list it"),
    "check scans": CheckScans(7, "a scan may write an old flag back"),
}
WITHOUT_REQUEST = {"claim", "confirm gone"}
SAVES_NOTHING = {"move"}


def executor_of(state: State, during: Callable[[], None]) -> ActionExecutor:
    """Return what acts on Dune, in whose requests to app and drive something is done."""
    library = raced_library(RacedStorage(during))
    item = VisitedItem(state, library, Dirty(MOVIES, DUNE, NOW, NOW, 0, "", "", ""))
    guard = Guard("alice-1", state, {row.kind: Amounts(99, 99) for row in LIMITS}, ask_first=True)
    view = LiveArrView(as_arr(RacedArr(during)))
    me = Me("alice-1", "alice", "0" * 16)
    context = VisitContext(me=me, libraries={}, state=state, guard=guard, now=lambda: NOW)
    return ActionExecutor(context, item, DriveView(library, state), view)


def raced() -> tuple[OtherThread, State]:
    """Return another thread, and the state it writes to."""
    other = OtherThread()
    state = State(RacedDatabase(other))
    other.state = state
    return other, state


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in WITHOUT_REQUEST])
def test_what_is_written_during_a_request_is_kept(name: str) -> None:
    other, state = raced()
    executor = executor_of(state, other.comes)
    state.apps.note_settings_checked("radarr", NOW)
    other.armed = True
    executor.do(ACTIONS[name])
    assert not other.is_lost()


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in SAVES_NOTHING])
def test_what_is_written_just_before_an_action_is_saved_is_kept(name: str) -> None:
    """The other thread gets the lock of the database between the last request and the save."""
    other, state = raced()

    def arm() -> None:
        other.armed = not other.writes

    executor = executor_of(state, arm)
    state.apps.note_settings_checked("radarr", NOW)
    other.armed = name in WITHOUT_REQUEST
    executor.do(ACTIONS[name])
    assert not other.is_lost()


def test_a_baseline_that_is_taken_while_an_item_is_added_is_kept() -> None:
    """The app's webhook may come before its answer, and be dealt with by then."""
    _, state = raced()
    taken = Baseline(folder="Dune (2021)", files={"Dune (2021)/a.mkv": 5})
    executor = executor_of(state, lambda: state.items.set_baselines(MOVIES, [(DUNE, taken)]))
    state.apps.note_settings_checked("radarr", NOW)
    executor.do(ACTIONS["add"])
    assert state.items.baseline(MOVIES, DUNE) == taken
