"""Big libraries for benchmarks: what a catalogue knows, what lies on the drive, what a peer tells of it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mesharr.core.events.schema import Copy, Found, Item, LibraryFound
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.sonarr.model import Broadcast, Show
from tests.support.household import FILMS, Clock, Household, LibrarySetup

SIZE = 64
PER_SEASON = 25


def shows(count: int, episodes: int, per_season: int = PER_SEASON) -> dict[int, Show]:
    """Return so many shows with so many episodes each, as a metadata server knows them."""
    return {number: _show(number, episodes, per_season) for number in range(1, count + 1)}


def _show(number: int, episodes: int, per_season: int) -> Show:
    places = (divmod(each, per_season) for each in range(episodes))
    known = tuple(
        Broadcast(
            season + 1,
            place + 1,
            f"Part {place + 1}",
            tvdb_id=number * 1000 + season * 100 + place,
            air_date="2020-01-01",
        )
        for season, place in places
    )
    return Show(tvdb_id=number, title=f"Show {number}", year=2000 + number % 20, episodes=known)


def television(catalogue: Mapping[int, Show]) -> LibrarySetup:
    """Return the setup of a Sonarr that knows these shows."""

    def make(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
        return SimulatedSonarr(
            name=name, roots=[root], api_key="key", catalogue=catalogue, now=clock.seconds, post=post
        )

    return LibrarySetup("tv", "sonarr", make)


def films_found(count: int) -> Iterator[Found]:
    """Yield the inventory of so many films, each with a file."""
    for film in (FILMS[number] for number in range(1, count + 1)):
        name = f"{film.title} ({film.year})"
        copy = Copy(
            path=f"{name}/{name} Bluray-1080p.mkv", size=SIZE, units=("movie",), quality="Bluray-1080p"
        )
        item = Item(
            id=f"tmdb:{film.tmdb_id}",
            kind="movie",
            ids={"tmdb": film.tmdb_id},
            title=film.title,
            year=film.year,
            folder=name,
            profile="Any",
        )
        yield Found(item=item, copies=(copy,))


def shows_found(catalogue: Mapping[int, Show]) -> Iterator[Found]:
    """Yield the inventory of these shows, each episode with a file of its own."""
    for show in catalogue.values():
        copies = tuple(
            Copy(
                path=f"{show.title}/Season {each.season:02d}/"
                f"{show.title} - S{each.season:02d}E{each.number:02d} - {each.title} WEBDL-1080p.mkv",
                size=SIZE,
                units=(f"S{each.season:02d}E{each.number:02d}",),
                quality="WEBDL-1080p",
            )
            for each in show.episodes
        )
        item = Item(
            id=f"tvdb:{show.tvdb_id}",
            kind="series",
            ids={"tvdb": show.tvdb_id},
            title=show.title,
            year=show.year,
            folder=show.title,
            profile="Any",
            series_type="standard",
        )
        yield Found(item=item, copies=copies)


def put_on_the_drive(folder: Path, found: Iterable[Found]) -> None:
    """Make the files that an inventory speaks of."""
    for copy in (copy for each in found for copy in each.copies):
        path = folder / copy.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0" * copy.size)


def tell(house: Household, library: str, found: tuple[Found, ...]) -> None:
    """Have a household tell an inventory, without an arr that holds it."""
    engine, now = house.engine, house.clock()
    body = LibraryFound(library=library, items=found)
    house.state.outbox.put("", body, "", "was here already", now, looked=now)
    while house.state.outbox.ready(limit=1):
        engine.publisher.flush(now, engine.tick())
