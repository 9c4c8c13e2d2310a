"""`mesharr doctor`: what is wrong is named with its fix, and nothing is changed."""

import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from mesharr.cli.access.config import load
from mesharr.cli.actions.doctor import gathered, open_setup
from mesharr.cli.context import Session
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import LibraryInfo
from mesharr.core.planning.plan import NUMBERED_DIFFERENTLY
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.files import libraries, mounts, store
from mesharr.doctor.node_setup import NodeSetup
from mesharr.doctor.peers import differences
from mesharr.doctor.programs import second_uploaders
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import Commands, files_of

Pair = tuple[Household, Household]


def _wrong(commands: Commands, *words: str) -> list[str]:
    found = commands.json("doctor", *words)["found"]
    return [
        f"{each['subject']}: {each['what']} -> {each['mend']}" for each in found if each["level"] == "wrong"
    ]


def _said(commands: Commands, level: str) -> str:
    found = commands.json("doctor")["found"]
    return "\n".join(f"{each['subject']}: {each['what']}" for each in found if each["level"] == level)


def test_a_healthy_node_is_good_and_nothing_of_it_is_changed(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    import_on(past, alice, bob)
    with bobs.served():
        before = {name: content for name, content in files_of(bobs.config).items() if ".db" not in name}
        bob.radarr.forget_requests()
        good = _said(bobs, "good")
        assert [method for method, _ in bob.radarr.requests if method != "GET"] == []
        after = {name: content for name, content in files_of(bobs.config).items() if ".db" not in name}
    assert before.keys() == after.keys()
    for what in (
        "store: ",
        "library movies: ",
        "app radarr: Radarr 6.1",
        "scanner plex: ",
        "peer alice: received up to",
    ):
        assert what in good
    assert "Film 7 (2007) Bluray-1080p.mkv has the same size in both" in good


def test_an_arr_that_is_down_is_wrong_with_what_to_see_to(bobs: Commands) -> None:
    [down] = [line for line in _wrong(bobs) if line.startswith("app radarr")]
    assert "cannot be reached" in down
    assert "check that Radarr runs" in down
    assert bobs.run("doctor") == 4
    bobs.write_config(uploads={"bwlimit": "20M"}, notify=[{"url": "slack://x"}])
    assert bobs.run("doctor") == 3, "something else is wrong too"
    assert "ERROR    app radarr" in bobs.out


def test_a_missing_connection_is_wrong_and_connect_is_the_fix(bobs: Commands, houses: Pair) -> None:
    with bobs.served():
        houses[1].radarr.notifications.connections.clear()
        assert any(
            "no connection to mesharr" in line and "mesharr connect radarr" in line for line in _wrong(bobs)
        )


def test_a_root_that_the_arr_does_not_have_is_named_beside_those_it_has(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    with bobs.served():
        number = next(iter(bob.radarr.common.roots))
        bob.radarr.common.roots[number] = "/elsewhere"
        [line] = [line for line in _wrong(bobs) if "is no root folder" in line]
        assert "set root to one of: /elsewhere" in line


def test_an_app_on_windows_is_named_as_what_it_is(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    with bobs.served():
        number = next(iter(bob.radarr.common.roots))
        bob.radarr.common.roots[number] = "D:\\Movies"
        wrong = _wrong(bobs)
    [line] = [each for each in wrong if "Windows" in each]
    assert "Radarr runs on Windows: its root folder is D:\\Movies" in line
    assert "run it on Linux" in line
    assert not any("set root to one of" in each for each in wrong), "the config would refuse it"


def test_a_path_that_is_another_folder_than_the_root_is_proven_wrong_by_a_file(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    import_on(past, alice, bob)
    other = bob.dir / "other"
    other.mkdir()
    (other / ".mesharr-anchor").write_bytes((bob.library / ".mesharr-anchor").read_bytes())
    with bobs.served(
        libraries={
            "movies": {
                "app": "radarr",
                "root": str(bob.library),
                "path": str(other),
                "quality_profile": "Any",
            }
        }
    ):
        [line] = [line for line in _wrong(bobs) if line.startswith("library movies")]
    assert "Film 7 (2007) Bluray-1080p.mkv is not there here" in line
    assert "have to be the same folder" in line


def test_a_dangerous_setting_is_wrong_and_one_that_costs_is_a_note(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    with bobs.served():
        bob.radarr.config("importlist")["listSyncLevel"] = "removeAndKeep"
        assert any("listSyncLevel" in line for line in _wrong(bobs))
        bob.radarr.config("importlist")["listSyncLevel"] = "disabled"
        assert "rescanAfterRefresh is always" in _said(bobs, "note")


def test_a_peer_that_does_not_trust_back_is_wrong(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    write_peers(str(alice.dir), untrusted(read_peers(str(alice.dir)), bob.node, "2026-11-22"))
    past.forward(90_000)
    settle(past, alice, bob, seconds=60, steps=4)
    assert any("alice does not trust you yet" in line and "mesharr token" in line for line in _wrong(bobs))


def test_what_fails_at_a_mount_is_said_of_its_library_and_not_of_the_app(
    bobs: Commands, houses: Pair, past: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _fails(*_: object) -> CheckResult:
        raise Unavailable("the mount's remote control cannot be reached", "correct its rc in mesharr.yml")

    import_on(past, *houses)
    monkeypatch.setattr(sys.modules["mesharr.doctor.arrs"], "_proof", _fails)  # a function has its name too
    with bobs.served():
        assert _wrong(bobs) == [
            "library movies: the mount's remote control cannot be reached -> correct its rc in mesharr.yml"
        ]


def test_a_library_that_is_unavailable_is_wrong(bobs: Commands, houses: Pair) -> None:
    (houses[1].library / ".mesharr-anchor").unlink()
    assert any(line.startswith("library movies: unavailable: ") for line in _wrong(bobs))


def test_a_server_without_a_key_takes_no_webhooks(bobs: Commands) -> None:
    bobs.write_config(server={})
    assert any("server.api_key is not set" in line for line in _wrong(bobs))


def test_naming_and_profiles_of_peers_are_compared() -> None:
    ours = LibraryInfo(app="radarr", naming="{Movie Title}", profiles=("Any",))
    theirs = LibraryInfo(app="radarr", naming="{Movie CleanTitle}", profiles=("Any", "UHD"))
    naming, profiles = differences("peer bob", "bob", "movies", ours, theirs, "")
    assert (naming.level, profiles.level) == ("note", "wrong")
    assert "UHD" in profiles.what
    assert "one of: Any" in profiles.fix
    assert len(list(differences("peer bob", "bob", "movies", ours, theirs, "Any"))) == 1
    [kind] = differences("peer bob", "bob", "movies", ours, LibraryInfo(app="sonarr"), "")
    assert "managed by sonarr at bob" in kind.what


def test_a_film_that_is_there_twice_is_a_note_with_what_each_can_do(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    alice.radarr.add(7)
    settle(past, alice, bob, seconds=60, steps=6)
    bob.radarr.edit(7, path=str(bob.library / "Film Seven (2007)"))
    for house in houses:
        house.radarr.download(7, size=5_000 + len(house.name))
    settle(past, alice, bob, seconds=3 * 3600, steps=60)
    said = _said(bobs, "note")
    assert "Film 7 (movie) has two files" in said


HOST = "20 1 0:20 / / rw - ext4 /dev/sda1 rw\n"
BOUND = "30 20 0:20 /mnt {} rw{} - ext4 /dev/sda1 rw\n"
RCLONE = "40 30 0:40 / {} rw - fuse.rclone gdrive: rw\n"


def _setup(commands: Commands) -> AbstractContextManager[NodeSetup]:
    session = Session(str(commands.config), {})
    return open_setup(session, load(session))


def _in_container(
    bobs: Commands, bound: str, *, made_here: bool = False, missing: bool = False
) -> list[CheckResult]:
    """Return what is found of mounts in a container into which the drive's parent folder is bound."""
    drive = bobs.house.drive
    mountinfo = HOST + BOUND.format(drive.parent, bound) + ("" if missing else RCLONE.format(drive))
    with _setup(bobs) as house:
        inside = msgspec.structs.replace(
            house, in_container=True, mountinfo=mountinfo, mounted_here=lambda _mount: made_here
        )
        return [
            each
            for each in (*store(inside), *libraries(inside), *mounts(inside))
            if "the host mount" in each.what
        ]


def test_a_mount_that_a_container_would_lose_is_named_once_with_its_fix(bobs: Commands, houses: Pair) -> None:
    (found,) = _in_container(bobs, "")
    assert (found.subject, found.level) == ("container", "wrong")
    assert found.what == f"when the host mounts it again, this container does not see it: {houses[1].drive}"
    assert "rslave" in found.fix
    (good,) = _in_container(bobs, " master:1")
    assert good.level == "good"


def test_a_missing_mount_is_down_and_in_a_container_that_never_sees_it_again_that_is_said(
    bobs: Commands, houses: Pair
) -> None:
    state, drive = houses[1].state, houses[1].drive
    assert _in_container(bobs, "", missing=True) == []  # it was never on a mount
    state.store.note_storage(f"fuse.rclone {drive}")
    (found,) = _in_container(bobs, "", missing=True)
    assert (found.subject, found.level) == ("container", "wrong")
    assert (
        found.what == f"it is down, and this container would not see it if the host mounted it again: {drive}"
    )
    assert "rslave" in found.fix
    (good,) = _in_container(bobs, " master:1", missing=True)
    assert good.level == "good"


def test_a_mount_that_a_program_in_the_container_makes_is_not_lost_to_it(bobs: Commands) -> None:
    assert _in_container(bobs, "", made_here=True) == []


def test_episodes_that_are_numbered_otherwise_are_a_note_in_words_of_sonarr(
    bobs: Commands, houses: Pair
) -> None:
    queue = houses[1].state.dirty
    queue.mark([("movies", "tmdb:7")], 1)
    (dirty,) = queue.due(["movies"], 1)
    why = f"2 episodes are {NUMBERED_DIFFERENTLY}: S02E01, S02E02; paused: alice-00000000 downloads it"
    queue.later(msgspec.structs.replace(dirty, why=why, title="Show (2010)"), 2_000_000_000_000)
    (note,) = (each for each in bobs.json("doctor")["found"] if "numbered" in each["what"])
    assert note["level"] == "note"
    assert note["what"] == f"Show (2010): 2 episodes are {NUMBERED_DIFFERENTLY}: S02E01, S02E02"
    assert note["mend"].startswith("run Refresh & Scan for the series in Sonarr")


def test_an_arr_that_refuses_the_key_is_one_finding(bobs: Commands, houses: Pair) -> None:
    bob = houses[1]
    with bobs.served():
        bob.radarr.fail = lambda _request: httpx.Response(401)
        bob.state.refusals.note("app:radarr", Refused("Radarr refuses the API key (401)", "set api_key"), 1)
        assert len([line for line in _wrong(bobs) if "refuses the API key" in line]) == 1


def test_what_waits_for_an_answer_is_a_note_with_the_commands_that_answer(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    bob.radarr.add(7)
    settle(past, alice, bob, seconds=60, steps=6)
    bob.deaf = True
    bob.radarr.delete(7)
    bob.once(compare=True)
    bob.state.holds.add(alice.node, "movies", "removals", [("tmdb:8", "Film 8")], "too many", 1)
    found = [each for each in bobs.json("doctor")["found"] if each["level"] == "note"]
    (hold,) = (each for each in found if "1 item needs your approval" in each["what"])
    assert hold["mend"] == "mesharr approve 1"
    (lost,) = (each for each in found if "Film 7" in each["what"])
    assert "mesharr restore movies tmdb:7, or mesharr leave-item movies tmdb:7" in lost["what"]


def test_a_second_uploader_is_named(bobs: Commands, houses: Pair, tmp_path: Path) -> None:
    _, bob = houses
    local = tmp_path / "local"
    (local / "movies").mkdir(parents=True)
    with _setup(bobs) as setup:
        library = replace(
            setup.config.libraries["movies"], local=str(local / "movies"), remote="gdrive:movies"
        )
        uploads = replace(setup.config.uploads, mode="move")
        config = replace(setup.config, libraries={"movies": library}, uploads=uploads)
        programs = (
            ("rclone", "move", str(local), "gdrive:"),
            ("python3", "/opt/cloudplow/cloudplow.py", "run"),
        )
        quiet = msgspec.structs.replace(setup, config=config, programs=())
        assert list(second_uploaders(quiet)) == []
        found = list(second_uploaders(msgspec.structs.replace(quiet, programs=programs)))
        assert [each.level for each in found] == ["wrong", "note"]
        assert f"rclone move {local} gdrive:" in found[0].what
        bob.state.refusals.note("second_uploader:movies", Refused("another program uploads", "let one"), 1)
        assert [(each.what, each.fix) for each in second_uploaders(quiet)] == [
            ("another program uploads", "let one")
        ]
        nothing = replace(setup.config, uploads=replace(uploads, mode="none"))
        assert list(second_uploaders(msgspec.structs.replace(quiet, config=nothing, programs=programs))) == []


def test_what_two_checks_say_alike_is_said_once() -> None:
    down = CheckResult("library movies", "wrong", "/mnt/movies does not answer", "check the mount", down=True)
    other = msgspec.structs.replace(down, what="/mnt/movies is empty")
    shown: list[str] = []
    assert gathered([down, other, down], shown.append) == [down, other]
    assert [each.rpartition(": ")[2] for each in shown] == ["1 result", "2 results"]


def test_config_check_online_proves_what_the_config_names_and_nothing_else(bobs: Commands) -> None:
    with bobs.served():
        assert bobs.run("config", "check", "--online") == 0
        for what in ("store: ", "library movies: ", "app radarr: Radarr 6.1", "scanner plex: ", "0 errors"):
            assert what in bobs.out
        assert "peer alice" not in bobs.out
    found = bobs.json("config", "check", "--online")
    assert found["problems"] == []
    assert {each["subject"] for each in found["found"] if each["level"] == "wrong"} == {"app radarr"}
    assert bobs.run("config", "check", "--online") == 4
    assert bobs.run("config", "check") == 0
