"""`mesharr status`: what it says of a real state, and what its exit code means."""

import os
import time
from pathlib import Path

import httpx
import msgspec
import pytest
import yaml

from mesharr.core.errors import Refused, Unavailable
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.outward.names.unshared import note_unshared
from mesharr.node.status.peer_report import events_of, peer_reports
from mesharr.state.lock import hold_lock
from mesharr.state.peers import read_peers
from tests.support.household import MESH, Clock, Household, import_on, make_drive, settle
from tests.unit.cli.house import SECRET, Commands, Output, past_clock

Pair = tuple[Household, Household]
WRONG_KEY = "s3cr3t-of-another-radarr"

KEYS = {
    "node",
    "name",
    "running",
    "mesh",
    "mesh_name",
    "left",
    "store",
    "libraries",
    "failing",
    "down",
    "first_days",
    "peers",
    "unknown",
    "queue",
    "events",
    "holds",
    "refused",
    "uploads",
    "upload_totals",
    "upload_limits",
    "blocked_uploads",
    "waiting",
    "doubled",
    "grabs",
    "scans",
    "trash",
    "lost",
    "clocks",
    "rejected",
    "counters",
    "asked",
    "asks",
}


def test_a_trash_that_is_kept_is_shown_with_the_reason_and_tried_again_by_retry(
    bobs: Commands, past: Clock
) -> None:
    bobs.house.state.trash.put(["plex"], "movies", past())
    [trash] = bobs.house.state.trash.all()
    bobs.house.state.trash.settle(trash, past() + 60_000)
    bobs.house.state.trash.later(trash, past() + 10**9, "not all is gone of 2 files in the trash of Films")
    bobs.run("status")
    assert "trash to be emptied (1):" in bobs.out
    assert "not all is gone of 2 files" in bobs.out
    assert bobs.json("retry", "--scans") == {"due": {"scans": 0, "trash": 1}}


