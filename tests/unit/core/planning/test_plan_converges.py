"""Planning comes to an end, whatever the arr does meanwhile, and how it ends is what the mesh promises."""

from random import Random
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core.events.schema import Copy
from mesharr.core.planning.actions import CheckScans, Claim, Pause, Policy, Rescan, Resume, SetMonitored
from mesharr.core.planning.files import SCANS
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.ownership import LOCK_MS
from tests.unit.core.planning.model_arr import Household, ModelArr
from tests.unit.core.strategies import (
    NODES,
    UNITS,
    World,
    cuts_in,
    facts_in,
    item,
    random_world,
    real_fold,
    worlds,
)

ME = NODES[0]
policies = st.builds(
    Policy,
    on_import=st.sampled_from(["monitor", "leave"]),
    on_remove=st.sampled_from(["remove", "unmonitor", "keep"]),
    on_remonitor=st.sampled_from(["claim", "revert"]),
    follow=st.sampled_from(["all", "mine"]),
)


def household_of(desired: ItemState, policy: Policy, random: Random, *, takes: bool = True) -> Household:
    """Return a household that has the item in some state, or lacks it."""
    arr = ModelArr(UNITS, random, takes=takes)
    if random.random() < 0.7:
        flags = {unit: random.random() < 0.5 for unit in UNITS}
        living = [each.copy for each in desired.copies.values()]
        files = [Copy(path=path, size=1, units=("1:1",)) for path in desired.ended.values()] + living
        files = [copy for copy in files if random.random() < 0.3]
        folder = random.choice(("S", "S2", "s", "Elsewhere"))
        placed = item(folder, random.choice(("standard", "anime")))
        tag = random.choice(("", "mesharr-bob"))
        arr.put(placed, flags, tuple(files), tag, parts=random.random() < 0.3)
    household = Household(arr, desired, policy, ME)
    grabs = [lock for each in desired.locks.values() for lock in each]
    household.now = max((lock.ends - random.randrange(2 * LOCK_MS) for lock in grabs), default=household.now)
    mine = tuple(unit for unit in UNITS if desired.owner_of(unit) == ME)
    household.memory = ItemMemory(must_monitor=mine if random.random() < 0.5 else ())
    return household


def check_promise(household: Household) -> None:
    """No unit with a living copy of a peer is monitored, no grab is waited for, nothing more is planned."""
    assert household.memory.paused == {}
    shown, desired = household.arr.shown, household.desired
    if shown is not None and desired.present:
        monitored = {unit for unit, flag in shown.monitored.items() if flag and desired.copies_of(unit)}
        assert not {unit for unit in monitored if desired.owner_of(unit) not in {"", ME}}
    assert household.plan().actions == ()
    assert not household.arr.claimed


@settings(max_examples=150)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_what_waited_for_a_grab_is_monitored_again_when_it_is_over_and_brought_no_file(
    world: World, seed: int
) -> None:
    random = Random(seed)
    desired = real_fold(facts_in(world.events), cuts_in(world.events))
    arr = ModelArr(UNITS, random)
    flags = {unit: random.random() < 0.7 for unit in UNITS}
    arr.put(item("S"), flags, (), "")
    household = Household(arr, desired, Policy(), ME)
    held = {unit: locks[0].ends for unit, locks in desired.locks.items()}
    household.now = max((ends - random.randrange(LOCK_MS) for ends in held.values()), default=household.now)
    living = {unit for unit in held if any(lock.lives(household.now) for lock in desired.locks[unit])}
    first = household.plan()
    for action in first.actions:
        household.do(action)
    assert arr.shown is not None
    free = {unit for unit in UNITS if not desired.owner_of(unit)}
    # what a peer removed with its files is unmonitored and asked about, downloads or not
    is_here = desired.present or not desired.removed_by
    for unit in living & free if is_here else ():
        waits = next(lock.node for lock in desired.locks[unit] if lock.lives(household.now)) != ME
        assert arr.shown.monitored[unit] == (flags[unit] and not waits)
    household.settle()
    if is_here:
        assert {unit: arr.shown.monitored[unit] for unit in free} == {unit: flags[unit] for unit in free}
    check_promise(household)


