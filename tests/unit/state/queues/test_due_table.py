"""What every queue has in common: rows that are due at a time, and are tried again."""

import pytest

from mesharr.state.db import Database
from mesharr.state.queues.due_table import WAITING, DueTable, bring_forward
from tests.unit.state.samples import MOVIES, NOW, opened


@pytest.fixture
def db() -> Database:
    db = Database(":memory:")
    db.write("CREATE TABLE jobs(name TEXT, kind TEXT, next INTEGER, tries INTEGER, why TEXT)")
    db.write_many(
        "INSERT INTO jobs VALUES(?,?,?,0,'')",
        [("a", "work", NOW), ("b", "work", NOW + 10), ("c", "other", NOW + 20), ("d", "done", NOW)],
    )
    return db


@pytest.fixture
def jobs(db: Database) -> DueTable:
    return DueTable(db, "jobs", "name, tries, why", ("name",), work="kind!='done'")


def due(jobs: DueTable, now: int) -> str:
    return "".join(name for name, *_ in jobs.due(now, order="name"))


def test_rows_are_due_when_their_time_has_come_and_those_that_are_no_work_never_are(jobs: DueTable) -> None:
    asked = (NOW - 1, NOW, NOW + 10, NOW + 99)
    assert [due(jobs, now) for now in asked] == ["", "a", "ab", "abc"]
    assert jobs.due(NOW + 99, "kind=?", ("work",), order="name DESC", limit=1) == [("b", 0, "")]
    assert len(jobs.rows(order="name")) == 4


def test_the_next_row_is_the_one_that_is_due_first(jobs: DueTable) -> None:
    assert jobs.next_due() == NOW
    assert jobs.next_due("kind=?", ("other",)) == NOW + 20
    assert jobs.next_due("kind=?", ("none",)) is None


def test_a_row_that_is_tried_later_counts_its_tries_and_keeps_why(jobs: DueTable) -> None:
    jobs.later([("a",)], NOW + 50, "no answer")
    jobs.later([("a",)], NOW + 60, "refused")
    assert due(jobs, NOW + 59) == "bc"
    assert jobs.rows("name=?", ("a",), order="name") == [("a", 2, "refused")]


def test_to_hurry_brings_rows_forward_and_never_puts_them_off(jobs: DueTable) -> None:
    jobs.hurry(NOW + 5, "kind=?", ("work",))
    assert jobs.next_due() == NOW
    assert due(jobs, NOW + 5) == "ab"


def test_a_retry_makes_every_row_due_as_if_it_had_never_failed(jobs: DueTable) -> None:
    jobs.later([("a",), ("b",)], NOW + 500, "no answer")
    assert jobs.retry(NOW) == 3
    assert [row[1] for row in jobs.due(NOW, order="name")] == [0, 0, 0]
    assert jobs.retry(NOW, "kind=?", ("work",)) == 2


def test_a_row_that_is_dropped_waits_no_more(jobs: DueTable) -> None:
    jobs.drop([("a",), ("c",)])
    assert (jobs.count(), due(jobs, NOW + 99)) == (1, "b")


def test_every_table_whose_rows_wait_for_a_time_is_known_as_one() -> None:
    db = opened().db
    tables = [str(name) for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type='table'")]
    waiting = {name for name in tables if "next" in {row[1] for row in db.rows(f"PRAGMA table_info({name})")}}
    assert waiting == set(WAITING)


def test_after_the_clock_was_set_back_all_that_waits_is_due() -> None:
    state = opened()
    year = 365 * 86_400_000
    state.quarantine.put("events/a", "torn", NOW + year, lambda _tries: 1000)
    state.scans.put(["plex"], MOVIES, "Dune (2021)", NOW + year)
    state.scans.put(["plex"], MOVIES, "Tenet (2020)", NOW - 5)
    bring_forward(state.db, NOW)
    assert not state.quarantine.is_waiting("events/a", NOW)
    assert len(state.scans.due("plex", NOW)) == 2
    assert len(state.scans.due("plex", NOW - 1)) == 1
