"""The metadata server is down: what needs it waits, and nothing an arr then does to itself travels."""

from pathlib import Path

import pytest

from mesharr.core.detect.model import DELETED_BY_ARR
from mesharr.node.missing_items import all_missing, leave, missing_questions, restore
from tests.support.household import Clock, Household, settle
from tests.support.keepers import (
    FILMS,
    HOUR,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    Mount,
    away,
    every_keeper,
    nights,
    share,
    status,
    two,
)

Pair = tuple[Household, Household]
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


@every_keeper(FILMS, WRITERS)
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
    assert all(SAYS[keeper.setup.app] in each.why for each in waiting), waiting
    _metadata(keeper, bob, down=False)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(bob) == keeper.files(alice)
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (4, [])
    nights(clock, alice, bob, days=1)
    assert bob.events() == []
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert status(bob).refused == ()


@every_keeper(SHOWS, MUSICIANS)
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
        assert "item.left" not in house.events()
        assert {item: held for item, held in keeper.files(house).items() if held} == {
            item: held for item, held in files.items() if held
        }
    if keeper is not WRITERS:
        assert keeper.files(alice) == keeper.files(bob) == files
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (2, [])


def _dropped(clock: Clock, *houses: Household) -> None:
    """Every Readarr refreshes while its metadata server answers with an error: what has no files goes."""
    _metadata(WRITERS, *houses, down=True)
    _refresh(WRITERS, *houses)
    settle(clock, *houses, seconds=HOUR, steps=40)
    _metadata(WRITERS, *houses, down=False)


@pytest.fixture
def dropped(tmp_path: Path, clock: Clock) -> Pair:
    """Author 1 has a book, 2 to 4 are wanted by alice; then both Readarrs drop those."""
    alice, bob = two(tmp_path, clock, WRITERS)
    share(WRITERS, clock, alice, bob, numbers=(1,))
    for number in (2, 3, 4):
        WRITERS.add(alice, number)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert len(WRITERS.files(bob)) == 4
    _dropped(clock, alice, bob)
    assert list(WRITERS.files(alice)) == list(WRITERS.files(bob)) == [WRITERS.item(1)]
    return alice, bob


def test_authors_an_outage_deleted_are_reported_to_the_user_and_not_published(
    dropped: Pair, clock: Clock
) -> None:
    nights(clock, *dropped, days=1)
    for house in dropped:
        lost = all_missing(house.state)
        assert [each.item for each in lost] == [WRITERS.item(number) for number in (2, 3, 4)]
        assert {each.why for each in lost} == {DELETED_BY_ARR}
        assert {each.why for each in status(house).waiting} == {DELETED_BY_ARR.replace("the app", "Readarr")}
        [one, *_] = status(house).asks
        assert f"mesharr restore books {WRITERS.item(2)}" in one
        [all_of_them] = missing_questions(lost, 2)
        assert "its app deleted 3 items that have no files" in all_of_them
        assert "mesharr restore books --all" in all_of_them
        assert "item.left" not in house.events()


def test_authors_an_outage_deleted_come_back_as_they_were_when_their_person_says_so(
    dropped: Pair, clock: Clock
) -> None:
    alice, bob = dropped
    for house in dropped:
        restore(house.state, "books", [each.item for each in all_missing(house.state)], clock())
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert len(WRITERS.files(alice)) == len(WRITERS.files(bob)) == 4
    WRITERS.bring(alice, 3)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert len(WRITERS.files(bob)[WRITERS.item(3)]) == 1
    assert all_missing(alice.state) == all_missing(bob.state) == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_author_without_files_whom_a_person_deleted_is_left_when_they_say_so(
    dropped: Pair, clock: Clock
) -> None:
    alice, bob = dropped
    leave(alice.state, "books", [WRITERS.item(2)], clock())
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert alice.events()[-1] == "item.left"
    assert [each.item for each in all_missing(alice.state)] == [WRITERS.item(3), WRITERS.item(4)]


def test_authors_whose_files_an_arr_took_for_missing_are_not_left_either(
    tmp_path: Path, clock: Clock
) -> None:
    """The drive is not mounted, so every file goes; then the metadata server fails, and every author."""
    alice, bob = two(tmp_path, clock, WRITERS)
    share(WRITERS, clock, alice, bob, numbers=(1, 2))
    with away(Mount(bob.folders["books"]), "other"):
        for number in (1, 2):
            WRITERS.arr(bob).watch(str(bob.folders["books"] / f"Author {number}"))
        bob.run_commands()
        assert not any(WRITERS.files(bob).values())
        _dropped(clock, bob)
        assert WRITERS.files(bob) == {}
    nights(clock, alice, bob, days=1)
    assert bob.events() == []
    assert len(all_missing(bob.state)) == 2
    assert len(WRITERS.files(alice)) == 2
