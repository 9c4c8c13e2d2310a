"""A Plex section is emptied once for all removals, and only while all in its trash is proven gone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import httpx
import pytest

from mesharr.config import validated
from mesharr.core.errors import Unavailable
from mesharr.core.planning.actions import Policy
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.node.inward.empty_trash import SETTLE_MS, EmptyTrash, forget_others
from mesharr.node.inward.scan import Pacing, ScanStage
from mesharr.node.model import Library, LibraryStorage
from mesharr.scanners import kinds
from mesharr.scanners.base import TrashScanner
from mesharr.state.db import Database
from mesharr.state.state import State

START = 1_800_000_000_000
ROOT = "/data/Movies"
FILES = [f"Film {n}/Film {n}.mkv" for n in range(5)]
HOUR = 3_600_000


class Drive:
    """The files of a library, and whether its mount is alive."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = set(files)
        self.is_alive = True

    def check_available(self) -> None:
        if not self.is_alive:
            raise Unavailable("library movies is unavailable")

    def gone(self, files: Mapping[str, int | None]) -> frozenset[str]:
        self.check_available()
        return frozenset(files.keys() - self.files)

    def seen_below(self, folder: str, root: str) -> Iterator[str]:
        """Yield what a server sees below a folder: nothing on a dead mount."""
        for path in self.files if self.is_alive else ():
            if f"{root}/{path}".startswith(f"{folder.rstrip('/')}/"):
                yield f"{root}/{path}"


class House:
    """A node's database, its Plex, the mounts of two libraries, and a clock moved by hand."""

    def __init__(self, path: Path) -> None:
        self.now = START
        self.movies, self.extra = Drive(FILES), Drive(["B/b.mkv"])
        self.store_is_alive = True
        self.roots = {"movies": ROOT}
        self.plex = SimulatedPlex(
            token="t", sections=[PlexSection("7", "Films", ("/data",))], disk=self._seen
        )
        self._path = str(path)
        self.open()
        self.plex.scan("7")

    def _seen(self, folder: str) -> Iterator[str]:
        yield from self.movies.seen_below(folder, ROOT)
        yield from self.extra.seen_below(folder, "/data/Extra")

    def open(self, *, wants: bool = True) -> None:
        """Begin as a new process does."""
        self.state = State(Database(self._path))
        drives = {"movies": self.movies, "extra": self.extra}
        libraries = {
            name: Library(
                name=name,
                storage=cast(LibraryStorage, drives[name]),
                policy=Policy(),
                scan_roots={"plex": root},
                trash_of=("plex",) if wants else (),
            )
            for name, root in self.roots.items()
        }
        kind = kinds()["plex"]
        client = httpx.Client(transport=httpx.MockTransport(self.plex.handle))
        found = kind.connect(
            client, validated(kind.settings, {"kind": "plex", "url": "http://p", "token": "t"})
        )
        assert isinstance(found, TrashScanner)
        trash = EmptyTrash("plex", found, libraries, self.state, self._check_store)
        self.stage = ScanStage("plex", found, libraries, self.state, Pacing(pause_ms=5_000), trash)

    def _check_store(self) -> None:
        if not self.store_is_alive:
            raise Unavailable("store unavailable: not mounted")

    def remove(self, path: str, library: str = "movies") -> None:
        """Remove a file, as it is noted once that is proven."""
        (self.movies if library == "movies" else self.extra).files.discard(path)
        with self.state.transaction():
            self.state.scans.put(["plex"], library, path.rpartition("/")[0], self.now)
            self.state.trash.put(["plex"], library, self.now)

    def run(self, ms: int) -> list[int]:
        """Step the stage whenever it is due, for so long; return when the trash was emptied."""
        end, emptied = self.now + ms, list[int]()
        while (due := self.stage.next_due()) is not None and max(due, self.now) <= end:
            self.now = max(due, self.now)
            before = len(self.plex.emptied)
            self.stage.step(self.now)
            emptied += [self.now - START] * (len(self.plex.emptied) - before)
        self.now = end
        return emptied

    def why(self) -> str:
        [trash] = self.state.trash.all()
        return trash.why


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "mesharr.db")


