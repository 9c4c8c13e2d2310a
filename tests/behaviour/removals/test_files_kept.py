"""A deletion that keeps the files: nothing is to be proven, and who misses the files later says so."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
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


def _pair(setup: LibrarySetup, root: Path, clock: Clock) -> tuple[Household, Household]:
    make_drive(root / "drive", (setup.library,))
    alice, bob = (Household(name, root, root / "drive", clock, (setup,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    return alice, bob
