"""What is kept of other nodes, and of the notices that were sent."""

import pytest

from tests.unit.state.samples import ALICE, BOB, NOW, A, B, added, opened, stored


def test_a_node_that_is_not_trusted_is_new_once_and_forgotten_when_it_writes_no_more() -> None:
    nodes = opened().node_warnings
    assert nodes.note_unknown({BOB, ALICE}, NOW) == [ALICE, BOB]
    assert nodes.note_unknown({BOB}, NOW + 5) == []
    assert nodes.unknown() == {BOB: NOW}


def test_a_node_is_called_by_its_name_and_by_its_id_where_another_has_that_name() -> None:
    state = opened()
    for stream in (A, B):
        state.streams.apply([stored(1, added(), stream)], NOW)
    assert state.names.all() == {ALICE: "alice", BOB: "bob"}
    state.streams.apply([stored(1, added(), "bob-00000003.00000001")], NOW)
    assert [state.names.called(node) for node in (ALICE, BOB, "carol-00000009", "")] == [
        "alice",
        BOB,
        "carol",
        "",
    ]


def test_a_node_that_another_process_noted_a_moment_before_is_kept_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nodes = opened().node_warnings
    nodes.note_unknown({BOB}, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(nodes, "unknown", dict)  # read before the other one wrote
        nodes.note_unknown({BOB}, NOW + 5)
    assert nodes.unknown() == {BOB: NOW}


def test_a_clock_is_wrong_until_it_is_not() -> None:
    nodes = opened().node_warnings
    nodes.note_clock(BOB, "2036-01-01T00:00:00.000Z-0000")
    nodes.note_clock(ALICE, "")
    assert nodes.wrong_clocks() == {BOB: "2036-01-01T00:00:00.000Z-0000"}
    nodes.note_clock(BOB, "")
    assert nodes.wrong_clocks() == {}


def test_it_is_kept_when_a_peer_named_an_event_that_is_lacked_here() -> None:
    nodes = opened().node_warnings
    assert nodes.fork_reported(BOB) == 0
    nodes.note_fork_report(BOB, NOW)
    assert (nodes.fork_reported(BOB), nodes.fork_reported(ALICE)) == (NOW, 0)


def test_a_notice_was_sent_to_a_target_until_its_condition_is_over() -> None:
    notices = opened().sent_notices
    notices.note_sent("phone", ["held:1", "held:2"])
    notices.note_sent("phone", ["held:2"])
    notices.note_sent("mail", ["held:1"])
    notices.forget("phone", {"held:1"})
    assert notices.sent("phone") == {"held:2"}
    assert notices.sent("mail") == {"held:1"}


def test_the_first_check_of_a_target_is_another_than_one_that_found_no_event() -> None:
    notices = opened().sent_notices
    assert notices.place("phone") is None
    notices.note_place("phone", 0)
    assert notices.place("phone") == 0
