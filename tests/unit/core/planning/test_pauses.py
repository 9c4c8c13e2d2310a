"""What a peer downloads is not monitored here meanwhile, and is what it was before when the grab is over."""

from typing import Any

import msgspec
import pytest

from mesharr.core.hlc import text_of
from mesharr.core.planning.actions import Pause, Plan, Remove, Resume, SetMonitored
from mesharr.core.planning.memory import ItemMemory, PauseRecord
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.ownership import LOCK_MS, Lock, Owner
from tests.unit.core.planning.test_plan import (
    BOB,
    CAROL,
    ME,
    NOW,
    TEN,
    copy_at,
    gone,
    kinds,
    planned,
    shows,
    wants,
)

HOUR = 3_600_000


def lock(node: str = BOB, since: int = NOW - HOUR, renewed: int | None = None) -> Lock:
    return Lock(node, text_of(since), text_of(since if renewed is None else renewed))


def grabbed(*locks: Lock, unit: str = "movie", state: ItemState | None = None) -> ItemState:
    """Return a registry in which a desired film has no file, and these grabs."""
    return msgspec.structs.replace(state or wants(owner=""), locks={unit: locks})


def paused(now: int = NOW, **members: Any) -> ItemMemory:
    return ItemMemory(paused={"movie": PauseRecord(set_at=now, **members)})


def owned(state: ItemState, since: int) -> ItemState:
    """Return the same registry, with the unit owned since then."""
    owners = {
        unit: Owner(owner.node, owner.term, owner.claimed, (text_of(since), *owner.stamp[1:]))
        for unit, owner in state.owners.items()
    }
    return msgspec.structs.replace(state, owners=owners)


# -- it begins


def test_a_monitored_unit_that_a_peer_downloads_pauses() -> None:
    made = planned(grabbed(lock()), shows(monitored=True))
    assert made.actions == (Pause(7, ("movie",), BOB, "bob downloads it"),)


def test_a_unit_that_is_not_monitored_has_nothing_to_pause() -> None:
    made = planned(grabbed(lock()), shows(monitored=False))
    assert (made.actions, made.memory.paused, made.recheck_at) == ((), {}, 0)


def test_what_this_node_downloads_itself_goes_on() -> None:
    assert planned(grabbed(lock(ME)), shows(monitored=True)).actions == ()


def test_an_item_nobody_has_published_pauses_too() -> None:
    unknown = ItemState(library="movies", id="tmdb:1", locks={"movie": (lock(),)})
    assert kinds(planned(unknown, shows(monitored=True, mirrored=False))) == [Pause]


def test_an_item_that_is_to_be_removed_does_not_pause() -> None:
    assert kinds(planned(grabbed(lock(), state=gone()), shows(monitored=True))) == [Remove]


def test_the_first_of_two_goes_on_and_the_second_waits_for_it() -> None:
    first, second = lock(ME, NOW - 2 * HOUR), lock(BOB, NOW - HOUR)
    assert planned(grabbed(first, second), shows(monitored=True)).actions == ()
    first, second = lock(BOB, NOW - 2 * HOUR), lock(ME, NOW - HOUR)
    assert kinds(planned(grabbed(first, second), shows(monitored=True))) == [Pause]


def test_a_grab_that_ran_out_is_passed_over() -> None:
    old, mine = lock(BOB, NOW - 9 * LOCK_MS), lock(ME)
    assert planned(grabbed(old, mine), shows(monitored=True)).actions == ()
    assert planned(grabbed(old), shows(monitored=True)).actions == ()
    assert kinds(planned(grabbed(old, lock(CAROL)), shows(monitored=True))) == [Pause]


def test_what_a_peer_owns_is_unmonitored_for_good_and_not_paused() -> None:
    made = planned(grabbed(lock(), state=wants(copy_at())), shows(copy_at(), monitored=True))
    assert kinds(made) == [SetMonitored]


def test_the_owner_waits_for_a_peer_that_upgrades_its_film_by_hand() -> None:
    mine = owned(wants(copy_at(), owner=ME), NOW - 2 * HOUR)
    assert kinds(planned(grabbed(lock(), state=mine), shows(copy_at(), monitored=True))) == [Pause]


