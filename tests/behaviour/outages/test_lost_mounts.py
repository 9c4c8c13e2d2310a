"""A library's mount goes away in the middle of something: afterwards everything is as it should be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.household import Clock, Household, make_drive, settle
from tests.support.keepers import (
    FILMS,
    HOUR,
    KEEPERS,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    Mount,
    alive,
    away,
    harm,
    named,
    nights,
    share,
    status,
    two,
)
from tests.support.local_branch import LocalBranchHousehold, branches

LEFT = ("bare", "other", "nothing")
MANY = tuple(range(1, 31))


def _at_request(house: Household, app: str, number: int, do: Callable[[], None]) -> None:
    """Have something happen while the arr answers a request, the first one being number 1."""
    seen = [0]

    def hook(_request: httpx.Request) -> None:
        seen[0] += 1
        if seen[0] == number:
            do()

    house.arrs[app].fail = hook


def _left(keeper: Keeper, left: str, usual: str, *more: int) -> Any:
    """Return the parameters of a test: a campaign, unless `left` is the usual one."""
    name = "-".join([named(keeper), *map(str, more), left])
    return pytest.param(keeper, *more, left, id=name, marks=() if left == usual else pytest.mark.campaign)


def _arrs_refresh(*houses: Household) -> None:
    for house in houses:
        for arr in house.arrs.values():
            arr.daily_refresh()
        house.run_commands()


@pytest.mark.parametrize(
    ("keeper", "left"),
    [
        _left(keeper, left, usual)
        for keeper, usual in zip(KEEPERS, ("bare", "", "nothing", "other"), strict=True)
        for left in LEFT
    ],
)
def test_a_mount_that_goes_away_while_everything_is_compared_takes_nothing_with_it(
    keeper: Keeper, left: str, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob)
    told, files = (alice.events(), bob.events()), keeper.files(alice)
    mount = Mount(alice.folders[keeper.library])
    for request in (2, 4):
        for house in (alice, bob):

            def lose() -> None:
                mount.vanish(left)
                _arrs_refresh(alice, bob)

            _at_request(house, keeper.setup.app, request, lose)
            house.engine.nightly.step(clock())
            house.arrs[keeper.setup.app].fail = None
        mount.vanish(left)
        settle(clock, alice, bob, seconds=3 * HOUR, steps=12)
        _arrs_refresh(alice, bob)
        for house in (alice, bob):
            assert "unavailable" in alive(house, keeper.library)
            house.engine.nightly.step(clock())
            assert status(house).missing == ()
        settle(clock, alice, bob, seconds=3 * HOUR, steps=12)
        mount.back()
        nights(clock, alice, bob, days=2)
        assert harm(alice, bob) == []
        assert (alice.events(), bob.events()) == told
        assert (alice.waits(), bob.waits()) == ({}, {})
        for house in (alice, bob):
            assert keeper.files(house) == files
        assert len(keeper.wanted(alice)) == len(files)
        assert keeper.wanted(bob) == []


@pytest.mark.parametrize(
    ("keeper", "request_", "left"),
    [
        _left(keeper, left, usual, request_)
        for keeper, request_, usual in (
            (FILMS, 2, ""),
            (FILMS, 4, ""),
            (FILMS, 5, ""),
            (FILMS, 8, "bare"),
            (SHOWS, 4, ""),
            (SHOWS, 8, ""),
            (MUSICIANS, 4, ""),
            (MUSICIANS, 30, "other"),
            (WRITERS, 4, ""),
            (WRITERS, 30, ""),
        )
        for left in LEFT
    ],
)
def test_a_mount_that_goes_away_while_many_items_are_reconciled_is_waited_for(
    keeper: Keeper, left: str, request_: int, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper, policy={"first_contact": "go"})
    share(keeper, clock, alice, numbers=MANY)
    files = keeper.files(alice)
    mount = Mount(alice.folders[keeper.library])

    def lose() -> None:
        mount.vanish(left)
        _arrs_refresh(alice, bob)

    _at_request(bob, keeper.setup.app, request_, lose)
    settle(clock, alice, bob, seconds=60, steps=4)
    assert mount.gone
    keeper.arr(bob).fail = None
    settle(clock, alice, bob, seconds=6 * HOUR, steps=18)
    for house in (alice, bob):
        house.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=HOUR, steps=4)
    waiting = status(bob).waiting
    assert {each.why for each in waiting} <= {alive(bob, keeper.library)}
    assert len(waiting) >= len(MANY) - len(keeper.shown(bob))
    mount.back()
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    nights(clock, alice, bob)
    assert harm(alice, bob) == []
    assert bob.events() == []
    assert len(alice.events()) == 2 * len(MANY)
    assert keeper.files(bob) == keeper.files(alice) == files
    assert keeper.wanted(bob) == []
    assert len(keeper.wanted(alice)) == len(MANY)
    assert (alice.waits(), bob.waits()) == ({}, {})


@pytest.mark.parametrize(
    "left", [LEFT[0], *(pytest.param(left, marks=pytest.mark.campaign) for left in LEFT[1:])]
)
def test_what_was_being_uploaded_when_the_mount_went_away_is_uploaded_once(
    left: str, tmp_path: Path, clock: Clock
) -> None:
    drive = tmp_path / "drive"
    make_drive(drive)
    uploads, movies = {"mode": "copy"}, {"movies": branches(tmp_path)}
    alice = LocalBranchHousehold("alice", tmp_path, drive, clock, uploads=uploads, libraries=movies)
    bob = Household("bob", tmp_path, drive, clock, policy={"first_contact": "go"})
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    for film in (1, 2, 3):
        alice.radarr.add(film)
    settle(clock, alice, bob)
    alice.radarr.download(1)
    settle(clock, alice, bob, seconds=60, steps=6)
    alice.radarr.download(2)
    alice.engine.intake.step(clock())
    mount = Mount(drive / "movies")
    with away(mount, left):
        alice.radarr.download(3)
        settle(clock, alice, bob, seconds=6 * HOUR, steps=72)
        assert [upload.why for upload in status(alice).uploads] == [alive(alice, "movies")] * 2
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    nights(clock, alice, bob)
    assert [target.rpartition("/")[2][:6] for target in alice.uploader.sent] == ["Film 1", "Film 2", "Film 3"]
    assert harm(alice, bob) == []
    assert alice.events().count("file.imported") == len(FILMS.files(bob)) == 3
    assert (alice.waits(), bob.waits()) == ({}, {})
