"""Holds: groups of planned actions that wait until the user approves them."""

import pytest

from mesharr.core.errors import Refused
from mesharr.state.holds import Holds
from tests.unit.state.samples import BOB, MOVIES, NOW, opened


def held(holds: Holds, *items: str, kind: str = "removals", now: int = NOW) -> None:
    holds.add(BOB, MOVIES, kind, [(item, f"Title of {item}") for item in items], "more than 20", now)


def test_a_group_waits_as_one_with_all_of_its_items() -> None:
    holds = opened().holds
    held(holds, "tmdb:1", "tmdb:2")
    held(holds, "tmdb:2", "tmdb:3", now=NOW + 5)
    (hold,) = holds.all()
    assert [item for item, _ in hold.items] == ["tmdb:1", "tmdb:2", "tmdb:3"]
    assert (hold.since, hold.approved) == (NOW, False)


def test_each_kind_has_a_group_of_its_own() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    held(holds, "tmdb:1", kind="moves")
    assert [hold.kind for hold in holds.all()] == ["removals", "moves"]


def test_an_approval_is_for_what_is_listed() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    assert not holds.approved(MOVIES, "tmdb:1", "removals")
    holds.approve(holds.all()[0].n)
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert not holds.approved(MOVIES, "tmdb:1", "moves")


def test_an_approval_is_for_nothing_that_comes_later() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    holds.approve(holds.all()[0].n)
    held(holds, "tmdb:2")
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert not holds.approved(MOVIES, "tmdb:2", "removals")
    later = next(hold for hold in holds.all() if not hold.approved)
    assert [item for item, _ in later.items] == ["tmdb:2"]
    holds.approve(later.n)
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert holds.approved(MOVIES, "tmdb:2", "removals")


def test_a_hold_that_does_not_exist_cannot_be_approved() -> None:
    with pytest.raises(Refused, match="nothing with the number 7 needs approval"):
        opened().holds.approve(7)


def test_a_group_is_gone_when_all_of_it_was_done() -> None:
    holds = opened().holds
    held(holds, "tmdb:1", "tmdb:2")
    holds.approve(holds.all()[0].n)
    holds.take_out(MOVIES, "tmdb:1", "removals")
    assert [item for item, _ in holds.all()[0].items] == ["tmdb:2"]
    holds.take_out(MOVIES, "tmdb:2", "removals")
    assert holds.all() == []
    assert not holds.approved(MOVIES, "tmdb:1", "removals")


def test_recent_actions_of_a_peer_are_counted_by_kind_and_library() -> None:
    holds = opened().holds
    for now in (NOW, NOW + 10, NOW + 20):
        holds.note_action(BOB, MOVIES, "removals", now)
    holds.note_action(BOB, "tv", "removals", NOW)
    assert holds.count_actions(BOB, MOVIES, "removals", NOW + 10) == 2
    assert holds.count_actions(BOB, MOVIES, "moves", NOW) == 0
    holds.note_action(BOB, MOVIES, "removals", NOW + 2 * 86_400_000)
    assert holds.count_actions(BOB, MOVIES, "removals", 0) == 1
