"""What an older program kept without understanding it is folded when a newer one starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.core.events.schema import Body
from mesharr.node.inward.streams.refold import refold, understood
from mesharr.state.state import State
from tests.support.crashing import Crash, CrashDatabase, Points
from tests.support.household import Clock, Household, QuickDatabase, settle
from tests.unit.state.samples import DUNE, MOVIES, NOW, A, B, added, aliased, imported, left, stored

Pair = tuple[Household, Household]
TOLD: list[tuple[str, Body]] = [
    (A, added()),
    (A, imported("Dune (2021)/a.mkv")),
    (B, added("tmdb:2")),
    (A, aliased(DUNE, "tmdb:9")),
    (B, imported("Dune (2021)/b.mkv", item="tmdb:9")),
    (B, left("tmdb:2")),
    *((A, imported(f"Film {number}/film.mkv", item=f"tmdb:{number}")) for number in range(100, 140)),
]
NEW = frozenset({"file.imported", "item.aliased"})
OLDER = " ".join(word for word in understood().split() if word not in NEW)


def of_older(state: State, unknown: frozenset[str] = NEW) -> None:
    """Have a state hold `TOLD` as a program keeps it that knows no such types, its items dealt with."""
    seqs = {A: 0, B: 0}
    for stream, body in TOLD:
        seqs[stream] += 1
        event = stored(seqs[stream], body, stream)
        if event.type in unknown:
            event = type(event)(event.stream, event.seq, event.id, event.hlc, event.type, event.line)
        state.streams.apply([event], NOW)
    if "item.aliased" in unknown:
        state.db.write("DELETE FROM by_type WHERE type='item.aliased'")
        state.db.write("DELETE FROM aliases")
    state.index.note_made(OLDER)


def tables(state: State) -> dict[str, list[tuple[object, ...]]]:
    """Return everything that is made of events, or must not change by it."""
    names = (
        "about",
        "by_type",
        "aliases",
        "streams",
        "runs",
        "dirty",
        "outbox",
        "baselines",
        "memories",
        "index_made",
    )
    return {name: sorted(state.db.rows(f"SELECT * FROM {name}")) for name in names}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    held = State(QuickDatabase(str(tmp_path / "mesharr.db")))
    of_older(held)
    yield held
    held.db.close()


def test_what_was_unknown_when_it_came_is_folded_once_it_is_known(state: State) -> None:
    before = tables(state)
    assert state.items.state(MOVIES, DUNE).copies == {}
    refold(state, NOW)
    known = State(QuickDatabase(":memory:"))
    of_older(known, frozenset())
    assert state.items.state(MOVIES, DUNE) == known.items.state(MOVIES, DUNE)
    assert sorted(state.items.state(MOVIES, DUNE).copies) == ["dune (2021)/a.mkv", "dune (2021)/b.mkv"]
    after = tables(state)
    for made in ("about", "by_type", "aliases"):
        assert after[made] == tables(known)[made]
    for left_alone in ("streams", "runs", "outbox", "baselines", "memories"):
        assert after[left_alone] == before[left_alone]


def test_only_what_is_something_else_by_it_is_checked_again(state: State) -> None:
    refold(state, NOW)
    dirty = {each.item for each in state.dirty.all()}
    assert dirty == {DUNE, "tmdb:9", *(f"tmdb:{number}" for number in range(100, 140))}


def test_every_item_is_checked_again_when_the_fold_is_another(state: State) -> None:
    state.index.note_made(f"0 {understood().partition(' ')[2]}")
    refold(state, NOW)
    assert {each.item for each in state.dirty.all()} == set(state.items.all(MOVIES))


def test_a_database_that_names_no_fold_is_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesharr.node.inward.streams.refold.FOLD", 1)
    state = State(QuickDatabase(str(tmp_path / "mesharr.db")))
    of_older(state, frozenset())
    state.index.note_made("")
    before = tables(state)
    refold(state, NOW)
    after = tables(state)
    assert after.pop("index_made") != before.pop("index_made")
    assert after == before


def test_it_is_done_once_and_costs_nothing_after_that(state: State, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    refold(state, NOW)
    assert caplog.text.count("reading the 46 kept ones again") == 1
    caplog.clear()
    made = tables(state)
    (changes,) = state.db.row("SELECT total_changes()") or (0,)
    refold(state, NOW + 1)
    assert state.db.row("SELECT total_changes()") == (changes,)
    assert (tables(state), caplog.text) == (made, "")


def test_a_new_database_has_nothing_to_search(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    state = State(QuickDatabase(":memory:"))
    refold(state, NOW)
    assert (state.index.progress().made_by, caplog.text) == (understood(), "")


def test_it_may_be_killed_before_and_after_each_commit_and_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = State(QuickDatabase(":memory:"))
    of_older(whole)
    refold(whole, NOW)
    expected = tables(whole)
    deaths = 0
    while True:
        points = Points()
        path = str(tmp_path / f"{deaths}.db")
        dying = State(CrashDatabase(path, points))
        of_older(dying)
        points.armed, points.die_at = True, deaths + 1
        try:
            refold(dying, NOW, rows=4)
        except Crash:
            deaths += 1
        else:
            break
        dying.db.close()
        counted = Points()
        again = State(CrashDatabase(path, counted))
        counted.armed = True
        refold(again, NOW, rows=4)
        # each commit that was survived is not made again
        assert counted.names.count("after commit") + deaths - 1 == COMMITS
        found = tables(again)
        assert {**found, "dirty": unmarked(found)} == {**expected, "dirty": unmarked(expected)}
        again.db.close()
    assert deaths == 1 + COMMITS


COMMITS = 13
"""46 rows, four a transaction, and the end."""


def unmarked(found: dict[str, list[tuple[object, ...]]]) -> list[tuple[object, ...]]:
    """Return the dirty items without how often each was marked, which smaller batches do more often."""
    return [row[:-1] for row in found["dirty"]]


def test_a_film_whose_events_were_unknown_arrives_after_the_start_and_nothing_is_published_or_read_again(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    for _ in range(6):
        alice.once()
        clock.forward(10)
    assert alice.events() == ["item.added", "file.imported"]
    bob.engine.follower.step(clock())
    for table in ("about", "dirty"):
        assert bob.state.db.rows(f"SELECT 1 FROM {table}")
        bob.state.db.write(f"DELETE FROM {table}")
    bob.state.index.note_made("1 node.hello")
    settle(clock, bob)
    assert bob.movie(7) is None
    cursors = [(row.stream, row.seq, row.id) for row in bob.state.streams.all()]
    kept = bob.state.streams.count()
    bob.restart()
    assert [(row.stream, row.seq, row.id) for row in bob.state.streams.all()] == cursors
    settle(clock, bob)
    assert bob.shows(7) == (False, True)
    assert (bob.events(), bob.read_of(alice)) == ([], ["item.added", "file.imported"])
    assert bob.state.streams.count() - kept <= 2  # hellos
