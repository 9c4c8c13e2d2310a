"""`mesharr approve` and `mesharr retry`: a person lets go on what waits, also beside a running daemon."""

import os
import pty
import subprocess
import sys

from mesharr.core.errors import Refused
from mesharr.state.lock import hold_lock
from mesharr.state.queues.dirty import Dirty
from tests.support.household import Clock, Household, settle
from tests.unit.cli.house import Commands

Pair = tuple[Household, Household]
FAR = 9_000_000_000_000


def _adds(alice: Household, bob: Household, past: Clock, *numbers: int) -> None:
    for number in numbers:
        alice.radarr.add(number)
    settle(past, alice, bob, seconds=60, steps=6)


def _with_limit(houses: Pair, limit: int) -> Household:
    bob = houses[1]
    bob.changes = {"policy": {"holds": {"first_adds": limit}}}
    bob.restart()
    return bob


def test_without_a_number_it_lists_what_is_held(bobs: Commands, houses: Pair, past: Clock) -> None:
    bob = _with_limit(houses, 0)
    _adds(houses[0], bob, past, 7, 8)
    assert bobs.run("approve") == 0
    assert "1: 2 additions from alice in movies, " in bobs.out
    assert "Film 7 (2007)" in bobs.out
    assert "approve with: mesharr approve 1; " in bobs.out
    (hold,) = bobs.json("approve")["holds"]
    assert [each["item"] for each in hold["items"]] == ["tmdb:7", "tmdb:8"]
    assert bob.movie(7) is None
    bob.state.holds.add(houses[0].node, "movies", "removals", [("tmdb:9", "Film 9")], "too many", 1)
    assert bobs.run("approve") == 0
    assert "approve with: mesharr approve NUMBER, or --all; " in bobs.out


