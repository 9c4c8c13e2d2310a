"""Media servers are asked with a pause between requests, and many folders at once where they take them."""

from pathlib import Path
from typing import Any, cast

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.core.planning.actions import Policy
from mesharr.node.inward.scan import Pacing, ScanStage
from mesharr.node.model import Library, LibraryStorage
from mesharr.state.db import Database
from mesharr.state.state import State

START = 1_800_000_000_000
PAUSE = 5_000
FOLDERS = [f"Film {n:03}" for n in range(120)]


class Storage:
    """Files that are always there."""

    def check_available(self) -> None:
        """Return."""


class Server:
    """A media server that notes the folders of each request."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.unknown: set[str] = set()
        self.failure: BaseException | None = None

    def scan(self, folder: str) -> None:
        self.scan_many((folder,))

    def scan_many(self, folders: Any) -> None:
        self.asked.append(tuple(each.rpartition("/")[2] for each in folders))
        if self.failure:
            raise self.failure
        if wrong := self.unknown.intersection(self.asked[-1]):
            raise Refused(f"no library has {sorted(wrong)}", "set paths")

    def check_available(self) -> None:
        """Return."""


class House:
    """A node's database, one server, and a clock moved by hand."""

    def __init__(self, path: Path, pacing: Pacing) -> None:
        self.server = Server()
        self.now = START
        self._path = str(path)
        self._pacing = pacing
        self.open()

    def open(self) -> None:
        """Begin as a new process does."""
        self.state = State(Database(self._path))
        library = Library(
            name="movies",
            storage=cast(LibraryStorage, Storage()),
            policy=Policy(),
            scan_roots={"plex": "/data/Movies"},
        )
        self.stage = ScanStage("plex", self.server, {"movies": library}, self.state, self._pacing)

    def put(self, *folders: str) -> None:
        for folder in folders:
            self.state.scans.put(["plex"], "movies", folder, self.now)

    def run(self, ms: int) -> list[tuple[int, tuple[str, ...]]]:
        """Step the stage whenever it is due, for so long; return what was asked, and when."""
        end, asked = self.now + ms, list[tuple[int, tuple[str, ...]]]()
        while (due := self.stage.next_due()) is not None and max(due, self.now) <= end:
            self.now = max(due, self.now)
            before = len(self.server.asked)
            self.stage.step(self.now)
            asked += [(self.now - START, each) for each in self.server.asked[before:]]
        self.now = end
        return asked


@pytest.fixture
def plex(tmp_path: Path) -> House:
    return House(tmp_path / "mesharr.db", Pacing(pause_ms=PAUSE))


@pytest.fixture
def jellyfin(tmp_path: Path) -> House:
    return House(tmp_path / "mesharr.db", Pacing(pause_ms=PAUSE, batch=50))


def test_the_first_folder_waits_for_nothing_and_each_further_one_for_the_pause(plex: House) -> None:
    plex.put("A", "B", "C")
    assert plex.run(60_000) == [(0, ("A",)), (5_000, ("B",)), (10_000, ("C",))]
    plex.put("D")
    assert plex.run(60_000) == [(60_000, ("D",))]


def test_a_folder_that_comes_during_the_pause_waits_for_its_end(plex: House) -> None:
    plex.put("A")
    plex.run(2_000)
    plex.put("B")
    assert plex.run(60_000) == [(5_000, ("B",))]


def test_a_server_that_takes_many_folders_is_asked_for_all_that_wait_at_once(jellyfin: House) -> None:
    jellyfin.put(*FOLDERS)
    asked = jellyfin.run(60_000)
    assert [(at, len(folders)) for at, folders in asked] == [(0, 50), (5_000, 50), (10_000, 20)]
    assert sorted(each for _, folders in asked for each in folders) == FOLDERS
    assert jellyfin.state.scans.all() == []


