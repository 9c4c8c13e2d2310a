"""From the spool into the inbox, and being woken when something lands."""

import json
import logging
import os
import threading
from pathlib import Path

import pytest

from mesharr import hook
from mesharr.bootstrap.database import SPOOL, WAKE
from mesharr.bootstrap.identity import open_state
from mesharr.core.errors import Refused, Unavailable
from mesharr.inbound.inbox import MAX_BODY, Source
from mesharr.inbound.spool import drain, variables_of, watch, watch_directory

EVENT = {
    "radarr_eventtype": "Download",
    "radarr_movie_title": "Amélie\nsecond line|x",
    "radarr_movie_tmdbid": "194",
}


class ListInbox:
    """Keeps events in memory; fails where told to."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, dict[str, str]]] = []
        self.error: Exception | None = None

    def put(self, app: str, source: Source, body: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append((app, source, json.loads(body)))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    return made


@pytest.fixture
def inbox() -> ListInbox:
    return ListInbox()


def one_of_each(prefix: str) -> str | None:
    return {"radarr": "radarr", "sonarr": "tv"}.get(prefix)


def put(spool: Path, name: str, variables: dict[str, str], age: int = 0) -> Path:
    file = spool / name
    file.write_bytes(b"".join(f"{key}={value}\0".encode() for key, value in variables.items()))
    os.utime(file, ns=(10**18 - age, 10**18 - age))
    return file


def bad(spool: Path) -> list[str]:
    return sorted(os.listdir(spool / "bad")) if (spool / "bad").exists() else []


def waiting(spool: Path) -> list[str]:
    return sorted(name for name in os.listdir(spool) if name != "bad")


def test_what_the_hook_left_arrives_in_the_inbox_and_is_gone(spool: Path, inbox: ListInbox) -> None:
    given = {**EVENT, "RADARR__AUTH__APIKEY": "0123", "PATH": "/bin"}
    assert hook.main(["--config-dir", str(spool.parent)], given) == 0
    assert drain(str(spool), inbox, one_of_each) == 1
    assert inbox.kept == [("radarr", "script", EVENT)]
    assert (waiting(spool), bad(spool)) == ([], [])
    assert drain(str(spool), inbox, one_of_each) == 0


def test_names_arrive_in_lower_case_and_other_variables_stay_out() -> None:
    content = (
        b"PATH=/bin\0Sonarr_EventType=Grab\0SONARR_Series_Id=7\0SONARR__AUTH__APIKEY=k\0sonarrx=1\0=odd\0"
    )
    assert variables_of(content) == {"sonarr_eventtype": "Grab", "sonarr_series_id": "7"}


def test_bytes_that_are_no_utf8_are_replaced(spool: Path, inbox: ListInbox) -> None:
    (spool / "1-1-a.auto.env").write_bytes(b"radarr_eventtype=Download\0radarr_movie_path=/m/caf\xe9\0")
    assert drain(str(spool), inbox, one_of_each) == 1
    assert inbox.kept[0][2]["radarr_movie_path"] == "/m/caf\N{REPLACEMENT CHARACTER}"


def test_the_oldest_goes_first_whatever_the_names_say(spool: Path, inbox: ListInbox) -> None:
    for name, age in (("9-1-a", 3), ("1764000000-7-b", 2), ("1764000000123456789-7-c", 1)):
        put(spool, f"{name}.auto.env", {**EVENT, "radarr_movie_id": name}, age)
    assert drain(str(spool), inbox, one_of_each) == 3
    assert [kept[2]["radarr_movie_id"][-1] for kept in inbox.kept] == ["a", "b", "c"]


def test_the_app_in_the_name_beats_the_prefix(spool: Path, inbox: ListInbox) -> None:
    put(spool, "1-1-a.radarr-4k.env", EVENT)
    assert drain(str(spool), inbox, lambda _prefix: None) == 1
    assert inbox.kept[0][0] == "radarr-4k"


@pytest.mark.parametrize("app", [None, "unknown to the inbox"])
def test_an_event_of_no_one_app_goes_to_bad_with_a_line(
    spool: Path, inbox: ListInbox, caplog: pytest.LogCaptureFixture, app: str | None
) -> None:
    inbox.error = Refused("no such app")
    put(spool, "1-1-a.auto.env", EVENT)
    with caplog.at_level(logging.WARNING):
        assert drain(str(spool), inbox, lambda _prefix: app) == 0
    assert (waiting(spool), bad(spool)) == ([], ["1-1-a.auto.env"])
    assert len(caplog.records) == 1
    assert "1-1-a.auto.env" in caplog.text


def test_of_two_prefixes_the_one_with_an_app_is_meant(spool: Path, inbox: ListInbox) -> None:
    put(spool, "1-1-a.auto.env", {**EVENT, "other_eventtype": "x", "other_thing": "y"})
    assert drain(str(spool), inbox, one_of_each) == 1
    assert inbox.kept == [("radarr", "script", EVENT)]
    put(spool, "1-1-b.auto.env", {**EVENT, "sonarr_eventtype": "Grab"})
    assert drain(str(spool), inbox, one_of_each) == 0
    assert bad(spool) == ["1-1-b.auto.env"]


def test_what_is_no_event_goes_to_bad_and_stops_nothing(spool: Path, inbox: ListInbox) -> None:
    (spool / "1-empty.auto.env").write_bytes(b"")
    (spool / "2-noise.auto.env").write_bytes(bytes(range(256)) * 10)
    (spool / "3-none.radarr.env").write_bytes(b"radarr_movie_id=1\0")
    (spool / "4-dir.auto.env").mkdir()
    os.mkfifo(spool / "5-pipe.auto.env")
    (spool / "6-link.auto.env").symlink_to("/etc/hostname")
    put(spool, "7-good.auto.env", EVENT)
    assert drain(str(spool), inbox, one_of_each) == 1
    assert waiting(spool) == []
    assert [name[0] for name in bad(spool)] == ["1", "2", "3", "4", "5", "6"]


def test_one_mebibyte_is_taken_and_one_byte_more_is_not(spool: Path, inbox: ListInbox) -> None:
    fixed = len(b"radarr_eventtype=Download\0radarr_x=\0")
    for name, size in (("fits", MAX_BODY), ("over", MAX_BODY + 1)):
        put(spool, f"{name}.auto.env", {"radarr_eventtype": "Download", "radarr_x": "x" * (size - fixed)})
    assert (spool / "fits.auto.env").stat().st_size == MAX_BODY
    assert drain(str(spool), inbox, one_of_each) == 1
    assert bad(spool) == ["over.auto.env"]


def test_unfinished_and_foreign_files_are_left_alone(spool: Path, inbox: ListInbox) -> None:
    put(spool, ".1-1-a.auto.env", EVENT)
    put(spool, "notes.txt", EVENT)
    assert drain(str(spool), inbox, one_of_each) == 0
    assert waiting(spool) == [".1-1-a.auto.env", "notes.txt"]


def test_what_cannot_be_kept_now_stays_in_the_spool(spool: Path, inbox: ListInbox) -> None:
    put(spool, "1-1-a.auto.env", EVENT)
    inbox.error = Unavailable("the database is locked")
    with pytest.raises(Unavailable):
        drain(str(spool), inbox, one_of_each)
    assert waiting(spool) == ["1-1-a.auto.env"]
    inbox.error = None
    assert drain(str(spool), inbox, one_of_each) == 1


def test_a_crash_between_keeping_and_deleting_puts_the_event_again(spool: Path) -> None:
    class Crash(BaseException):
        pass

    class Crashing(ListInbox):
        def put(self, app: str, source: Source, body: bytes) -> None:
            super().put(app, source, body)
            if len(self.kept) == 1:
                raise Crash

    inbox = Crashing()
    put(spool, "1-1-a.auto.env", EVENT)
    with pytest.raises(Crash):
        drain(str(spool), inbox, one_of_each)
    assert drain(str(spool), inbox, one_of_each) == 1
    assert [kept[2] for kept in inbox.kept] == [EVENT, EVENT]


def test_a_missing_spool_is_empty(tmp_path: Path, inbox: ListInbox) -> None:
    assert drain(str(tmp_path / "spool"), inbox, one_of_each) == 0


def test_a_spool_that_is_no_directory_is_unavailable(tmp_path: Path, inbox: ListInbox) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(Unavailable):
        drain(str(tmp_path / "spool"), inbox, one_of_each)
    with pytest.raises(Unavailable):
        watch(str(tmp_path / "spool"), threading.Event().set)


def test_the_watch_makes_the_spool_and_wakes_for_an_event(tmp_path: Path) -> None:
    woken = threading.Event()
    watching = watch(str(tmp_path / "spool"), woken.set)
    try:
        assert hook.main(["--config-dir", str(tmp_path)], EVENT) == 0
        assert woken.wait(20)
    finally:
        watching.stop()


def test_the_watch_wakes_for_what_a_command_changed(tmp_path: Path) -> None:
    woken = threading.Event()
    open_state(str(tmp_path), locked=True).db.close()
    watching = watch(str(tmp_path / SPOOL), woken.set, also=WAKE)
    try:
        state = open_state(str(tmp_path))
        state.node.request_sync(1)
        state.db.close()
        assert woken.wait(20)
    finally:
        watching.stop()


def test_a_command_that_changed_nothing_wakes_nobody(tmp_path: Path) -> None:
    (tmp_path / SPOOL).mkdir()
    open_state(str(tmp_path), locked=True).db.close()
    state = open_state(str(tmp_path))
    assert not state.node.take_sync_request()
    state.db.close()
    assert not list((tmp_path / SPOOL).iterdir())


def test_the_watch_sleeps_through_unfinished_files_and_reading(spool: Path) -> None:
    woken, seen = threading.Event(), threading.Event()
    put(spool, "1-1-a.auto.env", EVENT)
    # The second watch gives the first one the time to be wrong.
    watching, marking = watch(str(spool), woken.set), watch_directory(str(spool.parent), seen.set)
    try:
        (spool / ".2-2-b.auto.env").write_bytes(b"half")
        (spool / "1-1-a.auto.env").read_bytes()
        os.listdir(spool)
        (spool / "bad").mkdir()
        (spool.parent / "marker").write_text("")
        assert seen.wait(20)
    finally:
        marking.stop()
        watching.stop()
    assert not woken.is_set()


def test_the_kernel_does_not_tell_the_watch_of_what_is_only_read(spool: Path) -> None:
    watching = watch(str(spool), threading.Event().set)
    try:
        inode = f"ino:{spool.stat().st_ino:x}"
        watches = [
            words
            for file in Path("/proc/self/fdinfo").iterdir()
            for words in _watches_of(file)
            if inode in words
        ]
        (mask,) = (int(word[5:], 16) for words in watches for word in words if word.startswith("mask:"))
    finally:
        watching.stop()
    in_access, in_close_nowrite, in_open = 0x01, 0x10, 0x20
    assert mask & (in_access | in_close_nowrite | in_open) == 0


def _watches_of(fdinfo: Path) -> list[list[str]]:
    try:
        lines = fdinfo.read_text().splitlines()
    except FileNotFoundError:  # that by which the folder was listed
        return []
    return [line.split() for line in lines if line.startswith("inotify ")]


def test_a_stopped_watch_wakes_nobody(tmp_path: Path) -> None:
    calls: list[int] = []
    watching = watch_directory(str(tmp_path), lambda: calls.append(1))
    watching.stop()
    (tmp_path / "new").write_text("")
    assert calls == []
    assert not [thread for thread in threading.enumerate() if "observer" in thread.name.lower()]


def test_a_directory_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be watched"):
        watch_directory(str(tmp_path / "nowhere"), threading.Event().set)
