"""`mesharr sync`: one pass that does everything; and its dry run, which does nothing at all."""

import sqlite3
from pathlib import Path

import pytest

from mesharr.core.errors import Refused
from mesharr.state.lock import Busy, hold_lock, is_held
from tests.support.household import Clock, Household, make_drive, settle
from tests.unit.cli.house import Commands, Output, files_of

Pair = tuple[Household, Household]


def _told(houses: Pair, past: Clock, *numbers: int) -> None:
    """Have alice import films while bob looks away."""
    alice, _ = houses
    for number in numbers:
        alice.radarr.add(number)
        settle(past, alice, seconds=10, steps=5)
        alice.radarr.download(number)
        settle(past, alice, seconds=30, steps=10)


def test_one_sync_brings_a_peers_film_with_its_file_and_has_it_scanned(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    bob = houses[1]
    _told(houses, past, 7)
    with bobs.served():
        assert bobs.run("sync") == 0, bobs.err
    assert bob.shows(7) == (False, True)
    assert bob.plex.scans == [str(bob.library / "Film 7 (2007)")]
    assert "events received from peers" in bobs.out
    assert "added" in bobs.out
    assert "verifying that it stays unmonitored" in bobs.out


def test_sync_publishes_what_the_arr_has_got_since(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    bob.deaf = True
    bob.radarr.add(8)
    with bobs.served():
        said = bobs.json("sync")
    assert said["done"]["told"] >= 1
    assert said["problems"] == []
    settle(past, alice, seconds=30, steps=4)
    assert "item.added" in alice.read_of(bob)


def test_sync_again_has_nothing_to_do(bobs: Commands, houses: Pair, past: Clock) -> None:
    with bobs.served():
        bobs.run("sync")
        houses[1].radarr.forget_requests()
        assert bobs.run("sync") == 0
    assert houses[1].writes() == []
    assert "nothing to do" in bobs.out


def test_sync_exits_3_when_something_waits_for_a_person(bobs: Commands, houses: Pair, past: Clock) -> None:
    _told(houses, past, 7)
    with bobs.served(policy={"holds": {"first_adds": 0}}):
        assert bobs.run("sync") == 3
        assert "needs your action (1):\n  " in bobs.out
        bobs.run("approve", "--all")
        assert bobs.run("sync") == 0
    assert houses[1].shows(7) == (False, True)


def test_sync_fails_when_the_arr_does_not_answer_and_loses_nothing(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    _told(houses, past, 7)
    assert bobs.run("sync") == 1
    assert "movies was not compared: Radarr cannot be reached" in bobs.err
    assert [dirty.item for dirty in houses[1].state.dirty.all()] == ["tmdb:7"]
    with bobs.served():
        bobs.run("retry")
        assert bobs.run("sync") == 0, bobs.err
    assert houses[1].shows(7) == (False, True)


def test_what_was_refused_of_the_store_is_over_with_a_sync_that_reads_it(
    bobs: Commands, houses: Pair
) -> None:
    houses[1].state.refusals.note("store", Refused("peers.yml cannot be used", "fix it"), 1)
    houses[1].state.store.note_failure("peers.yml cannot be used")
    with bobs.served():
        assert bobs.run("sync") == 0, bobs.out
    assert bobs.json("status")["store"] == {"alive": True, "why": ""}


def test_the_first_sync_of_a_household_is_its_first_day_and_misses_nothing(
    tmp_path: Path, past: Clock, capsys: Output
) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", past)
    bob = Household("bob", tmp_path, tmp_path / "drive", past)
    bob.trust(alice)
    _told((alice, bob), past, 7)
    bobs = Commands(bob, capsys)
    assert bobs.run("sync") == 1
    assert "movies: first day: " in bobs.err
    assert "movies was not compared" not in bobs.err
    with bobs.served():
        bobs.run("retry")
        assert bobs.run("sync") == 0, bobs.err
    assert bob.shows(7) == (False, True)


def test_sync_fails_while_the_store_is_not_there(bobs: Commands, houses: Pair) -> None:
    (houses[1].drive / ".mesharr/mesh.json").unlink()
    with bobs.served():
        assert bobs.run("sync") == 1
    assert "store unavailable" in bobs.err
    assert houses[1].writes() == []


def test_sync_takes_what_the_script_left_in_the_spool(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    bob.deaf = True
    bob.radarr.add(7)
    bob.radarr.download(7)
    (bobs.config / "spool").mkdir()
    (path,) = list((bob.library / "Film 7 (2007)").glob("*.mkv"))
    variables = {
        "radarr_eventtype": "Download",
        "radarr_movie_tmdbid": "7",
        "radarr_movie_path": str(path.parent),
        "radarr_moviefile_path": str(path),
    }
    content = "".join(f"{name}={value}\0" for name, value in variables.items())
    (bobs.config / "spool/1-auto-1.env").write_text(content)
    with bobs.served():
        assert bobs.run("sync") == 0, bobs.err
    assert list((bobs.config / "spool").glob("*.env")) == []
    assert "file.imported" in bob.events()


def test_beside_a_daemon_sync_leaves_a_request(bobs: Commands, houses: Pair) -> None:
    with hold_lock(str(bobs.config)), bobs.served():
        houses[1].radarr.forget_requests()
        assert bobs.run("sync") == 0
        assert bobs.json("sync") == {"requested": True}
    assert houses[1].radarr.requests == []
    assert houses[1].state.node.get().sync_requested > 0
    assert "mesharr runs here already" not in bobs.err


@pytest.mark.parametrize("words", [["sync"], ["sync", "--dry-run"]])
def test_without_a_config_it_is_a_misuse_and_nothing_is_made(bobs: Commands, words: list[str]) -> None:
    (bobs.config / "mesharr.yml").unlink()
    assert bobs.run(*words) == 2
    assert not (bobs.config / "mesharr.lock").exists()


def test_an_item_of_a_library_that_is_not_named_here_is_never_due(houses: Pair) -> None:
    bob = houses[1]
    bob.state.dirty.mark([("music", "mb:1")], 1)
    assert bob.state.dirty.next_due() == 1
    assert bob.state.dirty.next_due(["movies"]) is None
    due = bob.engine.next_due()
    assert due is None or due > 1


# -- dry run


def _rows(house: Household) -> list[str]:
    connection = sqlite3.connect(house.dir / "mesharr.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_a_dry_run_shows_what_would_be_done_and_touches_nothing(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    _alice, bob = houses
    _told(houses, past, 7)
    bob.deaf = True
    bob.radarr.add(8)
    bob.state.db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    rows, store = _rows(bob), files_of(bob.drive)
    database = (bob.dir / "mesharr.db").read_bytes()
    bob.radarr.forget_requests()
    with bobs.served():
        said = bobs.json("sync", "--dry-run")
        assert bobs.run("sync", "--dry-run") == 0
    assert set(said) == {"publish", "do", "wait", "problems"}
    assert [(each["item"], each["type"], each["why"]) for each in said["publish"]] == [
        ("tmdb:8", "item.added", "new in the app")
    ]
    assert [(each["title"], each["action"], each["why"]) for each in said["do"]] == [
        ("Film 7 (2007)", "add unmonitored", "alice has it"),
        ("Film 7 (2007)", "scan Film 7 (2007)", "its files changed on the drive"),
    ]
    assert "alice has it" in bobs.out
    assert bob.writes() == []
    assert bob.plex.scans == []
    assert _rows(bob) == rows
    assert (bob.dir / "mesharr.db").read_bytes() == database
    assert files_of(bob.drive) == store
    assert not is_held(str(bob.dir))


def test_a_dry_run_says_what_would_be_held(bobs: Commands, houses: Pair, past: Clock) -> None:
    _told(houses, past, 7, 8)
    with bobs.served(policy={"holds": {"first_adds": 1}}):
        assert bobs.run("sync", "--dry-run") == 3
        assert "would need your approval (1):" in bobs.out
        held = [
            each["held"]
            for each in bobs.json("sync", "--dry-run")["do"]
            if each["action"] == "add unmonitored"
        ]
    assert sorted(bool(each) for each in held) == [False, True]
    assert houses[1].state.holds.all() == []


@pytest.mark.campaign
@pytest.mark.parametrize("words", [["sync", "--dry-run"], ["sync"]])
def test_of_many_adds_a_dry_run_holds_the_same_as_the_run(
    bobs: Commands, houses: Pair, past: Clock, words: list[str]
) -> None:
    """More than twenty items are judged together: all wait, and not only those beyond the limit."""
    _told(houses, past, *range(1, 23))
    with bobs.served(policy={"holds": {"first_adds": 10}}):
        assert bobs.run(*words) == 3
    waits = "would need your approval (22):" if "--dry-run" in words else "22 items in movies"
    assert waits in bobs.out
    assert [number for number in range(1, 23) if houses[1].movie(number)] == []


def test_a_dry_run_works_beside_a_daemon(bobs: Commands) -> None:
    with hold_lock(str(bobs.config)), bobs.served():
        assert bobs.run("sync", "--dry-run") == 0
    assert bobs.out == "nothing to do\n"


def test_a_dry_run_says_what_it_could_not_read(bobs: Commands) -> None:
    assert bobs.run("sync", "--dry-run") == 1
    assert "Radarr cannot be reached" in bobs.err


# -- the lock


def test_one_at_a_time_works_on_a_config_dir(bobs: Commands) -> None:
    folder = str(bobs.config)
    with hold_lock(folder):
        with pytest.raises(Busy, match="another mesharr runs on this config dir"), hold_lock(folder):
            raise AssertionError("both have it")
        assert is_held(folder)
    assert not is_held(folder)
    with hold_lock(folder):
        assert is_held(folder)


def test_a_config_dir_that_is_not_there_cannot_be_locked(bobs: Commands) -> None:
    with pytest.raises(Refused, match="cannot make"), hold_lock(str(bobs.config / "none")):
        raise AssertionError("there is nothing to lock")
    assert not is_held(str(bobs.config / "none"))


def test_where_cron_runs_sync_alone_a_file_that_went_missing_is_written_again(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    _, bob = houses
    bob.radarr.add(9)
    settle(past, *houses)
    events = bob.drive / ".mesharr" / "events"
    mine = sorted(path for path in events.iterdir() if path.name.startswith(f"{bob.node}."))
    assert mine
    for path in mine:
        path.unlink()
    with bobs.served():
        assert bobs.run("sync") == 0
        assert not [path for path in mine if path.exists()], "one listing may be old"
        assert bobs.run("sync") == 0
    assert [path for path in events.iterdir() if path.name.startswith(f"{bob.node}.")]
