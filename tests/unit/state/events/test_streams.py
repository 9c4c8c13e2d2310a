"""What was applied of each stream: kept once, never taken back, and the same whatever came first."""

import random

import pytest

from mesharr.core.events.schema import NodeHello, NodeLeft
from mesharr.core.hlc import ZERO, text_of
from tests.unit.state.samples import (
    ALICE,
    BOB,
    DUNE,
    MOVIES,
    NOW,
    A,
    B,
    added,
    aliased,
    facts_about,
    imported,
    left,
    opened,
    stored,
)

BEFORE_THE_FIRST = (0, "0" * 64)
FOUR = [stored(1, added()), stored(2, imported("a.mkv")), stored(3, left()), stored(4, added())]


def test_applied_events_move_the_cursor_behind_the_last() -> None:
    streams = opened().streams
    assert streams.cursor(A) == BEFORE_THE_FIRST
    streams.apply(FOUR[:2], NOW)
    assert streams.cursor(A) == (2, FOUR[1].id)
    streams.apply(FOUR[2:], NOW)
    assert streams.cursor(A) == (4, FOUR[3].id)
    assert streams.count() == 4


def test_events_applied_twice_are_kept_once() -> None:
    state = opened()
    for _ in range(2):
        state.streams.apply(FOUR, NOW)
    assert state.streams.count() == 4
    assert len(facts_about(state, DUNE)) == 4


@pytest.mark.parametrize("again", [FOUR[:1], FOUR[:3], FOUR[1:3]])
def test_a_cursor_never_goes_back(again: list[object]) -> None:
    streams = opened().streams
    streams.apply(FOUR, NOW)
    streams.apply([event for event in FOUR if event in again], NOW + 1)
    assert streams.cursor(A) == (4, FOUR[3].id)


def test_nothing_to_apply_changes_nothing() -> None:
    streams = opened().streams
    streams.apply([], NOW)
    assert streams.all() == []


def test_an_event_that_is_there_is_not_replaced_by_another_of_its_seq() -> None:
    streams = opened().streams
    streams.apply(FOUR[:1], NOW)
    streams.apply([stored(1, left())], NOW)
    assert streams.known_id(A, 1) == FOUR[0].id


