"""An item that waits for its app's own scan is visited when something else of it changes."""

from typing import cast

import pytest

from mesharr.core.arr.model import ArrScans
from mesharr.core.arr.snapshot import Baseline
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused
from mesharr.core.planning.actions import ImportFiles, Policy, Rescan
from mesharr.core.planning.limits import OWN
from mesharr.node.inward.files.settle import Settler, wait_for_scan
from mesharr.node.model import Library, LibraryStorage
from mesharr.node.outcome import NOT_VISIBLE, Failed, Outcome, RecheckAt, Stuck, Waits
from mesharr.node.status.conditions import lasting_conditions
from mesharr.state.db import Database
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

NOW = 1_764_000_000_000
READ_AT = NOW - 2_000


def test_only_an_item_that_was_not_marked_since_waits_for_nothing_but_the_scan() -> None:
    state = State(Database(":memory:"))
    settler = Settler({}, state, lambda: NOW)
    state.dirty.mark([("movies", "tmdb:7")], NOW)
    [dirty] = state.dirty.all()
    assert settler.scanned_ref(dirty) == 0
    settler.settle(dirty, "Film 7", RecheckAt(NOW, "the app scans it", scanned_ref=12))
    [waiting] = state.dirty.all()
    assert settler.scanned_ref(waiting) == 12
    state.dirty.mark([("movies", "tmdb:7")], NOW)
    [marked] = state.dirty.all()
    assert settler.scanned_ref(marked) == 0
    settler.settle(marked, "Film 7", RecheckAt(NOW, "something else"))
    [other] = state.dirty.all()
    assert settler.scanned_ref(other) == 0


@pytest.mark.parametrize(
    ("scans", "waits"),
    [
        (ArrScans(), ""),
        (ArrScans(running=frozenset({12})), "the app scans it by itself"),
        (ArrScans(all_running=True), "the app scans it by itself"),
        (ArrScans(running=frozenset({13}), ended={13: NOW}), ""),
        (ArrScans(ended={12: NOW - 1}), "the app has just scanned it"),
        (ArrScans(all_ended=NOW - 1), "the app has just scanned it"),
        (ArrScans(ended={12: READ_AT}), ""),
        (ArrScans(ended={12: NOW + 1}), ""),
    ],
)
def test_no_scan_is_asked_for_beside_or_just_after_the_apps_own(scans: ArrScans, waits: str) -> None:
    dirty = Dirty("movies", "tmdb:7", NOW, NOW, 0, "", "", "")
    for action in (Rescan(12, (), (), "its file is there"), ImportFiles(12, (), (), "its file is there", "")):
        outcome = wait_for_scan(dirty, action, scans, READ_AT, NOW)
        assert (outcome.why if outcome else "") == waits


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (RecheckAt(NOW, "the app is scanning"), "Lidarr is scanning"),
        (
            Stuck(NOW, "its folder in the app's list; the app has it"),
            "its folder in Lidarr's list; Lidarr has it",
        ),
        (Waits("nothing of it"), "nothing of it"),
        (Failed(Refused("the app keeps Film 8", "delete it")), "Lidarr keeps Film 8: delete it"),
    ],
)
def test_what_an_item_waits_for_names_its_app(outcome: Outcome, why: str) -> None:
    state = State(Database(":memory:"))
    music = Library(
        name="music",
        storage=cast("LibraryStorage", None),
        policy=Policy(),
        app="music-app",
        app_title="Lidarr",
    )
    settler = Settler({"music": music}, state, lambda: NOW)
    state.dirty.mark([("music", "mbid:7")], NOW)
    settler.settle(state.dirty.all()[0], "Artist 7", outcome)
    assert [dirty.why for dirty in state.dirty.all()] == [why]


@pytest.mark.parametrize(
    ("is_listed", "do"),
    [
        (False, "add it in Radarr and delete it there: "),
        (True, "if they shall be gone, delete it in Radarr: "),
    ],
)
def test_files_that_a_rejected_deletion_took_say_what_to_do(*, is_listed: bool, do: str) -> None:
    state = State(Database(":memory:"))
    library = Library(
        name="movies", storage=cast(LibraryStorage, None), policy=Policy(), app="radarr", app_title="Radarr"
    )
    settler = Settler({"movies": library}, state, lambda: NOW)
    state.items.set_baselines("movies", [("tmdb:7", Baseline(present=is_listed))])
    state.dirty.mark([("movies", "tmdb:7"), ("movies", "tmdb:8")], NOW)
    state.holds.reject(state.holds.add(OWN, "movies", "own_removals", [("tmdb:7", "Film 7")], "many", NOW))
    gone = f"Film (2001)/a.mkv (2.1 GB) {NOT_VISIBLE}"
    for each in state.dirty.all():
        settler.settle(each, "Film", Waits(gone))
    mine, other = sorted(state.dirty.all(), key=lambda each: each.item)
    assert mine.why.startswith("its deletion was rejected here: put its files back on the drive, or, ")
    assert mine.why.endswith(f"{do}{gone}")
    assert other.why == gone
    found = lasting_conditions(state, (), "", NOW + 2 * DAY_MS)
    assert [each.line.count("look at this node's mount") for _, each in sorted(found.items())] == [0, 1]
