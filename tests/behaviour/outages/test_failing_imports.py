"""A file that an app fails on when it is asked to import it: it keeps no other from being imported."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import TV

FILMS = range(1, 23)
POISON = 11
DAY_S = 24 * 3600


class Failing:
    """Makes an app fail on the imports of some files, and keeps the sizes of the imports it was asked for."""

    def __init__(self, house: Household, app: str, how: str, fails_on: Callable[[str], bool]) -> None:
        self.asked: list[int] = []
        self.how = how
        self._fails_on = fails_on
        house.arrs[app].fail = self._fail

    def _fail(self, request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST" or b"ManualImport" not in request.content:
            return None
        paths = [file["path"] for file in json.loads(request.content)["files"]]
        self.asked.append(len(paths))
        if not any(map(self._fails_on, paths)):
            return None
        if self.how == "timeout":
            raise httpx.ReadTimeout("no answer", request=request)
        if self.how == "reset":
            raise httpx.ReadError("connection reset by peer", request=request)
        return httpx.Response(int(self.how), json={"message": "Object reference not set"})


def _pair(root: Path, clock: Clock, setup: LibrarySetup) -> tuple[Household, Household]:
    make_drive(root / "drive", (setup.library,))
    limits = {"holds": {"first_adds": 1000}}
    alice, bob = (
        Household(name, root, root / "drive", clock, (setup,), policy=limits) for name in ("alice", "bob")
    )
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def _with_new_files(root: Path, clock: Clock) -> tuple[Household, Household]:
    """Both have many films, and alice's have files that bob has not heard of."""
    alice, bob = _pair(root, clock, MOVIES)
    for tmdb in FILMS:
        alice.radarr.add(tmdb)
    settle(clock, alice, bob)
    for tmdb in FILMS:
        alice.radarr.download(tmdb, size=64)
    settle(clock, alice)
    return alice, bob


def _without_file(house: Household) -> set[int]:
    return {row.tmdb_id for row in house.radarr.library.movies() if not row.file_id}


def _is_poison(path: str) -> bool:
    return f"Film {POISON} " in path


def _asks(house: Household) -> tuple[str, ...]:
    me = Me(house.node, house.name, "m")
    return report(house.state, me, [], MountCheck(Availability(available=True))).asks


@pytest.mark.parametrize(
    "how", ["timeout", *(pytest.param(how, marks=pytest.mark.campaign) for how in ("500", "reset", "400"))]
)
def test_one_film_that_the_app_fails_on_keeps_no_other_from_being_imported(
    tmp_path: Path, clock: Clock, how: str
) -> None:
    alice, bob = _with_new_files(tmp_path, clock)
    app = Failing(bob, "radarr", how, _is_poison)
    settle(clock, alice, bob, seconds=10, steps=5)
    assert _without_file(bob) <= {POISON}
    assert bob.state.outages.all() == {}
    assert app.asked[0] == len(FILMS)
    assert len(app.asked) <= 14  # five times two halves, and the one again


def test_a_film_that_the_app_fails_on_is_named_with_what_to_do_and_asked_for_ever_more_rarely(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _with_new_files(tmp_path, clock)
    app = Failing(bob, "radarr", "500", _is_poison)
    settle(clock, alice, bob, seconds=DAY_S, steps=24 * 4)
    [line] = [each for each in _asks(bob) if f"Film {POISON}" in each]
    assert "Radarr answered POST /api/v3/command with 500: Object reference not set" in line
    assert line.endswith("see its log, or import the file with its Manual Import")
    assert len(app.asked) <= 30
    app.asked.clear()
    settle(clock, alice, bob, seconds=7 * DAY_S, steps=7 * 24)
    assert 1 <= len(app.asked) <= 10
    bob.radarr.fail = None
    bob.state.dirty.retry(clock())
    settle(clock, alice, bob)
    assert _without_file(bob) == set()
    assert bob.waits() == {}


@pytest.mark.campaign
def test_several_films_that_the_app_fails_on_keep_no_other_from_being_imported(
    tmp_path: Path, clock: Clock
) -> None:
    poison = {1, 2, 3, 4, 5, POISON}
    alice, bob = _with_new_files(tmp_path, clock)
    Failing(bob, "radarr", "500", lambda path: any(f"/Film {each} " in path for each in poison))
    settle(clock, alice, bob, seconds=60, steps=10)
    assert _without_file(bob) == poison


def test_an_app_that_fails_on_all_imports_is_soon_asked_no_more_in_a_pass(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _with_new_files(tmp_path, clock)
    app = Failing(bob, "radarr", "500", lambda _path: True)
    bob.once()
    assert 1 <= len(app.asked) <= 12
    settle(clock, alice, bob, seconds=60, steps=10)
    bob.radarr.fail = None
    settle(clock, alice, bob, seconds=900, steps=30)
    assert _without_file(bob) == set()
    assert bob.waits() == {}


def test_one_episode_that_the_app_fails_on_keeps_no_other_of_its_series_from_being_imported(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(tmp_path, clock, TV)
    sonarr, other = alice.arrs["sonarr"], bob.arrs["sonarr"]
    assert isinstance(sonarr, SimulatedSonarr)
    assert isinstance(other, SimulatedSonarr)
    sonarr.add(1)
    settle(clock, alice, bob)
    names = sonarr.download_season(1, 1)
    app = Failing(bob, "sonarr", "timeout", lambda path: "S01E02" in path)
    settle(clock, alice, bob, seconds=30, steps=10)
    with bob.unseen():
        listed = bob.links["sonarr"].arr.read("tvdb:1")
    assert listed
    assert len(listed.files) == len(names) - 1
    assert bob.state.outages.all() == {}
    assert len(app.asked) <= 12
