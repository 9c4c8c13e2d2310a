"""Something is always down: what can be done is done, the rest waits, and nothing is told twice."""

import logging
import os
import random
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mesharr.node.arr_health import note_answer
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import Clock, Household, import_on, make_drive, pair, settle

MINUTE = 60.0
FOLDER = "Film 7 (2007)"
Pair = tuple[Household, Household]


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def _too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


FAULTS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "down": _unreachable,
    "slow": _too_slow,
    "401": lambda _: httpx.Response(401),
    "500": lambda _: httpx.Response(500, json={"message": "database is locked"}),
    "html": lambda _: httpx.Response(200, html="<html>login</html>"),
}


def _arrived(alice: Household, bob: Household) -> None:
    assert bob.shows(7) == (False, True)
    assert bob.tags(7) == ["mesharr-alice"]
    assert set(bob.plex.scans) == {str(bob.library / FOLDER)}
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_who_was_stopped_during_the_import_catches_up_after_the_start(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, seconds=3 * 86_400, steps=100)
    bob.restart()
    settle(clock, alice, bob)
    _arrived(alice, bob)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_peers_arr_may_fail_while_the_import_arrives(
    alice_and_bob: Pair, clock: Clock, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    bob.radarr.fail = FAULTS[fault]
    caplog.set_level(logging.INFO)
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    subjects = [subject for subject, _, _, _ in bob.state.refusals.all()]
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    refused = fault in {"401", "html"}
    assert subjects == (["app:radarr"] if refused else [])
    assert len(told) == (1 if refused else 0)
    assert bob.waits().get("dirty") == 1
    bob.radarr.fail = None
    settle(clock, alice, bob)
    _arrived(alice, bob)
    assert bob.state.refusals.all() == []


def test_whatever_says_that_an_app_is_down_is_an_outage_with_the_first_visit(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    answers = ("down", "slow", *(httpx.Response(status) for status in (502, 503, 504, 521)))
    for film, answer in enumerate(answers, 7):
        bob.radarr.fail = FAULTS[answer] if isinstance(answer, str) else lambda _, answer=answer: answer
        alice.radarr.add(film)
        settle(clock, alice, bob, seconds=1, steps=2)
        assert list(bob.state.outages.all()) == ["app:radarr"], answer
        bob.radarr.fail = None
        settle(clock, bob, seconds=10 * MINUTE)
        assert bob.state.outages.all() == {}, answer


@pytest.mark.parametrize("fault", ["401", "html"])
def test_what_an_app_refused_as_a_whole_is_due_as_soon_as_it_answers(
    alice_and_bob: Pair, clock: Clock, fault: str
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice)
    bob.radarr.fail = FAULTS[fault]
    settle(clock, bob, seconds=20 * MINUTE)
    (waiting,) = bob.state.dirty.all()
    assert waiting.state == "refused"
    assert "Radarr" in waiting.why
    bob.radarr.fail = None
    clock.ms = waiting.next - 1
    note_answer(bob.state, "radarr", clock())  # any request to the app notes its answer
    assert bob.state.dirty.next_due() == clock()
    assert bob.state.refusals.all() == []


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_importers_arr_may_fail_after_its_webhook(
    alice_and_bob: Pair, clock: Clock, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.radarr.download(7)
    alice.radarr.fail = FAULTS[fault]
    caplog.set_level(logging.INFO)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    refused = fault in {"401", "html"}
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [subject for subject, _, _, _ in alice.state.refusals.all()] == (["app:radarr"] if refused else [])
    assert len(told) == (1 if refused else 0)
    assert alice.events() == []
    assert alice.waits()["inbox"] == 2
    alice.radarr.fail = None
    settle(clock, alice, bob)
    _arrived(alice, bob)
    assert alice.state.refusals.all() == []


@pytest.mark.parametrize("seed", range(8))
def test_arrs_that_fail_every_third_request_change_nothing_in_the_end(
    alice_and_bob: Pair, clock: Clock, seed: int
) -> None:
    alice, bob = alice_and_bob
    chance = random.Random(seed)

    def flaky(request: httpx.Request) -> httpx.Response | None:
        return FAULTS[chance.choice(("500", "down", "slow"))](request) if chance.random() < 0.33 else None

    def done_and_failed(house: Household) -> Callable[[httpx.Request], httpx.Response | None]:
        def fail(request: httpx.Request) -> httpx.Response | None:
            # the worse half: the arr does what it is asked and its answer is lost
            if chance.random() < 0.15:
                house.radarr.fail = None
                house.radarr.handle(request)
                house.radarr.fail = fail
                return FAULTS["slow"](request)
            return flaky(request)

        return fail

    alice.radarr.fail, bob.radarr.fail = done_and_failed(alice), done_and_failed(bob)
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=180 * MINUTE, steps=180)
    alice.radarr.fail = bob.radarr.fail = None
    settle(clock, alice, bob, seconds=30 * MINUTE)
    _arrived(alice, bob)


def test_a_media_server_that_is_down_delays_nothing_else_and_is_notified_when_it_is_back(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    bob.plex.fail_with(500)
    import_on(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    assert bob.waits() == {"scans": 1}
    bob.plex.fail_with(None)
    settle(clock, alice, bob)
    _arrived(alice, bob)


def test_an_arr_that_is_down_does_not_delay_the_media_server(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    bob.radarr.fail = FAULTS["down"]
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    assert bob.plex.scans == [str(bob.library / FOLDER)]


def test_a_media_server_on_a_mount_of_its_own_is_notified_of_each_folder_once_more(
    tmp_path: Path, clock: Clock
) -> None:
    server = {"kind": "plex", "url": "http://plex", "token": "token", "again_after": "6m", "pause": "0s"}
    alice, bob = pair(tmp_path, clock, scanners=[server])
    import_on(clock, alice, bob)
    settle(clock, alice, bob)
    assert bob.plex.scans == [str(bob.library / FOLDER)] * 2
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_arr_that_would_remove_the_peers_films_is_refused_before_the_first_add(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    bob.radarr.common.config["importlist"]["listSyncLevel"] = "removeAndDelete"
    import_on(clock, alice, bob)
    assert bob.movie(7) is None
    assert bob.writes() == []
    refusals = bob.state.refusals.all()
    assert len(refusals) == 1
    assert "listSyncLevel" in refusals[0][1]
    assert "Clean Library Level" in refusals[0][2]
    bob.radarr.common.config["importlist"]["listSyncLevel"] = "disabled"
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob)
    _arrived(alice, bob)
    assert bob.state.refusals.all() == []


def test_nothing_is_added_or_scanned_while_the_library_of_bob_is_not_mounted(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    view = tmp_path / "bobs view"
    view.symlink_to(tmp_path / "drive" / "movies")
    paths = {"path": str(view), "root": str(tmp_path / "drive" / "movies"), "cloud": str(view)}
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock, libraries={"movies": paths})
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, alice, bob, tmdb=8)
    bob.plex.scans.clear()
    bob.radarr.forget_requests()
    view.unlink()
    view.mkdir()  # a bare mount point: an empty, writable directory
    alice.radarr.add(7)
    alice.radarr.download(7)
    alice.radarr.download(8, name="Film 8 (2008) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert bob.writes() == []
    assert bob.plex.scans == []
    assert bob.movie(7) is None
    assert os.listdir(view) == []
    assert all("unavailable" in dirty.why for dirty in bob.state.dirty.all())
    view.rmdir()
    view.symlink_to(tmp_path / "drive" / "movies")
    settle(clock, alice, bob)
    assert bob.shows(7) == bob.shows(8) == (False, True)
    assert bob.events() == []
    assert bob.waits() == {}


def test_a_mount_that_went_away_at_the_peer_makes_no_removal(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    away = alice.drive / "away"
    alice.library.rename(away)
    (alice.library / "other").mkdir(parents=True)  # a root that is not empty: the arrs drop every file
    for house in alice_and_bob:
        house.radarr.daily_refresh()
    assert alice.shows(7) == (True, False)
    settle(clock, alice, bob, seconds=120 * MINUTE)
    for house in alice_and_bob:
        house.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=120 * MINUTE)
    (alice.library / "other").rmdir()
    alice.library.rmdir()
    away.rename(alice.library)
    settle(clock, alice, bob, seconds=120 * MINUTE)
    for house in alice_and_bob:
        house.radarr.daily_refresh()
        house.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))


def test_what_happens_while_the_store_is_away_is_published_once_when_it_is_back(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    store, away = alice.drive / ".mesharr", alice.drive / "away"
    store.rename(away)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=10 * MINUTE)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert bob.movie(7) is None
    alice.restart()
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert not store.exists()  # nobody makes a store where there was one
    away.rename(store)
    settle(clock, alice, bob)
    _arrived(alice, bob)
    assert bob.read_of(alice) == ["item.added", "file.imported"]


def test_a_node_that_is_not_trusted_is_not_followed_and_trusting_it_later_catches_up(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, alice, bob)
    assert bob.movie(7) is None
    assert bob.read_of(alice) == []
    assert list(bob.state.node_warnings.unknown()) == [alice.node]
    bob.trust(alice)
    settle(clock, alice, bob)
    _arrived(alice, bob)
    assert bob.state.node_warnings.unknown() == {}


def test_untrust_freezes_what_was_applied_and_trust_goes_on_from_there(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), alice.node, "2026-11-23"))
    import_on(clock, alice, bob, tmdb=8)
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert bob.movie(8) is None
    assert bob.movie(7) is not None
    assert bob.read_of(alice) == ["item.added", "file.imported"]
    bob.trust(alice)
    settle(clock, alice, bob)
    assert bob.shows(8) == (False, True)
    assert bob.movie(7) is None
    assert bob.read_of(alice) == alice.events()
    assert bob.waits() == {}
