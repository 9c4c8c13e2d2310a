"""Many items at once: the arr's list is read once, adds go together, and a bad one keeps none from coming."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.arrs.sonarr.app import SimulatedSonarr
from tests.bench.library import shows, television
from tests.support.household import Clock, Household, make_drive, settle

COUNT = 104
MANY = {"holds": {"first_adds": 1000}}


class Losing(Household):
    """A household that may lose the answer to its next bulk add, which its arr did or did not do."""

    lose = ""
    after_loss: tuple[str, str] | None = None
    """The first request (method, path) after the lost answer, None before."""
    sent: list[list[int]]
    """The films of each bulk add, those of the lost one too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sent = []
        self._lost = False

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        if self._lost and self.after_loss is None:
            self.after_loss = request.method, request.url.path
        if request.url.path.endswith("/movie/import"):
            self.sent.append([movie["tmdbId"] for movie in json.loads(request.content)])
            if self.lose:
                lost, self.lose, self._lost = self.lose, "", True
                if lost == "done":
                    super().answer(url, request)
                raise httpx.ReadTimeout("no answer")
        return super().answer(url, request)


def _pair(root: Path, clock: Clock, policy: object = None) -> tuple[Household, Losing]:
    """Alice has imported many films, and bob, who knows what is asked once a day, has heard of none."""
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock)
    bob = Losing("bob", root, root / "drive", clock, policy=policy or MANY)
    alice.trust(bob)
    settle(clock, alice, bob, seconds=60, steps=6)
    for tmdb in range(1, COUNT + 1):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb, size=64)
    settle(clock, alice, seconds=600, steps=60)
    bob.forget_requests()
    bob.trust(alice)
    return alice, bob


def _asked(house: Household) -> Counter[str]:
    return Counter(f"{method} {path.partition('?')[0]}" for method, path in house.requests())


def _has_all(house: Household, but: frozenset[int] = frozenset()) -> bool:
    rows = {row.tmdb_id: row for row in house.radarr.library.movies()}
    wanted = set(range(1, COUNT + 1)) - but
    return rows.keys() == wanted and all(row.file_id and not row.monitored for row in rows.values())


def test_many_films_cost_few_requests_and_come_in_batches(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock)
    settle(clock, alice, bob, seconds=3600, steps=60)
    asked = _asked(bob)
    print(f"\n{COUNT} films: {sum(asked.values())} requests: {dict(asked)}")
    assert _has_all(bob)
    assert bob.waits() == {}
    assert bob.tags(7) == ["mesharr-alice"]
    assert asked["POST /api/v3/movie/import"] == 1
    assert asked["POST /api/v3/movie"] == asked["POST /api/v3/command"] == 0
    assert asked["GET /api/v3/movie"] <= 6
    assert sum(asked.values()) <= 20
    assert bob.radarr.searches == []
    assert bob.events() == []
    assert len(bob.plex.scans) == COUNT


