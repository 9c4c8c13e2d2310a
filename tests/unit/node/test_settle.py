"""An item that waits for its app's own scan is visited when something else of it changes."""

from mesharr.node.inward.files.settle import Settler
from mesharr.node.outcome import RecheckAt
from mesharr.state.db import Database
from mesharr.state.state import State

NOW = 1_764_000_000_000


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
