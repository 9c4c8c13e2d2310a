"""Do what a user does in the app of each library, by the number of an item: four apps, one set of deeds.

And what outages have in common: a library whose mount goes away, and what no outage may ever bring about.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.errors import Unavailable
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import BOOKS, MUSIC, TV

HARMFUL: Final = frozenset({"item.removed", "file.removed", "item.left", "unit.claimed"})
"""The events that only a deed of the user may lead to."""

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


class Keeper(msgspec.Struct, frozen=True):
    """One library, and its app as its user uses it. Items are numbers from 1 to 30."""

    setup: LibrarySetup
    item: Callable[[int], str]
    work: Callable[[int], Any]
    """What an import of an item is of, as its arr names it."""

    @property
    def library(self) -> str:
        """The name of the library."""
        return self.setup.library

    def arr(self, house: Household) -> Any:
        """The simulated arr of a household."""
        return house.arrs[self.setup.app]

    def add(self, house: Household, number: int, path: str | None = None) -> None:
        """Add an item, monitored, in its own folder or at a path."""
        self.arr(house).add(self._named(number), path=path)

    def bring(self, house: Household, number: int, size: int = 4096) -> None:
        """Import a download of an item that is there."""
        work = self.work(number)
        self.arr(house).download(*(work if isinstance(work, tuple) else (work,)), size=size)

    def rename(self, house: Household, number: int, to: int) -> None:
        """Rename the file of an item, in a way that a scan elsewhere knows again; `to` has four digits."""
        arr, work = self.arr(house), self.work(number)
        match self.setup.app:
            case "radarr":
                arr.rename(work, f"Film {number} ({to}) Bluray-1080p.mkv")
            case "sonarr":
                arr.rename(*work, f"Season 01/Show - S01E01 - {to} HDTV-720p.mkv")
            case _:
                title = arr.work(work).known.title
                arr.rename(work, f"{title} ({to})")

    def delete(self, house: Household, number: int, *, files: bool) -> None:
        """Delete an item."""
        self.arr(house).delete(self._named(number), delete_files=files)

    def _named(self, number: int) -> Any:
        id_ = self.item(number).partition(":")[2]
        return int(id_) if self.setup.app in {"radarr", "sonarr"} else id_

    def shown(self, house: Household) -> dict[str, Snapshot]:
        """Return what the arr shows, by item, without counting the requests."""
        link, arr = house.links[self.setup.app], self.arr(house)
        fail, arr.fail = arr.fail, None
        try:
            with house.unseen():
                root = str(house.folders[self.library])
                held = list(link.arr.read_all())
        finally:
            arr.fail = fail
        return {each.id: shown for each in held if (shown := snapshot_of(each, root))}

    def files(self, house: Household) -> dict[str, list[str]]:
        """Return the paths of the files the arr shows, by item."""
        return {
            item: sorted(copy.path for copy in shown.files.values())
            for item, shown in self.shown(house).items()
        }

    def wanted(self, house: Household) -> list[str]:
        """Return the units that have a file and are monitored, as `item unit`."""
        return [
            f"{item} {unit}"
            for item, shown in sorted(self.shown(house).items())
            for unit in sorted({unit for copy in shown.files.values() for unit in copy.units})
            if shown.monitored[unit]
        ]


def _album(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{1:012x}"


FILMS: Final = Keeper(MOVIES, lambda n: f"tmdb:{n}", lambda n: n)
SHOWS: Final = Keeper(TV, lambda n: f"tvdb:{n}", lambda n: (n, 1, 1))
MUSICIANS: Final = Keeper(MUSIC, lambda n: f"mbid:{n:08x}-0000-4000-8000-000000000000", _album)
WRITERS: Final = Keeper(BOOKS, lambda n: f"goodreads:{n}", lambda n: f"{n}01")
KEEPERS: Final = (FILMS, SHOWS, MUSICIANS, WRITERS)
NUMBERS: Final = (1, 2, 3, 4)


def named(keeper: Keeper) -> str:
    """Return the name a test carries."""
    return keeper.setup.app


def every_keeper(*usual: Keeper) -> pytest.MarkDecorator:
    """Return the mark of a test for each app; those that are not usual for it are of the campaign."""
    cases = [pytest.param(each, marks=() if each in usual else pytest.mark.campaign) for each in KEEPERS]
    return pytest.mark.parametrize("keeper", cases, ids=named)


def each_way(name: str, usual: Mapping[Any, Keeper]) -> pytest.MarkDecorator:
    """Return the mark of a test for each app and each way; but for one app a way, the campaign plays them.

    `name` is the argument for the ways; `usual` has each way and the app it is played with by default.
    """
    cases = [
        pytest.param(
            way,
            each,
            id=f"{way}-{named(each)}",
            marks=() if each is keeper else pytest.mark.campaign,
        )
        for way, keeper in usual.items()
        for each in KEEPERS
    ]
    return pytest.mark.parametrize((name, "keeper"), cases)


def two(root: Path, clock: Clock, *keepers: Keeper, **changes: Any) -> tuple[Household, Household]:
    """Return two households with these libraries that trust each other."""
    setups = [keeper.setup for keeper in keepers]
    make_drive(root / "drive", tuple(setup.library for setup in setups))
    alice, bob = (
        Household(name, root, root / "drive", clock, setups, **changes) for name in ("alice", "bob")
    )
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def share(
    keeper: Keeper, clock: Clock, house: Household, *others: Household, numbers: Sequence[int] = NUMBERS
) -> None:
    """Have one household add and import items, and all others follow to the end."""
    for number in numbers:
        keeper.add(house, number)
    settle(clock, house, *others, seconds=10 * 60, steps=20)
    for number in numbers:
        keeper.bring(house, number)
    settle(clock, house, *others, seconds=HOUR, steps=120)


def nights(clock: Clock, *houses: Household, days: int = 2) -> None:
    """Let days pass, with the nights of mesharr and of the arrs."""
    for _ in range(days):
        settle(clock, *houses, seconds=DAY, steps=24)
        for house in houses:
            for arr in house.arrs.values():
                arr.housekeeping()
                arr.daily_refresh()
            house.run_commands()
            house.engine.nightly.step(clock())
    settle(clock, *houses, seconds=2 * HOUR, steps=30)


def harm(*houses: Household) -> list[str]:
    """Return what an outage must never lead to: events that remove something, deleted media, searches."""
    found = [f"{house.name} told {type_}" for house in houses for type_ in house.events() if type_ in HARMFUL]
    for house in houses:
        for app, arr in house.arrs.items():
            found += [f"{house.name}: {app} deleted {path}" for path in getattr(arr, "deleted_media", [])]
            found += [f"{house.name}: {app} searched {each}" for each in getattr(arr, "searches", [])]
    return found


def status(house: Household) -> Report:
    """Return the report of `status`, with each library checked as the command does."""
    return report(
        house.state, Me(house.node, house.name, "m"), [], MountCheck(Availability(available=True), "", {})
    )


class Mount:
    """The folder of a library on the drive, which can go away and come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._away = folder.with_name(f"{folder.name} away")
        self.gone = False

    def vanish(self, left: str) -> None:
        """Make the folder unavailable.

        `left` is what is seen in its place: "bare" an empty folder, "other" one with another folder in it
        (a union's local branch: an app takes every file for deleted), "nothing" no folder.
        """
        if self.gone:
            return
        self.gone = True
        self.folder.rename(self._away)
        if left != "nothing":
            self.folder.mkdir()
        if left == "other":
            (self.folder / "Another (1999)").mkdir()

    def back(self) -> None:
        """Bring the folder back as it was, without what was written meanwhile."""
        for folder in (self.folder / "Another (1999)", self.folder):
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()  # which fails if anybody wrote into it
        self._away.rename(self.folder)
        self.gone = False


@contextlib.contextmanager
def away(mount: Mount, left: str) -> Iterator[None]:
    """Have a library unavailable inside the block."""
    mount.vanish(left)
    try:
        yield
    finally:
        mount.back()


def alive(house: Household, library: str) -> str:
    """Return "" when a library is available, else the reason, as `status` states it."""
    try:
        house.engine.nightly._libraries[library].storage.check_available()
    except Unavailable as error:
        return str(error)
    return ""