def test_what_this_node_downloads_is_shown_with_since_when(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    bob.radarr.add(7)
    settle(past, bob, alice, seconds=60, steps=6)
    bob.radarr.grab(7)
    settle(past, bob, alice, seconds=10, steps=2)
    (grab,) = bobs.json("status")["grabs"]
    assert (grab["library"], grab["item"], grab["units"], grab["first"]) == (
        "movies",
        "tmdb:7",
        ["movie"],
        "",
    )
    assert bobs.run("status") == 0
    assert "downloads that the peers wait for (1):" in bobs.out
    assert "ago" in bobs.out


def test_a_node_in_order_shows_itself_its_mesh_and_living_mounts_and_exits_0(
    bobs: Commands, houses: Pair
) -> None:
    alice, bob = houses
    said = bobs.json("status")
    assert set(said) == KEYS
    assert (said["node"], said["mesh"], said["mesh_name"]) == (bob.node, MESH, "test")
    assert said["store"] == {"alive": True, "why": ""}
    assert said["libraries"] == {"movies": {"alive": True, "why": ""}}
    assert [peer["node"] for peer in said["peers"]] == [alice.node]
    assert (said["holds"], said["refused"], said["asks"]) == ([], [], [])
    assert bobs.run("status") == 0
    assert bob.node in bobs.out
    assert "own events: 0 not on the drive yet, " in bobs.out


def test_a_node_that_never_ran_has_a_status_and_no_database_by_it(tmp_path: Path, capsys: Output) -> None:
    make_drive(tmp_path / "drive")
    house = Household("alice", tmp_path, tmp_path / "drive", past_clock())
    house.state.db.close()
    for left in house.dir.glob("mesharr.db*"):
        left.unlink()
    alice = Commands(house, capsys)
    said = alice.json("status")
    assert (said["mesh"], said["events"]["confirmed"], said["peers"]) == (MESH, 0, [])
    assert not (house.dir / "mesharr.db").exists()


def test_a_dead_library_is_down_with_its_reason(bobs: Commands, houses: Pair) -> None:
    (houses[1].library / ".mesharr-anchor").unlink()
    said = bobs.json("status")
    assert said["libraries"]["movies"]["alive"] is False
    assert "library movies is unavailable" in said["libraries"]["movies"]["why"]
    assert said["store"]["alive"] is True
    (down,) = said["down"]
    assert (down["subject"], down["name"]) == ("library:movies", "library movies")
    assert bobs.run("status") == 4
    assert "down, tried again by itself (1):" in bobs.out


def test_a_store_that_is_gone_is_down_with_its_reason(bobs: Commands, houses: Pair, tmp_path: Path) -> None:
    os.rename(houses[1].drive / ".mesharr", tmp_path / "away")
    said = bobs.json("status")
    assert said["store"]["alive"] is False
    assert "store unavailable" in said["store"]["why"]
    assert said["libraries"]["movies"]["alive"] is True, "the mesh is known from before"
    assert [each["subject"] for each in said["down"]] == ["store"]
    assert bobs.run("status") == 4


def test_the_mesh_has_its_name_also_while_the_store_is_gone(
    bobs: Commands, houses: Pair, tmp_path: Path
) -> None:
    bobs.run("status")
    assert bobs.out.startswith(f"{houses[1].node}, mesh test; ")
    bobs.run("status", "--verbose")
    assert bobs.out.startswith(f"{houses[1].node}, mesh test ({MESH}); ")
    os.rename(houses[1].drive / ".mesharr", tmp_path / "away")
    bobs.run("status")
    assert bobs.out.startswith(f"{houses[1].node}, mesh test; ")
    assert bobs.json("status")["mesh_name"] == "test"


def test_the_token_of_a_node_that_ran_needs_no_store(bobs: Commands, houses: Pair, tmp_path: Path) -> None:
    assert bobs.run("token") == 0
    before = bobs.out
    os.rename(houses[1].drive / ".mesharr", tmp_path / "away")
    assert bobs.run("token") == 0
    assert bobs.out == before


def test_a_mount_that_hangs_is_given_up(bobs: Commands, houses: Pair) -> None:
    place = houses[1].drive / ".mesharr/mesh.json"
    place.unlink()
    os.mkfifo(place)  # whoever opens it to read waits for ever, as on a mount that hangs
    before = time.monotonic()
    said = bobs.json("status")
    assert said["store"]["alive"] is False
    assert time.monotonic() - before < 20
    assert said["libraries"]["movies"]["alive"] is True


def test_events_are_counted_from_the_signature_to_the_acknowledgement(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    import_on(past, bob, alice)
    told = bob.state.streams.cursor(bob.engine.publisher.stream)[0]
    events = bobs.json("status")["events"]
    assert (events["queued"], events["confirmed"]) == (0, told)
    assert events["acknowledged"] < told, "alice says hello within an hour after she read them"
    settle(past, alice, bob, seconds=2 * 3600, steps=30)
    told = bob.state.streams.cursor(bob.engine.publisher.stream)[0]
    events = bobs.json("status")["events"]
    assert 0 < events["acknowledged"] <= told
    peers = peer_reports(bob.state, bob.node, read_peers(str(bob.dir)))
    gone = msgspec.structs.replace(peers[0], node="carol-00000009", acknowledged=0, left=True)
    assert events_of(bob.state, bob.node, (*peers, gone)).acknowledged == events["acknowledged"]


def test_what_no_confirmed_file_holds_is_queued(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    bob.state.db.write("UPDATE files SET confirmed=0")
    events = bobs.json("status")["events"]
    told = bob.state.streams.cursor(bob.engine.publisher.stream)[0]
    assert events["queued"] + events["confirmed"] == told
    assert events["confirmed"] == bobs.json("status")["peers"][0]["acknowledged"]


def test_a_hold_waits_for_a_person(bobs: Commands, houses: Pair) -> None:
    alice, bob = houses
    bob.state.holds.add(alice.node, "movies", "removals", [("tmdb:7", "Film 7")], "too many", 1)
    assert bobs.run("status") == 3
    assert (
        "needs your action (1):\n  needs approval: 1 item in movies: too many: mesharr approve 1" in bobs.out
    )
    (held,) = bobs.json("status")["holds"]
    assert held["items"] == [{"item": "tmdb:7", "title": "Film 7"}]
    assert (held["peer"], held["kind"], held["approved"]) == (alice.node, "removals", False)
    bob.state.holds.approve(1)
    assert bobs.run("status") == 0


def test_what_many_items_were_refused_for_is_one_line(bobs: Commands, houses: Pair) -> None:
    wrong_key = Refused("Radarr refuses the API key", "set api_key")
    for film in (7, 8, 9):
        houses[1].state.refusals.note(f"item:movies:tmdb:{film}", wrong_key, 1)
    assert bobs.json("status")["asks"] == [
        "movies:tmdb:7 and 2 more: Radarr refuses the API key: set api_key"
    ]


def test_a_refusal_waits_for_a_person_and_says_the_mend(bobs: Commands, houses: Pair) -> None:
    houses[1].state.refusals.note("app:radarr", Refused("Radarr refuses the API key", "set api_key"), 1)
    assert bobs.run("status") == 3
    assert "  radarr: Radarr refuses the API key: set api_key" in bobs.out
    (refused,) = bobs.json("status")["refused"]
    assert refused["subject"] == "app:radarr"
    assert refused["mend"] == "set api_key"


def test_a_name_that_cannot_be_shared_is_named_with_its_item_until_it_has_another(
    bobs: Commands, houses: Pair
) -> None:
    state = houses[1].state
    names = {"/movies/Film 7/a\x1b.mkv": "control character in path"}
    note_unshared(state, "movies", "tmdb:7", "Film 7", names, 1)
    assert bobs.run("retry") == 0
    assert bobs.run("status") == 3
    line = next(line for line in bobs.out.splitlines() if "is not shared" in line)
    assert line.startswith(
        "  movies: Film 7 is not shared: control character in path: /movies/Film 7/a\\x1b.mkv: give it"
    )
    (found,) = (each for each in bobs.json("doctor")["found"] if "is not shared" in each["what"])
    assert (found["subject"], found["level"]) == ("library movies", "wrong")
    note_unshared(state, "movies", "tmdb:7", "Film 7", {}, 2)
    assert bobs.run("status") == 0


def test_an_arr_that_is_down_is_shown_with_since_when_and_is_an_exit_code(
    bobs: Commands, houses: Pair
) -> None:
    state, now = houses[1].state, time.time_ns() // 1_000_000
    note_failure(state, "radarr", Unavailable("Radarr cannot be reached: refused"), now - 3 * 3_600_000)
    note_failure(state, "radarr", Unavailable("Radarr answered GET /movie with 503"), now - 120_000)
    assert bobs.run("status") == 4
    title, head, row = bobs.out[bobs.out.index("down, tried") :].splitlines()[:3]
    assert (title, head.split()) == (
        "down, tried again by itself (1):",
        ["what", "since", "last", "tried", "why"],
    )
    assert row.split(maxsplit=7)[:7] == ["radarr", "3", "h", "ago", "2", "min", "ago"]
    assert row.endswith("Radarr answered GET /movie with 503")
    (failing,) = bobs.json("status")["failing"]
    assert failing["app"] == "radarr"
    assert failing["since"] < failing["last"]
    note_answer(state, "radarr", now)
    assert bobs.json("status")["failing"] == []
    assert bobs.run("status") == 0


def test_what_fails_on_one_mount_is_one_row_and_what_a_person_has_to_mend_is_not_down(
    bobs: Commands, houses: Pair, tmp_path: Path
) -> None:
    bob = houses[1]
    bob.state.outages.note("scanner:plex", "Plex did not answer in time", 1)
    for place in (bob.drive / ".mesharr/mesh.json", bob.library / ".mesharr-anchor"):
        os.rename(place, tmp_path / place.name)
        os.symlink(place, place)  # it cannot be read, for the same reason
    assert bobs.run("status") == 4
    rows = bobs.out[bobs.out.index("down, tried") :].partition("\n\n")[0].splitlines()
    assert rows[0] == "down, tried again by itself (3):"
    assert rows[2].startswith("store, library movies  ")
    assert rows[3].startswith("plex  ")
    bob.state.refusals.note("scanner:plex", Refused("Plex refuses the credentials", "check token"), 1)
    assert bobs.run("status") == 3
    assert [each["subject"] for each in bobs.json("status")["down"]] == ["store", "library:movies"]


def test_what_waits_for_a_dead_mount_is_one_row_and_one_line_of_the_log(
    bobs: Commands, houses: Pair, past: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = houses
    for film in range(1, 13):
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(past, alice, seconds=600, steps=20)
    (bob.library / ".mesharr-anchor").unlink()
    caplog.clear()
    settle(past, bob, seconds=600, steps=20)
    assert [each.getMessage()[:29] for each in caplog.records if "unavailable" in each.getMessage()] == [
        "library movies is unavailable"
    ]
    assert len(bobs.json("status")["waiting"]) == 12
    assert bobs.run("status") == 4
    waiting = bobs.out[bobs.out.index("waiting items (12):") :].partition("\n\n")[0].splitlines()
    assert waiting[1] == "12 of them wait for library movies, which is down"
    assert len(waiting) == 2


def test_on_a_disk_without_any_room_a_copy_of_the_database_is_read(
    bobs: Commands, houses: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_config_dir: str) -> None:
        raise Unavailable("the database does not answer: disk I/O error")

    houses[1].state.outages.note("scanner:plex", "Plex did not answer in time", 1)
    monkeypatch.setattr("mesharr.cli.access.state.open_state", full)
    assert bobs.run("status") == 1, "the disk has room: something else is wrong"
    monkeypatch.setattr("mesharr.disk.free_space.LEAST_FREE", 2**62)
    assert [each["subject"] for each in bobs.json("status")["down"]] == ["disk", "scanner:plex"]
    assert bobs.run("status") == 4
    found = bobs.json("doctor")["found"]
    assert [each["what"] for each in found if each["subject"] == "config directory"]


def test_a_config_directory_on_a_full_disk_is_down(bobs: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesharr.disk.free_space.LEAST_FREE", 2**62)
    assert bobs.run("status") == 4
    assert "config directory" in bobs.out
    (down,) = bobs.json("status")["down"]
    assert down["subject"] == "disk"
    assert "is full" in down["why"]


def test_what_was_counted_is_told_in_words(bobs: Commands, houses: Pair) -> None:
    counters = houses[1].state.counters
    for name in ("added", "hook:radarr-4k:queued", "hook:radarr-4k:test", "scanned:plex", "files_rejected"):
        counters.add(name, 2)
    assert bobs.run("status") == 0
    assert bobs.out.splitlines()[-2:] == [
        (
            "done so far: 2 items added, 2 scans requested from plex, "
            "webhooks from radarr-4k: 2 received, 2 test webhooks"
        ),
        "problems so far: 2 files of peers did not verify",
    ]


def test_an_item_that_the_arr_lost_waits_for_a_person_until_it_is_back(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    bob.radarr.add(7)
    settle(past, alice, bob, seconds=60, steps=6)
    backup = bob.radarr.snapshot()
    bob.deaf = True
    bob.radarr.delete(7)
    bob.once(compare=True)
    assert bobs.run("status") == 3
    assert "1 item is missing in your apps without a delete event: mesharr restore LIBRARY" in bobs.out
    assert [each["title"] for each in bobs.json("status")["lost"]] == ["Film 7"]
    bob.radarr.restore(backup)
    bob.once(compare=True)
    assert bobs.json("status")["lost"] == []
    assert bobs.run("status") == 0


def test_an_unknown_node_is_shown_and_is_no_reason_to_come(bobs: Commands, houses: Pair) -> None:
    houses[1].state.node_warnings.note_unknown(["eve-00000000"], 1_790_000_000_000)
    assert bobs.run("status") == 0
    assert "eve-00000000 writes to this mesh and is not trusted here" in bobs.out
    (unknown,) = bobs.json("status")["unknown"]
    assert (unknown["node"], unknown["since"]) == ("eve-00000000", "2026-09-21T14:13:20Z")
    assert (unknown["key"], unknown["asks"]) == ("", False)


def test_what_waits_is_listed_with_state_reason_and_times(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    bob.radarr.fail = lambda _request: httpx.Response(500)
    alice.radarr.add(7)
    settle(past, alice, bob, seconds=30, steps=6)
    (row,) = bobs.json("status")["waiting"]
    assert (row["library"], row["item"], row["title"], row["state"]) == (
        "movies",
        "tmdb:7",
        "Film 7 (2007)",
        "failed",
    )
    assert "500" in row["why"]
    assert row["since"] < row["next"]
    bobs.run("status")
    assert "waiting items (1):" in bobs.out


def test_of_many_that_wait_the_one_that_fails_is_shown_before_those_of_a_hold(
    bobs: Commands, houses: Pair
) -> None:
    queue = houses[1].state.dirty
    queue.mark([("movies", f"tmdb:{film}") for film in range(1, 31)], 1)
    for dirty in queue.due(["movies"], 1):
        state = "failed" if dirty.item == "tmdb:30" else "held"
        queue.later(msgspec.structs.replace(dirty, state=state, title=dirty.item), 2_000_000_000_000)
    bobs.run("status")
    _, _, first, rest = bobs.out.partition("waiting items (30):")[2].splitlines()[:4]
    assert first.split()[1:3] == ["tmdb:30", "failed"]
    assert rest == "29 items need your approval: mesharr approve"


def test_what_is_only_looked_at_once_more_is_counted_and_not_listed(bobs: Commands, houses: Pair) -> None:
    queue = houses[1].state.dirty
    queue.mark([("movies", f"tmdb:{film}") for film in range(1, 4)], 1)
    for dirty in queue.due(["movies"], 1):
        why = "Radarr is scanning" if dirty.item == "tmdb:3" else "verifying that it stays unmonitored"
        queue.later(msgspec.structs.replace(dirty, why=why, title=dirty.item), 2_000_000_000_000)
    bobs.run("status")
    assert "2 items are done, and looked at once more: verifying that it stays unmonitored" in bobs.out
    assert "waiting items (1):" in bobs.out
    assert "to process: 1 item\n" in bobs.out
    assert [each["done"] for each in bobs.json("status")["waiting"]] == [True, True, False]


def test_a_title_cannot_steer_the_terminal(bobs: Commands, houses: Pair) -> None:
    alice, bob = houses
    bob.state.holds.add(alice.node, "movies", "removals", [("tmdb:7", "x")], "\x1b[2Jgone\x9b", 1)
    bobs.run("status")
    assert "�[2Jgone�" in bobs.out
    assert "\x1b" not in bobs.out


def test_it_says_whether_a_daemon_runs(bobs: Commands) -> None:
    assert bobs.json("status")["running"] is False
    with hold_lock(str(bobs.config)):
        assert bobs.json("status")["running"] is True
    assert bobs.json("status")["running"] is False


def test_no_secret_is_in_any_answer(bobs: Commands) -> None:
    said = ""
    with bobs.served():
        address = yaml.safe_load((bobs.config / "mesharr.yml").read_text())["apps"]["radarr"]["url"]
        bobs.write_config(radarr=address, apps={"radarr": {"url": address, "api_key": WRONG_KEY}})
        for words in (
            ["sync"],
            ["sync", "--dry-run"],
            ["status"],
            ["status", "--json"],
            ["peers"],
            ["log", "ls"],
        ):
            bobs.run(*words)
            said += bobs.out + bobs.err
    assert "Radarr refuses the API key (401)" in said
    assert WRONG_KEY not in said
    assert SECRET not in said


@pytest.mark.parametrize("name", ["mesharr.yml", "node.key"])
def test_without_config_or_key_it_is_a_misuse(bobs: Commands, name: str) -> None:
    (bobs.config / name).unlink()
    assert bobs.run("status") == 2
    assert bobs.err.startswith("mesharr: ")