def test_one_folder_of_many_that_is_refused_takes_no_other_with_it(jellyfin: House) -> None:
    jellyfin.put(*FOLDERS[:5])
    jellyfin.server.unknown = {FOLDERS[2]}
    asked = jellyfin.run(60_000)
    assert asked[0] == (0, tuple(FOLDERS[:5]))
    assert [at for at, _ in asked] == [0, 5_000, 10_000, 15_000, 20_000, 25_000]
    assert sorted(each for _, folders in asked[1:] for each in folders) == FOLDERS[:5]
    [waiting] = jellyfin.state.scans.all()
    assert (waiting.folder, waiting.refused) == (FOLDERS[2], True)
    jellyfin.put("Film 200", "Film 201")
    jellyfin.now += 3_600_000
    later = [set(folders) for _, folders in jellyfin.run(60_000)]
    assert {"Film 200", "Film 201"} in later, "the refused one is asked for by itself"


def test_a_server_that_is_down_is_asked_no_faster(jellyfin: House) -> None:
    jellyfin.put(*FOLDERS[:3])
    jellyfin.server.failure = Unavailable("down")
    times = [at for at, _ in jellyfin.run(3_600_000)]
    assert times[:4] == [0, 5_000, 10_000, 18_000]
    assert len(times) < 20
    jellyfin.server.failure = None
    assert jellyfin.run(3_600_000)
    assert jellyfin.state.scans.all() == []


def test_a_process_that_is_killed_in_a_request_loses_no_folder_and_keeps_the_pause(jellyfin: House) -> None:
    jellyfin.put(*FOLDERS)
    jellyfin.server.failure = SystemExit()
    with pytest.raises(SystemExit):
        jellyfin.stage.step(jellyfin.now)
    jellyfin.state.db.close()
    jellyfin.server.failure = None
    jellyfin.server.asked.clear()
    jellyfin.open()
    asked = jellyfin.run(60_000)
    assert asked[0][0] == 5_000
    assert sorted(each for _, folders in asked for each in folders) == FOLDERS


def test_the_pause_lasts_over_a_restart(plex: House) -> None:
    plex.put("A", "B")
    plex.stage.step(plex.now)
    plex.state.db.close()
    plex.open()
    assert plex.run(60_000) == [(5_000, ("B",))]


def test_a_clock_that_was_set_back_does_not_make_the_pause_longer(plex: House) -> None:
    plex.put("A")
    plex.run(0)
    plex.now -= 3_600_000
    plex.put("B")
    plex.stage.step(plex.now)
    assert plex.server.asked == [("A",), ("B",)]


def test_the_pause_is_each_servers_own(plex: House) -> None:
    plex.put("A")
    plex.run(0)
    assert plex.state.scans.last_request("plex") == START
    assert plex.state.scans.last_request("emby") == 0


def test_without_a_pause_all_are_asked_in_one_step(tmp_path: Path) -> None:
    house = House(tmp_path / "mesharr.db", Pacing())
    house.put("A", "B", "C")
    house.stage.step(house.now)
    assert house.server.asked == [("A",), ("B",), ("C",)]


class FileServer(Server):
    """A program that is told of a file."""

    def scan_file(self, folder: str, name: str) -> None:
        self.scan(f"{folder}/{name}")


def test_a_program_that_wants_a_file_is_given_one_and_is_not_down_while_the_mount_is(tmp_path: Path) -> None:
    house = House(tmp_path / "state.db", Pacing())
    house.server = FileServer()
    house.open()
    names: list[str] = ["poster.jpg", "b.mkv", "a.mkv"]

    def cloud_names(_folder: str) -> list[str]:
        if not names:
            raise Unavailable("the mount hangs")
        return names

    cast(Any, house.stage._libraries["movies"].storage).cloud_names = cloud_names
    house.put("Film 1")
    house.stage.step(house.now)
    assert house.server.asked == [("a.mkv",)]
    names.clear()
    house.put("Film 2")
    house.stage.step(house.now)
    assert house.server.asked == [("a.mkv",)]
    assert house.state.outages.all() == {}
