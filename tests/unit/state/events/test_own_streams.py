"""The streams of this node: the present one, its clock, and those that it closed."""

from mesharr.core.hlc import ZERO, text_of
from tests.unit.state.samples import NOW, A, opened


def test_a_new_database_has_no_incarnation_and_its_clock_has_not_begun() -> None:
    own = opened().own_streams
    assert (own.incarnation(), own.clock(), own.other_writer_seen()) == ("", ZERO, 0)
    assert (own.closed(), own.opened(A), own.is_forked(A)) == ({}, 0, False)


def test_the_clock_goes_on_over_incarnations() -> None:
    own = opened().own_streams
    own.begin("00000001")
    own.set_clock(text_of(NOW))
    own.begin("00000002")
    assert (own.incarnation(), own.clock()) == ("00000002", text_of(NOW))


def test_a_stream_is_closed_at_the_highest_seq_that_is_known() -> None:
    own = opened().own_streams
    own.close(A, 0)
    assert own.closed() == {A: 0}
    own.close(A, 7)
    own.close(A, 5)
    assert own.closed() == {A: 7}


def test_a_stream_that_was_opened_or_forked_is_not_closed_by_that() -> None:
    own = opened().own_streams
    own.note_opened(A, NOW)
    own.note_fork(A, 3)
    own.note_other_writer(NOW + 1)
    assert (own.opened(A), own.is_forked(A), own.other_writer_seen()) == (NOW, True, NOW + 1)
    assert own.closed() == {}
