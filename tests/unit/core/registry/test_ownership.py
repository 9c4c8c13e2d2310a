"""Who downloads a unit, and how often claims took it from one owner to another."""

from mesharr.core.events.schema import Body, ItemLeft, UnitClaimed, UnitGrabbed, UnitReleased
from mesharr.core.registry.facts import Cuts, Fact
from mesharr.core.registry.ownership import LOCK_MS, Lock
from tests.unit.core.registry.test_registry import ALICE, BOB, A, B, C, at, imported, state_of
from tests.unit.core.strategies import ID, LIBRARY, copy_at

HOUR = 60
DAY = 24 * HOUR


def grab(stream: str, seq: int, minute: int) -> Fact:
    return at(stream, seq, UnitGrabbed(library=LIBRARY, id=ID, units=("1:1",)), minute)


def release(stream: str, seq: int, minute: int) -> Fact:
    return at(stream, seq, UnitReleased(library=LIBRARY, id=ID, units=("1:1",)), minute)


def claim(stream: str, seq: int, minute: int, term: int) -> Fact:
    body: Body = UnitClaimed(library=LIBRARY, id=ID, units=("1:1",), term=term)
    return at(stream, seq, body, minute)


def holders(*facts: Fact, cuts: Cuts | None = None) -> list[str]:
    return [lock.node for lock in state_of(*facts, cuts=cuts).locks.get("1:1", ())]


# -- locks


def test_who_grabbed_first_comes_first_until_it_lets_go() -> None:
    grabs = (grab(A, 1, 5), grab(B, 1, 2), grab(A, 2, 8))
    assert holders(*grabs) == [BOB, ALICE]
    (lock,) = state_of(*grabs, release(B, 2, 9)).locks["1:1"]
    assert lock == Lock(ALICE, grabs[0].hlc, grabs[2].hlc)


def test_the_import_of_who_grabbed_ends_its_lock_and_nobody_elses() -> None:
    done = at(A, 2, imported(copy_at("S/a.mkv")), 11)
    assert holders(grab(A, 1, 5), done) == []
    assert holders(grab(A, 1, 5), grab(B, 1, 6), done) == [BOB]


def test_a_grab_after_the_one_before_had_run_out_begins_again() -> None:
    late, other = grab(A, 2, 5 + DAY), grab(B, 1, 30)
    assert holders(grab(A, 1, 5), late, other) == [BOB, ALICE]
    assert holders(grab(A, 1, 5), grab(A, 2, 4 + DAY), other) == [ALICE, BOB]


def test_who_departs_gives_up_its_grabs() -> None:
    left = at(A, 2, ItemLeft(library=LIBRARY, id=ID), 9)
    assert holders(grab(A, 1, 5), left) == []
    assert holders(grab(A, 1, 5), cuts=Cuts(left={ALICE: left.stamp})) == []
    assert holders(grab(A, 3, 12), left) == [ALICE]


def test_a_lock_lives_for_a_day_from_its_last_renewal_by_the_readers_clock() -> None:
    (lock,) = state_of(grab(A, 1, 5), grab(A, 2, 12 * HOUR)).locks["1:1"]
    renewed = lock.ends - LOCK_MS
    assert lock.lives(renewed)
    assert lock.lives(lock.ends - 1)
    assert not lock.lives(lock.ends)


def test_a_lock_of_a_clock_that_is_years_ahead_keeps_nobody_waiting_for_years() -> None:
    (lock,) = state_of(grab(A, 1, 1000 * DAY)).locks["1:1"]
    assert not lock.lives(lock.ends - 500 * LOCK_MS)
    assert lock.lives(lock.ends - LOCK_MS - 60_000)  # a little ahead is no harm


# -- changes of hands


def test_a_claim_that_takes_a_unit_from_another_is_a_change_of_hands() -> None:
    first = at(A, 1, imported(copy_at("S/a.mkv")), 1)
    claims = claim(B, 1, 10, term=2), claim(A, 2, 20, term=3), claim(B, 2, 30, term=4)
    assert state_of(first).owner_changes == {}
    assert state_of(first, *claims[:2]).owner_changes == {"1:1": (claims[0].hlc, claims[1].hlc)}
    assert state_of(first, *claims).owner_changes == {"1:1": (claims[1].hlc, claims[2].hlc)}


def test_no_change_of_hands_is_an_import_nor_a_claim_of_what_nobody_had_or_the_claimer_has() -> None:
    again = at(B, 1, imported(copy_at("S/b.mkv"), term=2), 5)
    facts = claim(A, 1, 1, term=1), claim(A, 2, 2, term=2), again, claim(C, 1, 6, term=1)
    assert state_of(*facts).owner_changes == {}