@settings(max_examples=100)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_no_flag_goes_back_and_forth(world: World, seed: int) -> None:
    """However the arr's scans write back what they read, the actions stay few."""
    random = Random(seed)
    desired = real_fold(facts_in(world.events), cuts_in(world.events))
    household = household_of(desired, Policy(), random)
    refreshes = random.randrange(4)
    household.settle(refreshes=refreshes)
    flags = [action for action in household.done if isinstance(action, SetMonitored | Pause | Resume)]
    assert len(flags) <= 2 * len(UNITS) + 2 * (1 + refreshes + SCANS)


@settings(max_examples=150)
@given(world=worlds(), policy=policies, seed=st.integers(0, 2**32))
def test_planning_ends_and_no_unit_a_peer_owns_is_monitored(world: World, policy: Policy, seed: int) -> None:
    random = Random(seed)
    desired = real_fold(facts_in(world.events), cuts_in(world.events))
    household = household_of(desired, policy, random, takes=random.random() < 0.8)
    household.settle(refreshes=random.randrange(4))
    check_promise(household)


def test_planning_ends_in_long_worlds_that_are_the_same_every_time() -> None:
    for seed in range(250):
        random = Random(seed)
        world = random_world(random)
        household = household_of(real_fold(world.facts, world.cuts), Policy(), random)
        household.settle(refreshes=random.randrange(4))
        check_promise(household)


@settings(max_examples=60)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_it_ends_too_when_the_mesh_moves_on_while_it_is_planned(world: World, seed: int) -> None:
    random = Random(seed)
    household: Household | None = None
    for part in (len(world.events) // 3, len(world.events) * 2 // 3, len(world.events)):
        desired = real_fold(facts_in(world.events[:part]), cuts_in(world.events[:part]))
        if household is None:
            household = household_of(desired, Policy(), random)
        household.desired = desired
        household.drive = {key: living.copy for key, living in desired.copies.items()}
        household.settle(refreshes=1)
        check_promise(household)


@settings(max_examples=60)
@given(world=worlds(), seed=st.integers(0, 2**32), cut=st.integers(1, 12))
def test_it_ends_too_when_what_was_done_was_not_remembered(world: World, seed: int, cut: int) -> None:
    random = Random(seed)
    desired = real_fold(facts_in(world.events), cuts_in(world.events))
    household = household_of(desired, Policy(), random)
    for step in range(cut):
        before = household.memory
        for action in household.plan().actions:
            household.do(action)
        if step == cut - 1:
            household.memory = before  # the power went off between an action and its note
        household.now += 1_000
    household.settle()
    check_promise(household)


def wanted_of_bob() -> ItemState:
    """Return a registry in which bob owns one episode that is on the drive."""
    from tests.unit.core.registry.test_registry import B, at, imported

    return real_fold([at(B, 1, imported(Copy(path="S/1.mkv", size=5, units=("1:1",))))], cuts_in(()))


def settled(policy: Policy) -> Household:
    """Return a household that had the episode monitored, and unmonitored it for bob."""
    arr = ModelArr(UNITS, Random(1))
    arr.put(item(), {"1:1": True}, (Copy(path="S/1.mkv", size=5, units=("1:1",)),), "")
    household = Household(arr, wanted_of_bob(), policy, ME)
    household.settle()
    return household


@pytest.mark.parametrize(("policy", "last"), [("claim", Claim), ("revert", SetMonitored)])
def test_the_user_who_monitors_a_confirmed_unit_is_followed(
    policy: Literal["claim", "revert"], last: type
) -> None:
    household = settled(Policy(on_remonitor=policy))
    assert household.arr.shown is not None
    household.arr.shown = msgspec.structs.replace(household.arr.shown, monitored={"1:1": True})
    household.done.clear()
    for _ in range(10):
        made = household.plan()
        for action in made.actions:
            household.do(action)
        if household.arr.claimed or not (made.actions or made.recheck_at):
            break
        household.now = max(household.now + 1_000, made.recheck_at)
    assert [type(action) for action in household.done] == [CheckScans, last]
    assert household.arr.claimed == (["1:1"] if policy == "claim" else [])
    assert household.arr.shown.monitored == {"1:1": policy == "claim"}


def test_an_arr_that_takes_no_file_is_scanned_twice_and_then_left_in_peace() -> None:
    household = household_of(wanted_of_bob(), Policy(), Random(1), takes=False)
    made = household.settle()
    assert made.stuck
    assert sum(isinstance(action, Rescan) for action in household.done) == 2


def test_a_unit_is_not_set_again_while_nothing_sets_it_back() -> None:
    household = settled(Policy())
    assert [type(action) for action in household.done] == [SetMonitored, CheckScans]
