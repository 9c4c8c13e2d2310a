"""A deletion that keeps the files: nothing is to be proven, and who misses the files later says so."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from mesharr.node.inward.checks import ItemChecks
from mesharr.node.ownership import leave_mesh
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.keepers import FILMS, HOUR, MUSICIANS, Keeper, every_keeper, nights, share, two
from tests.support.library_setups import ARTISTS, AUTHORS, BOOKS, MUSIC, SHOWS, TV

MINUTE = 60.0
ARTIST, AUTHOR = (next(iter(known)) for known in (ARTISTS, AUTHORS))
SHOW = next(iter(SHOWS))
APPS: list[tuple[LibrarySetup, Any, tuple[Any, ...]]] = [
    (MOVIES, 7, (7,)),
    (TV, SHOW, (SHOW, 2, 1)),
    (MUSIC, ARTIST, (ARTISTS[ARTIST].works[0].id,)),
    (BOOKS, AUTHOR, (AUTHORS[AUTHOR].works[0].id,)),
]


@pytest.mark.parametrize(("setup", "item", "file"), APPS, ids=[setup.app for setup, _, _ in APPS])
def test_a_deletion_that_keeps_the_files_waits_for_nothing(
    setup: LibrarySetup, item: Any, file: tuple[Any, ...], tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(setup, tmp_path, clock)
    arr: Any = alice.arrs[setup.app]
    arr.add(item)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    arr.download(*file)
    settle(clock, alice, bob)
    arr.delete(item)
    settle(clock, alice, bob)
    assert alice.events()[-1] == "item.left"
    assert alice.waits() == bob.waits() == {}
    assert bob.events() == []
    [known] = bob.state.items.all(setup.library)
    state = bob.state.items.state(setup.library, known)
    assert state.copies
    assert not any(state.owner_of(unit) for each in state.copies.values() for unit in each.copy.units)


def test_files_that_go_later_are_published_by_who_misses_them(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    alice.radarr.delete(7)
    settle(clock, alice, bob)
    shutil.rmtree(alice.library / "Film 7 (2007)")
    bob.radarr.daily_refresh()
    settle(clock, alice, bob, seconds=40 * MINUTE)
    assert bob.events() == ["file.removed"]
    assert bob.shows(7) == (False, False)
    assert alice.waits() == bob.waits() == {}


def test_files_that_went_before_a_peer_listed_them_are_published_by_who_waits_for_them(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    bob.radarr.fail = lambda _: httpx.Response(500)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    alice.radarr.delete(7)
    settle(clock, alice, bob)
    shutil.rmtree(alice.library / "Film 7 (2007)")
    bob.radarr.fail = None
    settle(clock, alice, bob, seconds=40 * MINUTE)
    assert bob.events() == ["file.removed"]
    assert alice.waits() == bob.waits() == {}


@every_keeper(FILMS, MUSICIANS)
def test_files_of_an_item_that_all_left_are_looked_for_by_who_left_it(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _all_left(keeper, tmp_path, clock)
    assert alice.state.items.state(keeper.library, keeper.item(1)).present
    _delete_files(alice, keeper)
    nights(clock, alice, bob)
    assert not bob.state.items.state(keeper.library, keeper.item(1)).present
    assert keeper.shown(alice) == keeper.shown(bob) == {}
    assert alice.waits() == bob.waits() == {}


@pytest.mark.parametrize("who", [0, 1])
@every_keeper(FILMS, MUSICIANS)
def test_who_adds_such_an_item_anew_does_not_wait_for_files_that_are_gone(
    keeper: Keeper, who: int, tmp_path: Path, clock: Clock
) -> None:
    houses = _all_left(keeper, tmp_path, clock)
    _delete_files(houses[0], keeper)
    keeper.add(houses[who], 1)
    settle(clock, *houses, seconds=HOUR, steps=60)
    [shown] = keeper.shown(houses[who]).values()
    assert all(monitored or unit.startswith("S00") for unit, monitored in shown.monitored.items())
    assert not houses[0].state.items.state(keeper.library, keeper.item(1)).copies
    assert [house.waits() for house in houses] == [{}, {}]


@pytest.mark.parametrize(("keeper", "lists"), [(FILMS, True), (MUSICIANS, False)])
def test_files_of_a_household_that_left_the_mesh_are_looked_for_by_the_others(
    keeper: Keeper, lists: bool, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1,))
    leave_mesh(alice.state, alice.node, clock())
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    if not lists:
        keeper.delete(bob, 1, files=False)
        settle(clock, bob, seconds=HOUR, steps=30)
    _delete_files(bob, keeper)
    nights(clock, bob)
    assert bob.events().count("file.removed") == 1
    assert not bob.state.items.state(keeper.library, keeper.item(1)).present
    assert bob.waits() == {}


def test_such_files_that_stay_on_the_drive_are_looked_for_once_a_day(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _all_left(FILMS, tmp_path, clock)
    looks: list[Sequence[str]] = []
    real = ItemChecks.verify_own_files

    def counted(checks: ItemChecks, paths: Sequence[str]) -> None:
        looks.append(paths)
        real(checks, paths)

    with patch.object(ItemChecks, "verify_own_files", counted):
        nights(clock, alice, bob, days=3)
    assert len(looks) == 2 * 3


def _all_left(keeper: Keeper, root: Path, clock: Clock) -> tuple[Household, Household]:
    """Return two households that had an item with a file, and deleted it, its files kept."""
    houses = two(root, clock, keeper)
    share(keeper, clock, *houses, numbers=(1,))
    for house in houses:
        keeper.delete(house, 1, files=False)
        settle(clock, *houses, seconds=HOUR, steps=30)
    return houses


def _delete_files(house: Household, keeper: Keeper) -> None:
    """Delete all folders of items from the drive."""
    for folder in house.folders[keeper.library].iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            shutil.rmtree(folder)


def _pair(setup: LibrarySetup, root: Path, clock: Clock) -> tuple[Household, Household]:
    make_drive(root / "drive", (setup.library,))
    alice, bob = (Household(name, root, root / "drive", clock, (setup,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    return alice, bob