def test_applying_fails_as_a_whole() -> None:
    state = opened()

    def fail() -> None:
        with state.transaction():
            state.streams.apply(FOUR, NOW)
            state.dirty.mark([(MOVIES, DUNE)], NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.streams.cursor(A) == BEFORE_THE_FIRST
    assert facts_about(state, DUNE) == []
    assert state.dirty.all() == []


def test_streams_in_any_order_and_batches_give_the_same_registry() -> None:
    bob = [stored(seq, imported(f"b{seq}.mkv"), B) for seq in range(1, 9)]
    alice = [*FOUR, *(stored(seq, imported(f"a{seq}.mkv")) for seq in range(5, 9))]
    expected = b""
    for seed in range(20):
        order = random.Random(seed)
        state, queues = opened(), [list(alice), list(bob)]
        while queues:
            queue = order.choice(queues)
            count = order.randint(1, len(queue))
            state.streams.apply(queue[: count + order.randint(0, 2)], NOW)
            del queue[:count]
            queues = [queue for queue in queues if queue]
        encoded = state.items.state(MOVIES, DUNE).encoded()
        expected = expected or encoded
        assert encoded == expected


def test_a_head_that_was_proven_is_remembered_and_never_lower() -> None:
    streams = opened().streams
    streams.note_gap(A, 9, NOW)
    streams.note_gap(A, 4, NOW + 1)
    (row,) = streams.all()
    assert (row.seq, row.head, row.gap_since) == (0, 9, NOW)
    assert streams.reached(A) == 9
    assert streams.cursor(A) == BEFORE_THE_FIRST


def test_a_gap_begins_once_and_ends_when_events_come() -> None:
    streams = opened().streams
    streams.apply(FOUR[:1], NOW)
    streams.note_gap(A, 2, NOW + 5)
    streams.note_gap(A, 3, NOW + 9)
    assert streams.all()[0].gap_since == NOW + 5
    streams.apply(FOUR[1:3], NOW + 10)
    assert streams.all()[0].gap_since == 0
    streams.note_gap(A, 3, NOW + 11)
    assert streams.all()[0].gap_since == 0


def test_a_file_that_cannot_be_read_is_a_gap_without_a_head_until_it_is_listed_no_more() -> None:
    streams = opened().streams
    streams.apply(FOUR[:1], NOW)
    streams.note_gap(A, 0, NOW + 5, unreadable=True)
    streams.stop(A, "not readable for a day")
    (row,) = streams.all()
    assert (row.head, row.gap_since, row.why) == (0, NOW + 5, "not readable for a day")
    streams.note_gap(A, 0, NOW + 9)
    (row,) = streams.all()
    assert (row.gap_since, row.why) == (0, "")


def test_what_is_known_of_a_gap_is_written_once() -> None:
    """A name that nothing stands behind is listed at each poll."""
    state = opened()
    state.streams.apply(FOUR[:2], NOW)
    for stream, head, unreadable in (
        (A, 0, False),
        (A, 2, False),
        (B, 0, False),
        (B, 7, False),
        (B, 7, True),
    ):
        state.streams.note_gap(stream, head, NOW + 5, unreadable=unreadable)
        before = state.db.mark()
        state.streams.note_gap(stream, head, NOW + 9, unreadable=unreadable)
        assert state.db.mark() == before


def test_the_end_of_a_gap_leaves_the_reason_of_a_fork() -> None:
    streams = opened().streams
    streams.apply(FOUR[:2], NOW)
    streams.note_gap(A, 0, NOW + 5, unreadable=True)
    streams.fork(A, 2, b"other")
    streams.note_gap(A, 0, NOW + 9)
    assert streams.all()[0].why.startswith("forked at 2")


def test_a_stream_nothing_was_proven_of_makes_no_row() -> None:
    streams = opened().streams
    streams.note_gap(A, 0, NOW)
    assert streams.all() == []


def test_the_newest_clock_is_found_below_a_limit() -> None:
    streams = opened().streams
    limit = text_of(NOW + 600_000, 9999)
    assert streams.newest_hlc(limit) == ZERO
    streams.apply([stored(1, added(), A, at=NOW + 5)], NOW)
    assert streams.newest_hlc(limit) == text_of(NOW + 5)


def test_a_clock_far_ahead_does_not_hide_the_others() -> None:
    streams = opened().streams
    streams.apply([stored(1, added(), A, at=NOW + 5)], NOW)
    streams.apply([stored(1, added(), B, at=NOW + 10**9)], NOW)
    assert streams.newest_hlc(text_of(NOW + 600_000, 9999)) == text_of(NOW + 5)


def test_an_acknowledgement_only_grows() -> None:
    streams = opened().streams
    streams.apply(FOUR, NOW)
    for seq in (3, 7, 5):
        streams.acknowledge(A, seq)
    assert streams.all()[0].acknowledged == 7


def test_the_latest_of_a_type_is_found() -> None:
    streams = opened().streams
    hellos = [NodeHello(name="alice", key=key * 43) for key in ("A", "B")]
    streams.apply([stored(1, hellos[0]), stored(2, hellos[1]), stored(3, added())], NOW)
    found = streams.latest(A, "node.hello")
    assert found is not None
    assert found.seq == 2
    assert streams.latest(B, "node.hello") is None


# -- aliases


def test_facts_are_found_through_aliases_of_aliases() -> None:
    state = opened()
    events = [
        stored(1, added("tmdb:1")),
        stored(2, imported("a.mkv", item="tmdb:2")),
        stored(3, aliased("tmdb:1", "tmdb:2")),
        stored(4, aliased("tmdb:3", "tmdb:2")),
    ]
    state.streams.apply(events, NOW)
    assert state.items.ids(MOVIES, "tmdb:3") == ("tmdb:1", "tmdb:2", "tmdb:3")
    states = {state.items.state(MOVIES, item).encoded() for item in ("tmdb:1", "tmdb:2", "tmdb:3")}
    assert len(states) == 1
    assert list(state.items.state(MOVIES, "tmdb:3").copies) == ["a.mkv"]
    assert state.items.ids("tv", "tmdb:1") == ("tmdb:1",)


def test_a_line_whose_body_is_not_accepted_is_kept_and_not_folded() -> None:
    state = opened()
    good = stored(1, aliased("tmdb:1", "tmdb:2"))
    bad = good.line.replace(b"tmdb:2", b"../../2")
    event = type(good)(A, 1, good.id, good.hlc, good.type, bad)
    state.streams.apply([event], NOW)
    assert state.streams.cursor(A) == (1, good.id)
    assert state.items.ids(MOVIES, "tmdb:1") == ("tmdb:1",)
    assert facts_about(state, "tmdb:1") == []


# -- forks and leaving


def test_a_fork_cuts_at_its_lowest_seq_whichever_was_found_first() -> None:
    for found in ((3, 2), (2, 3)):
        state = opened()
        state.streams.apply(FOUR, NOW)
        for seq in found:
            state.streams.fork(A, seq, b"{another line}")
        assert state.streams.cuts().forks == {A: 2}
        assert state.items.state(MOVIES, DUNE).copies == {}
        assert state.items.state(MOVIES, DUNE).seen == {A: (1, FOUR[0].id)}
        assert "forked at" in state.streams.all()[0].why


def test_both_branches_of_a_fork_give_the_same_registry() -> None:
    one = [stored(1, added()), stored(2, aliased(DUNE, "tmdb:9")), stored(3, NodeLeft())]
    other = [stored(1, added()), stored(2, imported("other.mkv")), stored(3, left())]
    held: list[bytes] = []
    for mine, theirs in ((one, other), (other, one)):
        state = opened()
        state.streams.apply([stored(1, added("tmdb:9"), B)], NOW)
        state.streams.apply(mine, NOW)
        state.streams.fork(A, 2, theirs[1].line)
        assert state.streams.cuts().left == {}
        assert state.items.ids(MOVIES, DUNE) == (DUNE,)
        held.append(state.items.state(MOVIES, DUNE).encoded())
    assert held[0] == held[1]


def test_an_alias_that_comes_after_its_stream_forked_is_none() -> None:
    state = opened()
    state.streams.apply(FOUR[:1], NOW)
    state.streams.fork(A, 2, b"{another line}")
    state.streams.apply([stored(2, aliased(DUNE, "tmdb:9"))], NOW)
    assert state.items.ids(MOVIES, DUNE) == (DUNE,)


def test_a_node_left_the_mesh_at_its_last_event_that_states_so() -> None:
    state = opened()
    state.streams.apply([stored(1, NodeLeft()), stored(2, NodeLeft())], NOW)
    state.streams.apply([stored(1, added(), B)], NOW)
    assert state.streams.cuts().left == {ALICE: (text_of(NOW + 2), ALICE, "00000001", 2)}
    assert BOB not in state.streams.cuts().left
