"""An arr's database is restored from last month: its items, files and flags are old, and nobody did that."""

from pathlib import Path

import pytest

from mesharr.node.missing_items import leave, restore
from mesharr.node.ownership import claimable, queue_claims
from tests.support.household import Clock, Household, settle
from tests.support.keepers import (
    DAY,
    FILMS,
    HOUR,
    KEEPERS,
    MUSICIANS,
    SHOWS,
    WRITERS,
    Keeper,
    each_way,
    every_keeper,
    harm,
    named,
    nights,
    share,
    status,
    two,
)

FEW = (1, 2)
MANY = tuple(range(1, 31))


def _taken_over(keeper: Keeper, house: Household, number: int, clock: Clock) -> None:
    """A person takes an item over, by command."""
    taking = claimable(house.state, keeper.library, keeper.item(number), house.node, ())
    queue_claims(house.state, [taking], "claimed by its person", clock())


@every_keeper(FILMS, MUSICIANS)
def test_an_arr_restored_from_before_the_upgrade_takes_nothing_back(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    """Bob owned the files and had them monitored; then alice upgraded them, and owns them."""
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, bob, alice, numbers=FEW)
    last_month = keeper.arr(bob).snapshot()
    assert len(keeper.wanted(bob)) == len(FEW)
    settle(clock, alice, bob, seconds=DAY, steps=12)
    for number in FEW:
        keeper.bring(alice, number, size=9000)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    share(keeper, clock, alice, bob, numbers=(3, 4))
    nights(clock, alice, bob)
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (4, [])
    told, files = (alice.events(), bob.events()), keeper.files(bob)
    keeper.arr(bob).restore(last_month)
    nights(clock, alice, bob)
    assert harm(alice, bob) == []
    assert (alice.events(), bob.events()) == told
    assert keeper.wanted(bob) == []
    lost = status(bob).missing
    assert {each.item for each in lost} == {keeper.item(3), keeper.item(4)}
    here = {keeper.item(number) for number in FEW}
    assert {item: held for item, held in keeper.files(bob).items() if item in here} == {
        item: held for item, held in files.items() if item in here
    }
    restore(bob.state, keeper.library, [each.item for each in lost], clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert keeper.files(bob) == files
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (4, [])
    assert (alice.events(), bob.events()) == told
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_many_items_an_old_database_lacks_are_one_line_and_come_back_together(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, FILMS, policy={"first_contact": "go"})
    last_month = bob.radarr.snapshot()
    share(FILMS, clock, alice, bob, numbers=MANY)
    nights(clock, alice, bob, days=1)
    files = FILMS.files(bob)
    bob.radarr.restore(last_month)
    nights(clock, alice, bob)
    assert FILMS.files(bob) == {}
    [line] = status(bob).asks
    assert f"no longer lists {len(MANY)} items" in line
    restore(bob.state, "movies", [each.item for each in status(bob).missing], clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert FILMS.files(bob) == files
    assert FILMS.wanted(bob) == bob.events() == []
    assert status(bob).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


@each_way("noticed", {"at night": SHOWS, "by a peer's change": WRITERS})
def test_flags_that_come_back_with_an_old_database_are_nobodys_claim(
    noticed: str, keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    """Bob had the files and the flags; alice took the items over, so only the flags are old."""
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, bob, alice, numbers=FEW)
    last_month = keeper.arr(bob).snapshot()
    settle(clock, alice, bob, seconds=DAY, steps=12)
    for number in FEW:
        _taken_over(keeper, alice, number, clock)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    nights(clock, alice, bob, days=1)
    assert (len(keeper.wanted(alice)), keeper.wanted(bob)) == (2, [])
    claims = alice.events().count("unit.claimed")
    settle(clock, alice, bob, seconds=HOUR)
    keeper.arr(bob).restore(last_month)
    if noticed == "by a peer's change":
        bob.state.dirty.mark([(keeper.library, keeper.item(number)) for number in FEW], clock())
        settle(clock, alice, bob, seconds=HOUR)
    nights(clock, alice, bob)
    assert "unit.claimed" not in bob.events()
    assert alice.events().count("unit.claimed") == claims
    assert keeper.wanted(bob) == []
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_many_flags_that_are_set_at_once_are_one_hold_and_no_claim(tmp_path: Path, clock: Clock) -> None:
    """No start of the arr explains them: a person did it, or a program. None is claimed before its word."""
    alice, bob = two(tmp_path, clock, FILMS, policy={"first_contact": "go"})
    share(FILMS, clock, alice, bob, numbers=MANY)
    nights(clock, alice, bob)
    for film in MANY:
        bob.radarr.set_monitored(film, True)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.events() == []
    [hold] = status(bob).holds
    assert (hold.kind, len(hold.items)) == ("claims", len(MANY))
    assert len(FILMS.wanted(alice)) == len(MANY)


def test_one_flag_a_person_sets_is_a_claim_also_after_the_arr_was_started_again(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, FILMS)
    share(FILMS, clock, alice, bob, numbers=FEW)
    nights(clock, alice, bob, days=1)
    bob.radarr.restore(bob.radarr.snapshot())
    nights(clock, alice, bob, days=1)
    bob.radarr.set_monitored(1, True)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.events() == ["unit.claimed"]
    assert FILMS.wanted(bob) == ["tmdb:1 movie"]


@pytest.mark.parametrize("hours", [0.2, 3])
def test_what_a_tag_named_before_the_restore_removes_nothing_of_the_households_own(
    tmp_path: Path, clock: Clock, hours: float
) -> None:
    """Bob's film has the tag `kids`, whose number meant `mesharr-alice` in the database he restores over."""
    alice, bob = two(tmp_path, clock, FILMS)
    share(FILMS, clock, alice, bob, numbers=(1, 2))
    [tag] = (number for number, label in bob.radarr.common.tags.items() if label == "mesharr-alice")
    bob.radarr.common.tags[tag] = "kids"
    bob.radarr.restore(bob.radarr.snapshot())  # as it was made: the tag is `kids` in it
    settle(clock, alice, bob, seconds=hours * HOUR)
    assert bob.tags(1) == ["kids"]
    FILMS.delete(alice, 1, files=True)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert "item.removed" in alice.events()
    assert bob.movie(1) is not None
    assert not [write for write in bob.writes() if write.startswith("DELETE")]
    nights(clock, alice, bob, days=1)
    assert bob.movie(1) is not None
    FILMS.bring(alice, 2, size=9000)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    FILMS.add(alice, 3)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert bob.tags(3) == ["mesharr-alice"]
    assert (alice.waits(), bob.waits()) == ({}, {})


# -- what the household deleted since


def _monitored(keeper: Keeper, house: Household, number: int) -> list[str]:
    """Return the units of an item that the app monitors."""
    return sorted(unit for unit, flag in keeper.shown(house)[keeper.item(number)].monitored.items() if flag)


def _deleted_since(
    keeper: Keeper, root: Path, clock: Clock, *, deaf: bool = False
) -> tuple[Household, Household, object]:
    """Alice shares two items and deletes the first with its files; return the database from before."""
    alice, bob = two(root, clock, keeper)
    share(keeper, clock, alice, bob, numbers=FEW)
    nights(clock, alice, bob, days=1)
    before = keeper.arr(alice).snapshot()
    keeper.delete(alice, 1, files=True)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert "item.removed" in alice.events()
    assert set(keeper.files(bob)) == {keeper.item(2)}
    alice.deaf = deaf
    return alice, bob, before


@each_way("noticed", {"at night": MUSICIANS, "by a visit": FILMS})
def test_what_was_deleted_since_the_backup_is_asked_about_and_published_to_nobody(
    noticed: str, keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob, before = _deleted_since(keeper, tmp_path, clock)
    told = alice.events()
    keeper.arr(alice).restore(before)
    if noticed == "by a visit":
        alice.engine.nightly._comparer.recheck(
            alice.engine.nightly._libraries[keeper.library], keeper.item(1), clock()
        )
        settle(clock, alice, bob, seconds=HOUR, steps=30)
    nights(clock, alice, bob)
    assert alice.events() == told
    assert set(keeper.files(bob)) == {keeper.item(2)}
    assert [each.item for each in status(alice).asked] == [keeper.item(1)]
    (line,) = status(alice).asks
    assert f"mesharr restore {keeper.library} {keeper.item(1)} if it is wanted again" in line
    assert _monitored(keeper, alice, 1) == []
    assert _monitored(keeper, alice, 2) != []
    leave(alice.state, keeper.library, [keeper.item(1)], clock())
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert set(keeper.shown(alice)) == {keeper.item(2)}
    nights(clock, alice, bob, days=1)
    assert alice.events() == told
    assert status(alice).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


@every_keeper(SHOWS, WRITERS)
def test_a_database_restored_before_the_first_night_is_known_as_an_older_one(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    alice.engine.history.step(clock())  # the daemon's first contact
    share(keeper, clock, alice, bob, numbers=FEW)
    before = keeper.arr(alice).snapshot()
    keeper.delete(alice, 1, files=True)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    told = alice.events()
    assert "item.removed" in told
    keeper.arr(alice).restore(before)
    library = alice.engine.nightly._libraries[keeper.library]
    alice.engine.nightly._comparer.recheck(library, keeper.item(1), clock())
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert alice.events() == told
    assert [each.item for each in status(alice).asked] == [keeper.item(1)]
    assert _monitored(keeper, alice, 1) == []


@pytest.mark.parametrize("keeper", [FILMS, KEEPERS[1]], ids=named)
def test_what_is_wanted_again_is_published_as_added_and_its_files_as_imported(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=FEW)
    nights(clock, alice, bob, days=1)
    files, flags = keeper.files(alice), _monitored(keeper, alice, 1)
    before = keeper.arr(alice).snapshot()
    keeper.delete(alice, 1, files=False)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert alice.events()[-1] == "item.left"
    told = alice.events()
    keeper.arr(alice).restore(before)
    nights(clock, alice, bob, days=1)
    assert alice.events() == told
    assert [each.item for each in status(alice).asked] == [keeper.item(1)]
    assert flags
    assert _monitored(keeper, alice, 1) == []
    restore(alice.state, keeper.library, [keeper.item(1)], clock())
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert alice.events()[len(told) :] == ["item.added"]
    assert _monitored(keeper, alice, 1) == flags
    assert keeper.files(alice) == keeper.files(bob) == files
    assert status(alice).asks == ()
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_film_that_a_user_adds_again_after_a_start_of_the_app_is_news(tmp_path: Path, clock: Clock) -> None:
    alice, bob, _ = _deleted_since(FILMS, tmp_path, clock)
    alice.radarr.restore(alice.radarr.snapshot())
    FILMS.add(alice, 1)
    FILMS.bring(alice, 1)
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert alice.events()[-2:] == ["item.added", "file.imported"]
    assert len(FILMS.files(bob)) == len(FEW)
    assert status(alice).asks == ()


@every_keeper(FILMS, WRITERS)
def test_a_peers_item_that_comes_back_after_its_removal_is_removed_again(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=FEW)
    nights(clock, alice, bob, days=1)
    before = keeper.arr(bob).snapshot()
    keeper.delete(alice, 1, files=True)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert set(keeper.shown(bob)) == {keeper.item(2)}
    told = (alice.events(), bob.events())
    keeper.arr(bob).restore(before)
    nights(clock, alice, bob)
    assert (alice.events(), bob.events()) == told
    assert set(keeper.shown(bob)) == set(keeper.shown(alice)) == {keeper.item(2)}
    assert status(bob).asks == ()
