"""Unpublished files that the app lists no more are not waited for, whatever is in their place."""

import pytest

from mesharr.core.events.schema import FileRenamed, Renamed
from mesharr.node.inward.files.vanished import vanished_files
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.db import Database
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State
from tests.unit.core.planning.test_plan import copy_at, shows
from tests.unit.node.racing import DUNE, MOVIES, NOW, RacedStorage, raced_library

RENAMED = copy_at("Dune (2021)/renamed.mkv")
TEN_MINUTES_MS = 600_000


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_rename_of_an_overwritten_file_waits_only_while_the_app_lists_it(*, is_listed: bool) -> None:
    state = State(Database(":memory:"))
    library = raced_library(RacedStorage(lambda: None))
    files = (Renamed(old="Dune (2021)/Dune.mkv", new=RENAMED),)
    state.outbox.put(
        DUNE, FileRenamed(library=MOVIES, id=DUNE, files=files, seen={}), "drive", "renamed", NOW
    )
    [upload] = state.uploads.all()
    state.uploads.note_other_size(upload, 7, NOW)
    item = VisitedItem(state, library, Dirty(MOVIES, DUNE, NOW, NOW, 0, "", "", ""))
    actual = shows(RENAMED) if is_listed else None
    for later, waits in ((0, True), (TEN_MINUTES_MS, is_listed)):
        assert vanished_files(state, item, actual, NOW + later) == frozenset()
        assert bool(state.outbox.all()) is waits
