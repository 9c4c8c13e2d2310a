"""What is kept of single items: that they are missing, their conflicts, and what of them was scanned."""

from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.registry.conflicts import Conflict
from tests.unit.state.samples import ALICE, BOB, DUNE, MOVIES, opened

DOUBLE = Conflict(("S01E01", "S01E02"), ALICE, "a.mkv", "b.mkv", BOB)


def test_an_item_is_missing_until_it_is_not_and_for_the_best_reason_known() -> None:
    missing = opened().missing
    assert not missing.note(MOVIES, DUNE, "")
    assert not missing.note(MOVIES, DUNE, NOT_LISTED)
    assert missing.note(MOVIES, DUNE, "deleted by its import list")
    assert missing.note(MOVIES, DUNE, NOT_LISTED)
    assert missing.why(MOVIES, DUNE) == "deleted by its import list"
    assert missing.all() == [(MOVIES, DUNE, "deleted by its import list")]
    assert missing.of(MOVIES) == {DUNE}
    assert missing.of("tv") == frozenset()
    assert missing.note(MOVIES, DUNE, "")
    assert missing.all() == []


def test_the_conflicts_of_an_item_replace_those_before() -> None:
    conflicts = opened().conflicts
    other = Conflict(("S02E01",), "", "c.mkv", "d.mkv", BOB)
    conflicts.put("tv", "tvdb:1", (DOUBLE, other))
    conflicts.put("tv", "tvdb:2", (other,))
    assert conflicts.all() == [("tv", "tvdb:1", DOUBLE), ("tv", "tvdb:1", other), ("tv", "tvdb:2", other)]
    conflicts.put("tv", "tvdb:1", (other,))
    conflicts.put("tv", "tvdb:2", ())
    conflicts.put("tv", "tvdb:3", ())
    assert conflicts.all() == [("tv", "tvdb:1", other)]


def test_the_marks_of_what_was_scanned_replace_those_before() -> None:
    marks = opened().scan_marks
    assert marks.of(MOVIES, DUNE) == frozenset()
    marks.put(MOVIES, DUNE, ["0a", "0b"])
    marks.put(MOVIES, DUNE, ["0b", "0c"])
    assert marks.of(MOVIES, DUNE) == {"0b", "0c"}