def test_a_section_is_emptied_once_for_a_batch_of_removals_after_its_scans(house: House) -> None:
    for path in FILES[:3]:
        house.remove(path)
    assert house.run(HOUR) == [10_000 + SETTLE_MS]
    assert house.plex.trash == {"7": set()}
    assert house.plex.listed["7"] == {f"{ROOT}/{path}" for path in FILES[3:]} | {"/data/Extra/B/b.mkv"}
    assert house.state.trash.all() == []
    assert house.state.counters.all()["emptied:plex"] == 1
    house.remove(FILES[3])
    assert len(house.run(HOUR)) == 1


def test_a_removal_while_it_settles_belongs_to_the_batch(house: House) -> None:
    house.remove(FILES[0])
    house.run(SETTLE_MS // 2)
    house.remove(FILES[1])
    assert house.run(HOUR) == [SETTLE_MS // 2 + SETTLE_MS]


def test_what_a_dead_mount_lost_stays_in_the_trash(house: House) -> None:
    house.remove(FILES[0])
    house.run(30_000)
    house.movies.is_alive = False
    house.plex.scan("7")  # Plex's own, periodical scan
    assert len(house.plex.trash["7"]) == 5
    assert house.run(HOUR) == []
    assert house.why() == "library movies is unavailable"
    house.movies.is_alive = True
    assert house.run(HOUR) == [], "the mount is back, and the files are in the trash still"
    assert house.why() == "not all is gone of 5 files in the trash of Films: have it scan Films as a whole"
    house.plex.scan("7")
    assert len(house.run(HOUR)) == 1
    assert len(house.plex.listed["7"]) == 5


Change = Callable[[House], object]


def _store_dies(house: House) -> None:
    house.store_is_alive = False


def _scan_lasts(house: House) -> None:
    house.plex.refreshing.add("7")


def _plex_fails(house: House) -> None:
    house.plex.fail_with(503)


def _stranger(house: House) -> None:
    house.plex.trash["7"].add("/data/Home/holiday.mkv")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_store_dies, "store unavailable"),
        (_scan_lasts, "it still scans Films"),
        (_plex_fails, "Plex answered 503"),
        (_stranger, "/data/Home/holiday.mkv, which is in the trash of Films, is in no library"),
    ],
)
def test_the_trash_is_kept_and_it_is_shown_why(house: House, change: Change, why: str) -> None:
    house.remove(FILES[0])
    house.run(30_000)
    change(house)
    assert house.run(HOUR) == []
    assert why in house.why()
    asked = len(house.plex.requests)
    house.run(HOUR)
    assert len(house.plex.requests) - asked <= 10, "no faster than other requests"
    house.store_is_alive = True
    house.plex.refreshing.clear()
    house.plex.fail_with(None)
    house.plex.trash["7"].discard("/data/Home/holiday.mkv")
    assert len(house.run(HOUR)) == 1


def test_a_library_of_the_same_section_that_is_down_keeps_the_trash(house: House) -> None:
    house.roots["extra"] = "/data/Extra"
    house.open()
    house.remove(FILES[0])
    house.extra.is_alive = False
    assert house.run(HOUR) == []
    house.extra.is_alive = True
    assert len(house.run(HOUR)) == 1


def test_two_libraries_of_one_section_are_one_batch(house: House) -> None:
    house.roots["extra"] = "/data/Extra"
    house.open()
    house.remove(FILES[0])
    house.remove("B/b.mkv", "extra")
    house.run(HOUR)
    assert house.plex.emptied == ["7"]
    assert house.plex.trash == {"7": set()}


def test_a_process_that_ends_between_the_scan_and_the_request_leaves_it_to_the_next(house: House) -> None:
    house.remove(FILES[0])
    house.stage.step(house.now)
    assert house.plex.scans
    assert house.plex.emptied == []
    house.state.db.close()
    house.open()
    assert house.run(HOUR) == [SETTLE_MS]


def test_a_scan_that_waits_comes_first_unless_it_was_refused(house: House) -> None:
    house.state.scans.put(["plex"], "movies", "Film 4", START - 1)
    [scan] = house.state.scans.due("plex", START)
    house.state.scans.later(scan, START + 2 * HOUR, "down")
    house.remove(FILES[0])
    assert house.run(HOUR) == []
    house.state.scans.later(scan, START + 2 * HOUR, "no library has it", refused=True)
    assert len(house.run(HOUR // 2)) == 1


def test_nothing_is_emptied_once_the_setting_is_never(house: House) -> None:
    house.remove(FILES[0])
    house.open(wants=False)
    assert house.run(HOUR) == []
    assert house.state.trash.all() == []
    house.remove(FILES[1])
    forget_others(house.state, set())
    assert house.state.trash.all() == []
