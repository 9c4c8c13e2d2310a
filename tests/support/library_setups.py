"""The libraries of a household in the mesh, and what the metadata servers know for them."""

from dataclasses import replace
from typing import Final

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.sonarr.model import Broadcast, Show
from tests.arrs.works.model import KnownCreator, KnownEdition, KnownWork
from tests.support.household import MOVIES, Clock, LibrarySetup


def _show(number: int) -> Show:
    episodes = tuple(
        Broadcast(
            season,
            each,
            f"Part {each}",
            tvdb_id=number * 1000 + season * 100 + each,
            air_date=f"202{season}-01-{each:02}",  # the name of a daily show's file has nothing else
        )
        for season, count in ((0, 2), (1, 3), (2, 4))
        for each in range(1, count + 1)
    )
    return Show(tvdb_id=number, title=f"Show {number}", year=2010 + number, episodes=episodes)


SHOWS: Final = {number: _show(number) for number in range(1, 31)}


def make_sonarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    """Return a Sonarr that knows `SHOWS`."""
    return SimulatedSonarr(
        name=name, roots=[root], api_key="key", catalogue=SHOWS, now=clock.seconds, post=post, workers=False
    )


def _artist(number: int) -> KnownCreator:
    works = tuple(
        KnownWork(
            f"{number:08x}-0000-4000-8000-{album:012x}",
            f"Album {number}{album}",
            (KnownEdition(f"{number}-{album}-cd", "", tuple(f"Song {each}" for each in (1, 2, 3))),),
            f"{2000 + album}-01-01",
        )
        for album in (1, 2)
    )
    return KnownCreator(f"{number:08x}-0000-4000-8000-000000000000", f"Artist {number}", works)


def _author(number: int) -> KnownCreator:
    works = tuple(
        KnownWork(
            f"{number}0{book}",
            f"Book {number}{book}",
            (KnownEdition(f"9{number}0{book}", f"Book {number}{book}"),),
            f"{2000 + book}-01-01",
            "Book",
        )
        for book in (1, 2)
    )
    return KnownCreator(str(number), f"Author {number}", works, "Author")


ARTISTS: Final = {artist.id: artist for artist in map(_artist, range(1, 31))}
AUTHORS: Final = {author.id: author for author in map(_author, range(1, 31))}


def make_lidarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    """Return a Lidarr that knows `ARTISTS` and adds none by itself that would be monitored."""
    arr = SimulatedLidarr(
        name=name, roots=[root], api_key="key", catalogue=ARTISTS, now=clock.seconds, post=post, workers=False
    )
    return _calm(arr)


def make_readarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    """Return a Readarr that knows `AUTHORS`, likewise."""
    arr = SimulatedReadarr(
        name=name, roots=[root], api_key="key", catalogue=AUTHORS, now=clock.seconds, post=post, workers=False
    )
    return _calm(arr)


def _calm(arr: SimulatedLidarr | SimulatedReadarr) -> SimulatedApp:
    roots = arr.library.tables.roots
    for number, defaults in roots.items():
        roots[number] = replace(defaults, monitor="none", new_items="none")
    return arr


MUSIC = LibrarySetup("music", "lidarr", make_lidarr)
BOOKS = LibrarySetup("books", "readarr", make_readarr)
TV = LibrarySetup("tv", "sonarr", make_sonarr)
SETUPS: Final = (MOVIES, TV, MUSIC, BOOKS)
