"""The metadata server is down: what needs it waits, and nothing an arr then does to itself travels."""

from pathlib import Path

import pytest

from tests.node.household import Clock, Household, settle
from tests.node.keepers import HOUR, KEEPERS, WRITERS, Keeper, named, nights, share, status, two

TAKES_AWAY = {"item.removed", "file.removed", "unit.claimed"}
SAYS = {
    "radarr": "Unable to communicate with RadarrAPI",
    "sonarr": "Unable to communicate with SkyHook",
    "lidarr": "Unable to communicate with LidarrAPI",
    "readarr": "metadata",
}


def _metadata(keeper: Keeper, *houses: Household, down: bool) -> None:
    for house in houses:
        keeper.arr(house).library.metadata_down = down


def _refresh(keeper: Keeper, *houses: Household) -> None:
    for house in houses:
        keeper.arr(house).daily_refresh()
        house.run_commands()


@pytest.mark.parametrize("keeper", KEEPERS, ids=named)
def test_adds_wait_for_the_metadata_server_and_go_through_later(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1, 2))
    _metadata(keeper, bob, down=True)
    share(keeper, clock, alice, bob, numbers=(3, 4))
    settle(clock, alice, bob, seconds=12 * HOUR, steps=60)
    _refresh(keeper, bob)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=6 * HOUR, steps=36)
    waiting = status(bob).waiting
    assert [each.item for each in waiting] == [keeper.item(3), keeper.item(4)]
    assert all(SAYS[keeper.shelf.app] in each.why for each in waiting), waiting
    _metadata(keeper, bob, down=False)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(bob) == keeper.files(alice)
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (4, [])
    nights(clock, alice, bob, days=1)
    assert bob.events() == []
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert status(bob).refused == ()


@pytest.mark.parametrize("keeper", KEEPERS, ids=named)
def test_what_a_refresh_does_without_metadata_takes_nothing_from_anybody(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    """Items 1 and 2 have files, 3 and 4 are only wanted; every arr refreshes while it knows nothing."""
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1, 2))
    for number in (3, 4):
        keeper.add(alice, number)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    files = keeper.files(alice)
    assert len(files) == 4
    assert keeper.files(bob) == files
    _metadata(keeper, alice, bob, down=True)
    for _ in range(2):
        _refresh(keeper, alice, bob)
        settle(clock, alice, bob, seconds=12 * HOUR, steps=40)
        for house in (alice, bob):
            house.engine.nightly.step(clock())
    _metadata(keeper, alice, bob, down=False)
    nights(clock, alice, bob)
    for house in (alice, bob):
        assert TAKES_AWAY.isdisjoint(house.events())
        assert {item: held for item, held in keeper.files(house).items() if held} == {
            item: held for item, held in files.items() if held
        }
    if keeper is not WRITERS:
        assert keeper.files(alice) == keeper.files(bob) == files
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (2, [])
