"""The clock of a stream only goes forward, follows the mesh, and does not follow a clock that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.core import hlc
from mesharr.core.errors import Rejected

NOON = hlc.parts_of("2026-11-22T12:00:00.000Z-0000")[0]
MINUTE = 60_000
walls = st.integers(0, 4_000_000_000_000)
counters = st.integers(0, 9999)


@given(walls, counters)
def test_a_value_says_its_parts_again(wall: int, counter: int) -> None:
    assert hlc.parts_of(hlc.text_of(wall, counter)) == (wall, counter)


@given(walls, counters, walls, counters)
def test_values_sort_as_text_as_their_parts_do(wall: int, counter: int, other: int, more: int) -> None:
    one, two = hlc.text_of(wall, counter), hlc.text_of(other, more)
    assert (one < two) == ((wall, counter) < (other, more))


@given(walls, walls, counters, walls, counters)
def test_a_tick_is_after_its_own_last_and_after_what_it_may_follow(
    wall: int, last: int, counter: int, applied: int, more: int
) -> None:
    mine, theirs = hlc.text_of(last, counter), hlc.text_of(applied, more)
    value = hlc.tick(wall, mine, theirs)
    assert value > mine
    assert hlc.parts_of(value)[0] >= wall
    if applied <= wall + hlc.MAX_AHEAD_MS:
        assert value > theirs


@given(st.lists(st.tuples(st.integers(-MINUTE, MINUTE), st.integers(-60, 60)), max_size=40))
def test_a_stream_of_ticks_goes_forward_when_the_wall_clock_does_not(steps: list[tuple[int, int]]) -> None:
    wall, values = NOON, [hlc.ZERO]
    for step, minutes in steps:
        wall += step
        values.append(hlc.tick(wall, values[-1], hlc.text_of(wall + minutes * MINUTE)))
    assert values == sorted(set(values))


@given(walls, counters, st.integers(1, 10**10), counters)
def test_a_peer_more_than_ten_minutes_ahead_is_not_followed(
    wall: int, counter: int, ahead: int, more: int
) -> None:
    mad = hlc.text_of(wall + hlc.MAX_AHEAD_MS + ahead, more)
    mine = hlc.text_of(wall, counter)
    assert hlc.tick(wall, mine, mad) == hlc.tick(wall, mine)


def test_a_peer_exactly_ten_minutes_ahead_is_followed() -> None:
    ahead = hlc.text_of(NOON + 10 * MINUTE, 7)
    assert hlc.tick(NOON, hlc.ZERO, ahead) == "2026-11-22T12:10:00.000Z-0008"


def test_a_wall_clock_that_was_set_back_counts_on_from_the_last_value() -> None:
    assert hlc.tick(NOON - MINUTE, hlc.text_of(NOON)) == "2026-11-22T12:00:00.000Z-0001"


def test_a_full_counter_takes_the_next_millisecond() -> None:
    assert hlc.tick(NOON, hlc.text_of(NOON, 9999)) == "2026-11-22T12:00:00.001Z-0000"


def test_a_later_wall_clock_starts_the_counter_again() -> None:
    assert hlc.tick(NOON, hlc.text_of(NOON - 1, 40)) == "2026-11-22T12:00:00.000Z-0000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:00.000Z-1",
        "2026-11-22T12:00:00.000Z-00001",
        "2026-11-22 12:00:00.000Z-0000",
        "2026-13-22T12:00:00.000Z-0000",
        "2026-02-30T12:00:00.000Z-0000",
        "2026-11-22T12:00:61.000Z-0000",
        "2026-11-22T12:00:00.000Z-0000\n",
        "\u0662\u0660\u0662\u0666-11-22T12:00:00.000Z-0000",
    ],
)
def test_what_is_no_clock_value_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match="not a clock value"):
        hlc.parts_of(text)
