"""An event that names its item and lacks a detail makes mesharr look at the item."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import ARTISTS, AUTHORS, BOOKS, MUSIC, SHOWS, TV

KEPT = {"eventType", "movie", "series", "artist", "author", "deleteReason", "instanceName", "applicationUrl"}
ALBUM, BOOK = (next(iter(known.values())).works[0].id for known in (ARTISTS, AUTHORS))
MINUTE = 60.0
Happen = Callable[[Any], object]


class App:
    """How one app gets an item and a file, renames the file, and deletes it."""

    def __init__(self, setup: LibrarySetup, item: Any, get: Happen, rename: Happen, delete: Happen) -> None:
        self.setup, self.item, self.get, self.rename, self.delete = setup, item, get, rename, delete


APPS = [
    App(
        MOVIES,
        7,
        lambda arr: arr.download(7),
        lambda arr: arr.rename(7, "Film 7 (2007) other name.mkv"),
        lambda arr: arr.delete_file(7),
    ),
    App(
        TV,
        next(iter(SHOWS)),
        lambda arr: arr.download(next(iter(SHOWS)), 2, 1),
        lambda arr: arr.rename(next(iter(SHOWS)), 2, 1, "Season 02/Show S02E01 other name.mkv"),
        lambda arr: arr.delete_file(next(iter(SHOWS)), 2, 1),
    ),
    App(
        MUSIC,
        next(iter(ARTISTS)),
        lambda arr: arr.download(ALBUM),
        lambda arr: arr.rename(ALBUM, "Other folder"),
        lambda arr: arr.delete_file(ALBUM),
    ),
    App(
        BOOKS,
        next(iter(AUTHORS)),
        lambda arr: arr.download(BOOK),
        lambda arr: arr.rename(BOOK, "Other folder"),
        lambda arr: arr.delete_file(BOOK),
    ),
]


def _bare(body: bytes) -> bytes:
    """Return a webhook that has nothing but its type and its item."""
    return json.dumps({name: value for name, value in json.loads(body).items() if name in KEPT}).encode()


@pytest.fixture(params=APPS, ids=[app.setup.app for app in APPS])
def app(request: pytest.FixtureRequest) -> App:
    found: App = request.param
    return found


@pytest.fixture
def houses(app: App, tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    make_drive(tmp_path / "drive", (app.setup.library,))
    alice, bob = (
        Household(name, tmp_path, tmp_path / "drive", clock, (app.setup,)) for name in ("alice", "bob")
    )
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.arrs[app.setup.app].add(app.item)  # type: ignore[attr-defined]  # each app has it
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    return alice, bob


def _barely_heard(house: Household, app: App, happen: Happen, clock: Clock) -> None:
    """Let something happen of which the household's mesharr gets the bare events."""
    before = len(house.hooks)
    house.deaf = True
    happen(house.arrs[app.setup.app])
    house.deaf = False
    for body in house.hooks[before:]:
        house.state.inbox.put(app.setup.app, "webhook", _bare(body), clock())


def test_what_they_are_about_is_published_all_the_same(
    houses: tuple[Household, Household], app: App, clock: Clock
) -> None:
    alice, bob = houses
    _barely_heard(alice, app, app.get, clock)
    settle(clock, alice, bob)
    assert alice.events().count("file.imported") == 1
    _barely_heard(alice, app, app.rename, clock)
    settle(clock, alice, bob)
    assert alice.events().count("file.renamed") == 1
    _barely_heard(alice, app, app.delete, clock)
    settle(clock, alice, bob, seconds=40 * MINUTE)
    reports_it = app.setup is not MUSIC
    assert alice.events().count("file.removed") == (1 if reports_it else 0)
    assert alice.state.counters.all().get("hints_rejected", 0) == 0
    assert bob.events() == []


def test_a_rename_script_with_empty_paths_is_a_sign_to_look(clock: Clock, tmp_path: Path) -> None:
    make_drive(tmp_path / "drive", ("tv",))
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, (TV,))
    settle(clock, alice, seconds=MINUTE, steps=6)
    show = next(iter(SHOWS))
    sonarr: Any = alice.arrs["sonarr"]
    sonarr.add(show)
    settle(clock, alice, seconds=MINUTE, steps=6)
    sonarr.download(show, 2, 1)
    settle(clock, alice)
    alice.deaf = True
    sonarr.rename(show, 2, 1, "Season 02/Show S02E01 other name.mkv")
    script = {
        "sonarr_eventtype": "Rename",
        "sonarr_series_tvdbid": str(show),
        "sonarr_series_path": f"{alice.library}/Show {show}",
        "sonarr_episodefile_paths": "",
        "sonarr_episodefile_previouspaths": "",
    }
    alice.state.inbox.put("sonarr", "script", json.dumps(script).encode(), clock())
    settle(clock, alice)
    assert alice.events()[-1] == "file.renamed"