def test_what_is_approved_is_done_at_the_next_pass_of_a_running_node(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    bob = _with_limit(houses, 0)
    _adds(houses[0], bob, past, 7, 8)
    past.ms += 3_600_000
    assert bobs.run("approve", "1") == 0
    assert bobs.out == "approved 1: 2 additions from alice in movies\n"
    assert bobs.err == "mesharr: done when mesharr runs: mesharr run\n"
    bob.once()
    assert (bob.movie(7) is None, bob.movie(8) is None) == (False, False)
    assert bob.state.holds.all() == []
    assert bobs.run("approve") == 0
    assert bobs.out == "nothing needs approval\n"


def test_what_comes_after_an_approval_waits_for_another(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses[0], _with_limit(houses, 0)
    _adds(alice, bob, past, 7)
    bobs.run("approve", "--all")
    alice.radarr.add(9)
    alice.once()
    past.forward(3600)
    for house in (alice, alice, bob):
        house.once()
        past.forward(2)
    assert bob.movie(7) is not None
    assert bob.movie(9) is None
    assert [hold.approved for hold in bob.state.holds.all()] == [False]


def test_a_second_approval_joins_what_is_still_being_worked_on(bobs: Commands, houses: Pair) -> None:
    holds = houses[1].state.holds
    holds.add("alice-00000000", "movies", "removals", [("tmdb:1", "A"), ("tmdb:2", "B")], "many", 1)
    bobs.run("approve", "1")
    holds.add("alice-00000000", "movies", "removals", [("tmdb:2", "B"), ("tmdb:3", "C")], "many", 2)
    assert not holds.approved("movies", "tmdb:3", "removals")
    assert bobs.run("approve", "--all") == 0
    (hold,) = holds.all()
    assert hold.approved
    assert [item for item, _ in hold.items] == ["tmdb:1", "tmdb:2", "tmdb:3"]


def test_a_held_action_that_is_no_longer_planned_leaves_its_hold(houses: Pair, past: Clock) -> None:
    alice, bob = houses[0], _with_limit(houses, 0)
    _adds(alice, bob, past, 7)
    assert len(bob.state.holds.all()) == 1
    bob.radarr.add(7)
    settle(past, alice, bob, seconds=60, steps=6)
    assert bob.state.holds.all() == []


def test_a_number_that_is_no_hold_is_a_misuse_and_releases_nothing(bobs: Commands, houses: Pair) -> None:
    houses[1].state.holds.add("alice-00000000", "movies", "claims", [("tmdb:1", "A")], "many", 1)
    assert bobs.run("approve", "1", "9") == 2
    assert bobs.err == "mesharr: nothing with the number 9 needs approval: known: 1\n"
    assert bobs.run("approve", "1", "--all") == 2
    assert bobs.run("approve", "one") == 2
    assert not houses[1].state.holds.all()[0].approved


def test_retry_makes_everything_due_and_forgets_refusals(bobs: Commands, houses: Pair) -> None:
    state = houses[1].state
    _let_wait(houses[1])
    assert bobs.run("retry") == 0
    assert bobs.out == "tried again now: 1 item, 1 webhook, 1 file of the store, 1 upload, 1 scan\n"
    now = state.dirty.next_due()
    assert now is not None
    assert now < FAR
    assert [len(state.inbox.due(now)), len(state.uploads.due(now)), len(state.scans.due("plex", now))] == [
        1,
        1,
        1,
    ]
    assert not state.quarantine.is_waiting("events/x", now)
    assert state.refusals.all() == []


def test_retry_of_one_kind_leaves_the_others(bobs: Commands, houses: Pair) -> None:
    state = houses[1].state
    _let_wait(houses[1])
    said = bobs.json("retry", "--scans")
    assert said == {"due": {"scans": 1}}
    assert state.dirty.next_due() == FAR
    assert len(state.uploads.due(FAR - 1)) == 0
    assert [subject for subject, *_ in state.refusals.all()] == [
        "item:movies:tmdb:1",
        "store",
        "upload:movies",
    ]
    assert set(bobs.json("retry", "--uploads")["due"]) == {"uploads"}
    assert set(bobs.json("retry", "--items")["due"]) == {"items", "hints", "files"}
    assert [subject for subject, *_ in state.refusals.all()] == ["store"]


def test_retry_with_nothing_waiting_says_so(bobs: Commands) -> None:
    assert bobs.run("retry") == 0
    assert bobs.out == "nothing is waiting\n"


def _let_wait(house: Household) -> None:
    """Put one thing of every kind off until far in the future."""
    state = house.state
    state.dirty.mark([("movies", "tmdb:1")], 1)
    state.dirty.later(Dirty("movies", "tmdb:1", 1, 1, 3, "failed", "no", "A", 1), FAR)
    state.inbox.put("radarr", "webhook", b"{}", 1)
    state.inbox.later([hint.n for hint in state.inbox.due(1)], FAR, "no")
    state.db.write(
        "INSERT INTO uploads(outbox, library, path, size, phase, replaces, since, next) "
        "VALUES(0,'movies','a/b',1,'waiting',0,1,?)",
        (FAR,),
    )
    state.scans.put(["plex"], "movies", "a", FAR)
    state.quarantine.put("events/x", "torn", FAR - 1, lambda _tries: 1)
    for subject in ("item:movies:tmdb:1", "scanner:plex", "store", "upload:movies"):
        state.refusals.note(subject, Refused("no", "fix"), 1)


def test_a_terminal_shows_titles_as_they_are_and_not_as_markup(bobs: Commands, houses: Pair) -> None:
    houses[1].state.holds.add(houses[0].node, "movies", "claims", [("tmdb:8329", "[REC] (2007)")], "many", 1)
    command = [sys.executable, "-m", "mesharr", "--config-dir", str(bobs.config), "approve"]
    here, there = pty.openpty()
    try:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "120"}
        subprocess.run(command, stdout=there, env=environ, check=True, timeout=60)
        assert "[REC] (2007)" in os.read(here, 10_000).decode()
    finally:
        os.close(here)
        os.close(there)


def test_what_is_rejected_is_listed_until_it_is_approved_after_all(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    bob = _with_limit(houses, 0)
    _adds(houses[0], bob, past, 7, 8)
    assert bobs.run("reject") == 0
    assert "mesharr reject 1" in bobs.out
    assert bobs.run("reject", "9") == 2
    assert bobs.run("reject", "1") == 0
    assert bobs.out == "rejected 1: 2 additions from alice in movies\n"
    assert bobs.run("status") == 0
    assert "need your approval" not in bobs.out, "also before the next visit"
    past.forward(3_600)
    settle(past, bob, seconds=600, steps=6)
    assert bob.movie(7) is None
    assert bobs.run("status") == 0, "nothing needs the user any more"
    assert "rejected 1: 2 additions from alice in movies" in bobs.out
    assert "2 items stay as you rejected a change" in bobs.out
    (rejected,) = bobs.json("reject")["rejected"]
    assert rejected["n"] == 1
    assert bobs.run("reject", "1") == 2, "it is answered"
    assert bobs.run("approve", "1") == 0
    assert bobs.run("status") == 0
    assert "approved 1: 2 additions from alice in movies: not done yet" in bobs.out
    assert "you rejected" not in bobs.out
    past.forward(3_600)
    settle(past, bob, seconds=600, steps=6)
    assert (bob.movie(7) is None, bob.movie(8) is None) == (False, False)
    assert bob.state.holds.all() == []


def test_an_answer_says_that_a_running_daemon_acts_on_it_at_once(bobs: Commands, houses: Pair) -> None:
    houses[1].state.holds.add(houses[0].node, "movies", "removals", [("tmdb:7", "Film 7")], "more than 20", 1)
    with hold_lock(str(bobs.config)):
        assert bobs.run("reject", "1") == 0
    assert bobs.err == "mesharr: the daemon does so at once\n"
