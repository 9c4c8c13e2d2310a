"""A peer that jumps to the maximum term owns until another node takes over, as from any owner."""

import msgspec

from mesharr.core.events.schema import Body, Heads, ItemChanged, ItemLeft
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.supersede import NAMED
from tests.unit.core.registry.test_registry import ALICE, BOB, CAROL, A, B, C, at, claimed, imported, state_of
from tests.unit.core.strategies import ID, LIBRARY, copy_at, fact_of

YEAR = 365 * 24 * 60


def known(fact: Fact) -> Fact:
    """Return a fact with its id."""
    return fact_of(fact.stream, fact.seq, fact.hlc, fact.body)


def jump(stream: str, seq: int, minute: int = 0, term: int = MAX_TERM) -> Fact:
    return known(at(stream, seq, claimed("1:1", term=term), minute))


def answer(stream: str, seq: int, state: ItemState, minute: int = 0) -> Fact:
    """Return the claim of somebody who has seen all that `state` was made of."""
    body = claimed("1:1", term=1 + state.terms.get("1:1", 0))
    return known(at(stream, seq, msgspec.structs.replace(body, over=state.events_at_maximum), minute))


OLD = known(at(A, 1, imported(copy_at("S/a.mkv"))))


def test_whoever_has_seen_a_jump_takes_the_unit_with_an_ordinary_term_though_its_clock_is_behind() -> None:
    far = jump(B, 1, minute=YEAR)
    assert state_of(OLD, far).owner_of("1:1") == BOB
    taken = answer(A, 2, state_of(OLD, far), minute=2)
    assert getattr(taken.body, "term", 0) == 2
    assert state_of(OLD, far, taken).owner_of("1:1") == ALICE
    assert state_of(taken, far, OLD).owner_of("1:1") == ALICE


def test_whoever_has_not_seen_the_jump_loses_to_it_and_may_claim_again() -> None:
    far, unaware = jump(B, 1), known(at(C, 1, claimed("1:1", term=2)))
    both = state_of(OLD, far, unaware)
    assert both.owner_of("1:1") == BOB
    assert state_of(OLD, far, unaware, answer(C, 2, both)).owner_of("1:1") == CAROL


def test_who_jumps_again_has_to_be_answered_again() -> None:
    facts = [OLD, jump(B, 1)]
    for seq in range(2, 6):
        facts.append(answer(A, seq, state_of(*facts)))
        assert state_of(*facts).owner_of("1:1") == ALICE
        facts.append(jump(B, seq))
        assert state_of(*facts).owner_of("1:1") == BOB


def test_after_a_jump_to_just_below_the_top_everybody_can_still_take_it_from_everybody() -> None:
    facts = [OLD, jump(B, 1, term=MAX_TERM - 1)]
    for seq in range(2, 6):
        for stream, node in ((A, ALICE), (B, BOB), (C, CAROL)):
            facts.append(answer(stream, seq, state_of(*facts)))
            assert state_of(*facts).owner_of("1:1") == node
            assert state_of(*facts[::-1]).owner_of("1:1") == node


def test_where_the_one_who_answered_first_is_not_received_the_later_answer_stands() -> None:
    far = jump(B, 1)
    first = answer(A, 2, state_of(OLD, far))
    second = answer(C, 1, state_of(OLD, far, first))
    assert state_of(OLD, far, second).owner_of("1:1") == CAROL
    assert state_of(OLD, first, second).owner_of("1:1") == CAROL


def test_a_jump_that_was_answered_is_not_back_when_who_answered_it_departs() -> None:
    far = jump(B, 1)
    taken = answer(C, 1, state_of(OLD, far))
    left = known(at(C, 2, ItemLeft(library=LIBRARY, id=ID)))
    assert state_of(OLD, far, taken, left).owner_of("1:1") == ALICE


def test_what_names_an_event_by_a_wrong_id_or_below_the_top_takes_nothing_from_it() -> None:
    far = jump(B, 1)

    def naming(over: Heads) -> ItemState:
        body = msgspec.structs.replace(claimed("1:1", term=2), over=over)
        return state_of(OLD, far, known(at(C, 1, body)))

    assert naming({B: (1, far.id)}).owner_of("1:1") == CAROL
    for wrong in ({B: (1, "0" * 64)}, {B: (2, far.id)}, {B: (2**53 - 1, "")}, {A: (1, OLD.id)}):
        assert naming(wrong).owner_of("1:1") == BOB
    high = known(at(A, 2, claimed("1:1", term=9)))
    over = msgspec.structs.replace(claimed("1:1", term=2), over={A: (2, high.id)})
    assert state_of(OLD, high, known(at(C, 1, over))).owner_of("1:1") == ALICE


def test_other_units_of_the_jump_stay_with_who_jumped_until_they_are_taken() -> None:
    pack = known(at(A, 1, imported(copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2"))))
    far = known(at(B, 1, claimed("1:1", "1:2", term=MAX_TERM)))
    state = state_of(pack, far, answer(C, 1, state_of(pack, far)))
    assert (state.owner_of("1:1"), state.owner_of("1:2")) == (CAROL, BOB)


def test_the_place_of_an_item_is_taken_back_from_who_jumped_to_the_highest_version() -> None:
    def change(folder: str, version: int, over: Heads | None = None) -> Body:
        return ItemChanged(library=LIBRARY, id=ID, folder=folder, version=version, over=over or {})

    far = known(at(B, 1, change("Far", MAX_TERM), minute=YEAR))
    state = state_of(OLD, far)
    assert (state.folder, state.version) == ("Far", 0)
    back = known(at(A, 2, change("Home", state.version + 1, state.events_at_maximum), minute=2))
    assert state_of(OLD, far, back).folder == "Home"


def test_a_peer_that_jumps_in_ever_new_incarnations_is_answered_in_lines_that_stay_short() -> None:
    jumps = [jump(f"{BOB}.{number:08x}", 1) for number in range(40)]
    facts, claims = [OLD, *jumps], 0
    while state_of(*facts).owner_of("1:1") != ALICE:
        claims += 1
        state = state_of(*facts)
        assert len(state.events_at_maximum) == NAMED
        facts.append(answer(A, 1 + claims, state))
    assert claims == 3
