"""An arr that fails, or is started anew in the middle: what it was told and what it told is made up for."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import pytest

from mesharr.core.planning.files import NOT_TAKEN
from tests.properties.mesh.checks import complaints
from tests.properties.mesh.world import World, dump
from tests.support.household import Clock, Household, settle
from tests.support.keepers import (
    FILMS,
    HOUR,
    MUSICIANS,
    NUMBERS,
    SHOWS,
    WRITERS,
    Keeper,
    every_keeper,
    harm,
    named,
    nights,
    share,
    status,
    two,
)


def _every_second() -> Callable[[httpx.Request], httpx.Response | None]:
    numbers = count()

    def fail(_request: httpx.Request) -> httpx.Response | None:
        broken = next(numbers) % 2 == 0
        return httpx.Response(500, json={"message": "database is locked"}) if broken else None

    return fail


def _refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


@pytest.mark.campaign
def test_two_sets_of_an_album_of_which_the_mesh_knows_one_do_not_alternate_for_ever(tmp_path: Path) -> None:
    """The app takes the other set by night; mesharr brings it back a few times, then follows it."""
    world = World(tmp_path, count=2, setups=[MUSICIANS.setup], items=3)
    for home in world.homes:
        for arr in home.house.arrs.values():
            arr.fail = _every_second()
    world.play(world.drawn(2, 14))
    world.heal()
    world.settle(days=8)
    asked = [dict(home.house.commands) for home in world.homes]
    world.settle(days=4)
    assert [dict(home.house.commands) for home in world.homes] == asked
    assert list(complaints(world)) == [], dump(world)


@pytest.mark.parametrize("seed", [1, pytest.param(3, marks=pytest.mark.campaign)])
@every_keeper(SHOWS, MUSICIANS)
def test_arrs_that_fail_every_second_request_for_hours_change_nothing_in_the_end(
    keeper: Keeper, seed: int, tmp_path: Path
) -> None:
    world = World(tmp_path, count=2, setups=[keeper.setup], items=3)
    for home in world.homes:
        for arr in home.house.arrs.values():
            arr.fail = _every_second()
    world.play(world.drawn(seed, 14))
    for home in world.homes:
        assert all(each.why and each.next for each in status(home.house).waiting)
        assert status(home.house).refused == ()
    world.heal()
    world.settle(days=2)
    found = list(complaints(world))
    assert not found, f"{found}\n{dump(world)}"
    assert all("unit.claimed" not in home.house.events() or home.flags for home in world.homes)


@every_keeper(SHOWS, WRITERS)
def test_an_arr_that_is_started_again_in_the_middle_of_its_scans_is_asked_again(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, numbers=NUMBERS)
    arr = keeper.arr(bob)
    for _ in range(6):
        bob.engine.once(compare=False)
        arr.commands.clear()  # what was queued or running is forgotten
        clock.forward(30)
        alice.once()
    arr.fail = _refused
    settle(clock, alice, bob, seconds=600, steps=10)
    said = [each.why for each in status(bob).waiting]
    assert said
    assert all(
        "cannot be reached" in why or why == NOT_TAKEN.replace("the app", named(keeper).title())
        for why in said
    ), said
    arr.fail = None
    settle(clock, alice, bob, seconds=3 * HOUR, steps=90)
    nights(clock, alice, bob)  # an arr that let two scans of an item fall gets a third after a night
    assert keeper.files(bob) == keeper.files(alice)
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (len(NUMBERS), [])
    assert bob.events() == []
    assert harm(alice, bob) == []
    assert (alice.waits(), bob.waits()) == ({}, {})


@every_keeper(FILMS, MUSICIANS)
def test_a_scan_that_never_ends_is_waited_for_and_asked_again_after_a_start(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1,))
    arr = keeper.arr(bob)

    def hangs(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if "/command/" not in path:
            return None
        return httpx.Response(200, json={"id": int(path.rpartition("/")[2]), "status": "started"})

    arr.fail = hangs
    keeper.rename(alice, 1, 1234)
    for _ in range(90):
        alice.once()
        bob.engine.once(compare=False)
        clock.forward(120)
    arr.commands.clear()
    [waiting] = status(bob).waiting
    assert waiting.why == f"{named(keeper).title()} is scanning"
    arr.fail = None
    settle(clock, alice, bob, seconds=3 * HOUR, steps=60)
    nights(clock, alice, bob, days=1)
    assert keeper.files(bob) == keeper.files(alice)
    assert bob.events() == []
    assert (alice.waits(), bob.waits()) == ({}, {})


def _unheard(house: Household) -> int:
    return sum(arr.notifications.dropped for arr in house.arrs.values())


@every_keeper(FILMS, WRITERS)
def test_what_an_arr_sent_no_webhook_of_is_found_in_its_history_and_at_night(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    """The webhook was refused until the arr gave up telling for a while, and the arr was started anew."""
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1, 2))
    told = len(alice.events())
    alice.down = True
    for number in (3, 4):
        keeper.add(alice, number)
        alice.run_commands()
        clock.forward(400)
    keeper.bring(alice, 3)
    alice.down = False  # and still the arr does not tell: it pauses after so many failures
    keeper.rename(alice, 1, 1234)
    keeper.bring(alice, 4)
    keeper.bring(alice, 2, size=9000)
    keeper.arr(alice).commands.clear()
    assert _unheard(alice) > 0
    settle(clock, alice, bob, seconds=HOUR, steps=20)
    assert len(alice.events()) == told
    nights(clock, alice, bob)
    files = keeper.files(alice)
    assert set(files) == {keeper.item(number) for number in NUMBERS}
    assert keeper.files(bob) == files
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (len(NUMBERS), [])
    assert set(bob.events()) <= {"file.renamed"}  # his arr may see it before alice's history is read
    assert harm(alice, bob) == []
    assert (alice.waits(), bob.waits()) == ({}, {})
