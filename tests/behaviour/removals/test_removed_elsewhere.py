"""A peer deletes with its files what this household has too: nobody downloads it again unasked."""

from pathlib import Path

import pytest

from mesharr.core.events.schema import Copy, FileImported
from mesharr.node.missing_items import leave, restore
from tests.support.household import Clock, Household, settle
from tests.support.keepers import (
    FILMS,
    HOUR,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    every_keeper,
    nights,
    status,
    two,
)


def _both_have_it(
    keeper: Keeper, root: Path, clock: Clock, on_remove: str = "remove"
) -> tuple[Household, Household]:
    """Both households have item 1 for their own; bob imported its file last, so he monitors it."""
    alice, bob = two(root, clock, keeper, policy={"on_remove": on_remove})
    for house in (alice, bob):
        keeper.add(house, 1)
    settle(clock, alice, bob, seconds=10 * 60, steps=20)
    keeper.bring(alice, 1)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    keeper.bring(bob, 1, size=9000)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert len(keeper.wanted(bob)) == 1
    keeper.delete(alice, 1, files=True)
    settle(clock, alice, bob, seconds=3 * HOUR, steps=90)
    assert alice.events()[-1] == "item.removed"
    return alice, bob


def _monitored(keeper: Keeper, house: Household) -> list[str]:
    shown = keeper.shown(house)
    return [unit for each in shown.values() for unit, flag in each.monitored.items() if flag]


@every_keeper(FILMS, WRITERS)
def test_what_a_peer_deleted_with_files_is_unmonitored_and_asked_about(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_have_it(keeper, tmp_path, clock)
    told = bob.events()
    assert keeper.files(bob) == {keeper.item(1): []}
    assert _monitored(keeper, bob) == []
    (line,) = status(bob).asks
    assert "removed with its files by alice, and unmonitored here" in line
    nights(clock, alice, bob)
    assert len(status(bob).asks) == 1
    assert (alice.waits(), bob.waits()) == ({}, {})
    restore(bob.state, keeper.library, [keeper.item(1)], clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.events() == [*told, "item.added"]
    assert _monitored(keeper, bob) != []
    assert keeper.shown(alice) == {}  # who deleted it is not given it again
    assert status(bob).asks == ()
    nights(clock, alice, bob)
    assert _monitored(keeper, bob) != []
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_import_that_is_still_on_its_way_brings_back_nothing_that_is_not_wanted_any_more(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_have_it(FILMS, tmp_path, clock)
    told, item = bob.events(), FILMS.item(1)
    known = bob.state.items.state(FILMS.library, item)
    assert known.item is not None
    path = f"{known.folder}/Upgrade.mkv"
    body = FileImported(
        library=FILMS.library, item=known.item, copies=(Copy(path=path, size=5, units=("movie",)),), term=2
    )
    bob.state.outbox.put(item, body, "drive", "imported", clock())
    leave(bob.state, FILMS.library, [item], clock())
    place = bob.folders[FILMS.library] / path
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"12345")
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert bob.events() == told
    assert (FILMS.shown(alice), FILMS.shown(bob)) == ({}, {})
    assert (alice.waits(), bob.waits()) == ({}, {})


@every_keeper(SHOWS, MUSICIANS)
def test_what_is_not_wanted_any_more_is_removed_from_the_app(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_have_it(keeper, tmp_path, clock)
    told = (alice.events(), bob.events())
    leave(bob.state, keeper.library, [keeper.item(1)], clock())
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert keeper.shown(bob) == keeper.shown(alice) == {}
    nights(clock, alice, bob)
    assert (alice.events(), bob.events()) == told
    assert status(bob).asks == ()


def test_what_its_user_deleted_is_asked_about_no_more(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_have_it(FILMS, tmp_path, clock)
    assert len(status(bob).asks) == 1
    bob.radarr.delete(1)
    settle(clock, alice, bob, seconds=60, steps=6)
    assert status(bob).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


@pytest.mark.parametrize(("on_remove", "monitored"), [("unmonitor", []), ("keep", ["movie"])])
def test_other_policies_ask_nothing(
    on_remove: str, monitored: list[str], tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_have_it(FILMS, tmp_path, clock, on_remove)
    nights(clock, alice, bob)
    assert _monitored(FILMS, bob) == monitored
    assert status(bob).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_film_that_is_monitored_again_in_the_app_stays_so(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_have_it(FILMS, tmp_path, clock)
    bob.radarr.set_monitored(1, True)
    nights(clock, alice, bob)
    assert _monitored(FILMS, bob) == ["movie"]
    assert status(bob).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})
