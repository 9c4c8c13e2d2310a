"""Events are kept in rows of many, and found as if each had its own."""

import sqlite3
from pathlib import Path

import pytest

from mesharr.state.db import Database
from mesharr.state.events.runs import MAX_RUN
from mesharr.state.events.streams import StoredEvent, Streams
from mesharr.state.state import State
from tests.unit.state.samples import (
    DUNE,
    MOVIES,
    NOW,
    A,
    B,
    added,
    facts_about,
    imported,
    left,
    opened,
    stored,
)

CAME = NOW + 1_000
"""When the streams of `state` were applied."""
YEAR = 365 * 86_400_000
LONG = [stored(seq, imported("x" * 200 + ".mkv", item=f"tmdb:{seq % 7 + 1}")) for seq in range(1, 401)]


def rows(state: State) -> list[tuple[int, int]]:
    """Return the bounds of the rows of the stream A."""
    found = state.db.rows("SELECT first, last FROM runs WHERE stream=? ORDER BY first", (A,))
    return [(int(first), int(last)) for first, last in found]


def alike(streams: Streams, events: list[StoredEvent]) -> bool:
    """Whether these events of the stream A are held as they were applied, items aside."""
    held = streams.since(A, events[0].seq, len(events))
    return [(e.seq, e.id, e.hlc, e.type, e.line) for e in held] == [
        (e.seq, e.id, e.hlc, e.type, e.line) for e in events
    ]


@pytest.fixture
def state() -> State:
    """A state that holds a long stream, with another's events in between."""
    state = opened()
    state.streams.apply(LONG[:250], CAME)
    state.streams.apply([stored(1, added(), B), stored(2, left(), B)], CAME)
    state.streams.apply(LONG[250:], CAME)
    return state


def test_a_long_stream_is_a_few_rows_of_bounded_size(state: State) -> None:
    bounds = rows(state)
    assert 8 < len(bounds) < 20
    assert [first for first, _ in bounds] == [1, *(last + 1 for _, last in bounds[:-1])]
    assert bounds[-1][1] == 400
    (longest,) = state.db.row("SELECT max(length(lines)) FROM runs") or (0,)
    assert longest <= MAX_RUN + 400


def test_a_line_longer_than_a_row_has_one_of_its_own() -> None:
    state = opened()
    huge = stored(2, imported(*(f"{n:04d}{'x' * 200}.mkv" for n in range(200))))
    assert len(huge.line) > MAX_RUN
    state.streams.apply([LONG[0], huge, *LONG[2:5]], NOW)
    assert rows(state) == [(1, 1), (2, 2), (3, 5)]
    assert alike(state.streams, [LONG[0], huge, *LONG[2:5]])


def test_each_event_is_found_wherever_it_lies_in_its_row(state: State) -> None:
    streams = state.streams
    assert alike(streams, LONG)
    for event in LONG:
        assert streams.known_id(A, event.seq) == event.id
        assert alike(streams, [event])
    assert streams.known_id(A, 0) is None
    assert streams.known_id(A, 401) is None
    assert streams.known_id(B, 3) is None
    assert streams.event(A, 401) is None
    assert streams.since(A, 401) == []
    assert streams.count() == 402


def test_the_newest_are_in_the_order_they_were_applied(state: State) -> None:
    everything = state.streams.newest(1000)
    order = [(A, seq) for seq in range(1, 251)] + [(B, 1), (B, 2)] + [(A, seq) for seq in range(251, 401)]
    assert [(event.stream, event.seq) for _, event in everything] == order
    assert [place for place, _ in everything] == list(range(1, 403))
    for limit in (1, 2, 149, 150, 151, 153, 402):
        assert state.streams.newest(limit) == everything[-limit:]
    for after in (0, 1, 249, 250, 252, 401, 402):
        assert state.streams.newest(1000, after) == everything[after:]
    assert state.streams.newest(2, 300) == everything[-2:]


def test_an_item_is_made_of_its_events_in_all_rows(state: State) -> None:
    for item in range(7):
        facts = facts_about(state, f"tmdb:{item + 1}")
        assert [fact.seq for fact in facts] == [seq for seq in range(1, 401) if seq % 7 == item]
    assert len(state.streams.about(MOVIES, [DUNE])) == 2


def test_recent_events_are_found_by_the_clocks_of_their_authors(state: State) -> None:
    assert set(state.items.touched(MOVIES, NOW + 399, CAME)) == {"tmdb:1", "tmdb:2"}
    assert set(state.items.touched(MOVIES, NOW + 400, CAME)) == {"tmdb:2"}
    assert state.items.touched(MOVIES, NOW + 401, CAME) == []
    assert state.items.touched("tv", NOW, CAME) == []


def test_an_event_of_a_clock_a_year_ahead_is_recent_only_when_it_was_applied_recently() -> None:
    state = opened()
    state.streams.apply(
        [stored(1, added(), at=NOW + YEAR), stored(2, added("tmdb:2"), at=NOW + YEAR + 1)], NOW
    )
    assert state.items.touched(MOVIES, NOW - 100, NOW) == [DUNE, "tmdb:2"]
    assert state.items.touched(MOVIES, NOW + 100, NOW + 200) == []


def test_an_event_applied_while_the_own_clock_was_a_year_ahead_is_not_recent_for_a_year() -> None:
    state = opened()
    state.streams.apply([stored(1, added(), at=NOW + YEAR)], NOW + YEAR)
    state.streams.apply([stored(1, added("tmdb:2"), B)], NOW + YEAR)
    assert state.items.touched(MOVIES, NOW - 100, NOW) == []
    state.streams.apply([stored(2, added("tmdb:3"), at=NOW + YEAR + 1)], NOW)  # the stream keeps its clock
    assert state.items.touched(MOVIES, NOW - 100, NOW) == ["tmdb:3"]


@pytest.mark.parametrize("again", [(0, 400), (100, 300), (399, 400), (200, 400)])
def test_events_that_are_there_already_are_kept_once(state: State, again: tuple[int, int]) -> None:
    state.streams.apply(LONG[slice(*again)], NOW + 1)
    state.streams.apply([*LONG[again[0] :], stored(401, left())], NOW + 1)
    assert state.streams.count() == 403
    assert state.streams.cursor(A)[0] == 401
    assert alike(state.streams, LONG)


def test_a_copy_is_made_of_a_database_with_other_pages(tmp_path: Path) -> None:
    path = tmp_path / "mesharr.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size=4096")
    connection.execute("CREATE TABLE was(x)")
    connection.commit()
    connection.close()
    state = opened(str(path))
    state.streams.apply(LONG, NOW)
    assert state.db.row("PRAGMA page_size") == (4096,)
    copy = State(Database.copy_of(str(path)))
    assert alike(copy.streams, LONG)
    copy.streams.apply([stored(401, left())], NOW)
    assert state.streams.cursor(A)[0] == 400