@pytest.mark.campaign
@pytest.mark.parametrize("lose", ["done", "not done"])
def test_after_a_time_out_the_list_is_read_before_anything_is_sent_again(
    tmp_path: Path, clock: Clock, lose: str
) -> None:
    alice, bob = _pair(tmp_path, clock)
    bob.lose = lose
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert _has_all(bob)
    assert bob.waits() == {}
    assert bob.state.refusals.all() == []
    # all in one request; when the arr did not do it, two halves
    assert [len(ids) for ids in bob.sent] == ([COUNT] if lose == "done" else [COUNT, COUNT // 2, COUNT // 2])
    assert bob.after_loss == ("GET", "/api/v3/movie")
    done = bob.sent if lose == "done" else bob.sent[1:]
    assert sorted(id_ for ids in done for id_ in ids) == list(range(1, COUNT + 1))
    assert _asked(bob)["POST /api/v3/movie"] == 0


def test_one_film_the_arr_refuses_is_named_and_all_others_are_added(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock)
    other = str(bob.library / "Film 77 (2017)")
    bob.deaf = True
    bob.radarr.add(
        5000, path=other
    )  # its own person put another film into that folder: only the arr knows yet
    bob.deaf = False
    settle(clock, alice, bob, seconds=3600, steps=60)
    bob.radarr.delete(5000)
    assert _has_all(bob, frozenset({77}))
    [(subject, what, _, _)] = bob.state.refusals.all()
    assert subject == "item:movies:tmdb:77"
    assert "is already configured" in what
    assert _asked(bob)["POST /api/v3/movie/import"] <= 20


@pytest.mark.campaign
def test_an_arr_that_is_down_costs_one_request_a_pass_and_is_reported_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = _pair(tmp_path, clock)
    bob.radarr.fail = lambda _request: httpx.Response(503)
    caplog.clear()
    for _ in range(10):
        clock.forward(400)
        bob.once()
    assert len(bob.requests()) <= 10
    assert len([record for record in caplog.records if "is tried again" in record.message]) == 1
    bob.radarr.fail = None
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert _has_all(bob)
    assert bob.waits() == {}


@pytest.mark.campaign
def test_more_than_the_limit_wait_as_one_group_until_a_person_approves(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, {"holds": {"first_adds": 50}})
    settle(clock, alice, bob, seconds=600, steps=20)
    [hold] = bob.state.holds.all()
    assert (hold.peer, hold.library, hold.kind, len(hold.items)) == (
        alice.node,
        "movies",
        "first_adds",
        COUNT,
    )
    assert hold.why.startswith("meeting alice: 0 in common")
    assert f"{COUNT} to add unmonitored" in hold.why
    assert bob.writes() == []
    assert bob.plex.scans == []
    bob.state.holds.approve(hold.n)
    bob.state.dirty.mark((("movies", item) for item, _ in hold.items), clock())
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert _has_all(bob)
    assert bob.state.holds.all() == []
    assert len(bob.plex.scans) == COUNT


@pytest.mark.campaign
def test_flags_of_many_films_are_set_once_each_and_verified_together(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock, {"holds": {"unmonitors": 1000, "unmonitors_percent": 100}})
    bob.deaf = True
    for tmdb in range(1, COUNT + 1):
        bob.radarr.add(tmdb)
    bob.run_commands()
    bob.deaf = False
    bob.forget_requests()
    settle(clock, alice, bob, seconds=3600, steps=60)
    asked = _asked(bob)
    print(f"\n{COUNT} flags: {sum(asked.values())} requests: {dict(asked)}")
    assert _has_all(bob)
    assert asked["PUT /api/v3/movie/editor"] == COUNT
    assert asked["GET /api/v3/movie"] + asked["GET /api/v3/command"] <= 8
    assert bob.waits() == {}


@pytest.mark.parametrize(("seasons", "files"), [(1, 100), (2, 12)])
def test_seasons_of_a_series_are_one_rescan_and_a_scan_for_each_folder(
    tmp_path: Path, clock: Clock, seasons: int, files: int
) -> None:
    make_drive(tmp_path / "drive", ("tv",))
    setup = television(shows(2, files * seasons, files))
    alice, bob = (Household(name, tmp_path, tmp_path / "drive", clock, (setup,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    sonarr = cast(SimulatedSonarr, alice.arrs["sonarr"])
    settle(clock, alice, bob, seconds=60, steps=6)
    sonarr.add(1)
    settle(clock, alice, bob)
    bob.forget_requests()
    bob.plex.scans.clear()
    for season in range(1, seasons + 1):
        assert len(sonarr.download_season(1, season)) == files
    settle(clock, alice, bob, seconds=3600, steps=60)
    [held] = bob.links["sonarr"].arr.read_all()
    assert len(held.files) == files * seasons
    assert not any(held.monitored.values())
    print(f"\n{seasons} seasons: {len(bob.requests())} requests, {bob.writes()}")
    assert bob.writes() == ["POST /api/v3/command"]
    for house in (alice, bob):
        assert sorted(Path(each).name for each in house.plex.scans) == [
            f"Season {season:02}" for season in range(1, seasons + 1)
        ]
    assert (alice.waits(), bob.waits()) == ({}, {})