def test_the_winner_of_a_race_is_monitored_although_the_loser_still_downloads() -> None:
    mine = owned(wants(copy_at(), owner=ME), NOW - HOUR // 2)
    assert planned(grabbed(lock(), state=mine), shows(copy_at(), monitored=True)).actions == ()
    both = grabbed(lock(), lock(ME, NOW - HOUR // 4), state=mine)  # and may upgrade
    assert planned(both, shows(copy_at(), monitored=True)).actions == ()


def test_what_was_imported_unmonitored_here_is_monitored_once_the_peers_grab_is_over() -> None:
    mine = owned(wants(copy_at(), owner=ME), NOW - 2 * HOUR)
    made = planned(
        grabbed(lock(), state=mine), shows(copy_at(), monitored=False), ItemMemory(must_monitor=("movie",))
    )
    assert made.actions == ()
    made = planned(mine, shows(copy_at(), monitored=False), made.memory)
    assert made.actions == (Resume(7, ("movie",), "nobody downloads it any more"),)


def test_only_the_episodes_that_are_downloaded_pause() -> None:
    state = msgspec.structs.replace(wants(owner=""), locks={"1:1": (lock(),), "1:3": (lock(),)})
    made = planned(state, shows(monitored={"1:1": True, "1:2": True, "1:3": False}))
    assert made.actions == (Pause(7, ("1:1",), BOB, "bob downloads it"),)


# -- it lasts


def test_a_pause_is_checked_again_after_ten_minutes_and_when_the_grab_runs_out() -> None:
    held = lock()
    made = planned(grabbed(held), shows(monitored=False), paused())
    assert (made.actions, made.recheck_at) == ((), NOW + TEN)
    assert made.why == "paused: bob downloads it"
    made = planned(grabbed(held), shows(monitored=False), made.memory, now=NOW + TEN)
    assert (made.actions, made.recheck_at) == ((), held.ends)


def test_many_paused_episodes_are_reported_in_one_line() -> None:
    units = tuple(f"1:{number}" for number in range(1, 25))
    state = msgspec.structs.replace(wants(owner=""), locks={unit: (lock(),) for unit in units})
    memory = ItemMemory(paused={unit: PauseRecord(set_at=NOW) for unit in units})
    assert planned(state, shows(monitored=dict.fromkeys(units, False)), memory).why == (
        "paused: bob downloads it"
    )


def test_a_pause_the_arr_did_not_take_is_repeated() -> None:
    assert kinds(planned(grabbed(lock()), shows(monitored=True), paused())) == [Pause]
    assert kinds(planned(grabbed(lock()), shows(monitored=True), paused(set_back=True))) == [Pause]


def test_monitored_again_meanwhile_it_is_undone_once_and_then_the_users() -> None:
    """Once, for a scan may have written the old flag back; a person who means it does it twice."""
    assert kinds(planned(grabbed(lock()), shows(monitored=True), paused(read_unmonitored=True))) == [Pause]
    held = lock()
    made = planned(grabbed(held), shows(monitored=True), paused(read_unmonitored=True, set_back=True))
    assert made.actions == ()
    assert made.memory.paused["movie"].left_to_user
    assert (made.why, made.recheck_at) == ("monitored by the user although bob downloads it", held.ends)
    for flag in (True, False, True):
        made = planned(grabbed(held), shows(monitored=flag), made.memory)
        assert made.actions == ()


def test_another_grab_goes_on_where_the_first_ended() -> None:
    made = planned(grabbed(lock(CAROL)), shows(monitored=False), paused(NOW - TEN, read_unmonitored=True))
    assert (made.actions, made.why) == ((), "paused: carol downloads it")


# -- it ends


@pytest.mark.parametrize("state", [grabbed(), grabbed(lock(BOB, NOW - LOCK_MS)), grabbed(lock(ME))])
def test_a_released_or_outlived_grab_gives_the_flag_back(state: ItemState) -> None:
    made = planned(state, shows(monitored=False), paused(NOW - TEN, read_unmonitored=True))
    assert made.actions == (Resume(7, ("movie",), "nobody downloads it any more"),)
    made = planned(state, shows(monitored=True), made.memory)
    assert (made.actions, made.memory.paused, made.why) == ((), {}, "")


def test_the_flag_is_given_back_in_an_item_nobody_has_published() -> None:
    state = ItemState(library="movies", id="tmdb:1")
    assert kinds(planned(state, shows(monitored=False), paused(read_unmonitored=True))) == [Resume]


def test_a_unit_that_was_not_paused_is_not_monitored_at_the_end() -> None:
    assert planned(grabbed(), shows(monitored=False)).actions == ()


def test_what_the_user_monitored_or_unmonitored_again_is_left_at_the_end() -> None:
    for flag in (True, False):
        made = planned(
            grabbed(), shows(monitored=flag), paused(read_unmonitored=True, set_back=True, left_to_user=True)
        )
        assert (made.actions, made.memory.paused) == ((), {})


def _of_bob(made: Plan) -> bool:
    return made.actions == () and not made.memory.paused


def test_the_file_that_came_makes_the_pause_an_unmonitored_unit_that_is_verified_to_stay_so() -> None:
    made = planned(
        wants(copy_at()), shows(copy_at(), monitored=False), paused(NOW - 60_000, read_unmonitored=True)
    )
    assert _of_bob(made)
    assert made.memory.set_unmonitored_at == {"movie": NOW - 60_000}
    assert made.why == "verifying that it stays unmonitored"


def test_what_the_user_insisted_on_is_unmonitored_when_the_file_has_come() -> None:
    memory = paused(read_unmonitored=True, set_back=True, left_to_user=True)
    assert kinds(planned(wants(copy_at()), shows(copy_at(), monitored=True), memory)) == [SetMonitored]


def test_an_item_that_left_the_arr_has_no_pause_to_end() -> None:
    made = planned(
        grabbed(state=wants(owner="", left_by=frozenset({ME}))), None, paused(read_unmonitored=True)
    )
    assert made.memory.paused == {}
