"""The rows of a simulated Sonarr, its qualities, and the shows of the metadata server."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from mesharr.demo.arr.indexed_table import IndexedTable
from mesharr.demo.arr.qualities import QualityTable
from mesharr.demo.arr.records import LibraryTables, VideoFile
from mesharr.demo.wire import JsonObject

QUALITIES = QualityTable(
    (
        (0, "Unknown", "unknown", 0, 0),
        (1, "SDTV", "television", 480, 1),
        (12, "WEBRip-480p", "webRip", 480, 2),
        (8, "WEBDL-480p", "web", 480, 2),
        (2, "DVD", "dvd", 480, 3),
        (13, "Bluray-480p", "bluray", 480, 4),
        (22, "Bluray-576p", "bluray", 576, 5),
        (4, "HDTV-720p", "television", 720, 6),
        (9, "HDTV-1080p", "television", 1080, 7),
        (14, "WEBRip-720p", "webRip", 720, 8),
        (5, "WEBDL-720p", "web", 720, 8),
        (6, "Bluray-720p", "bluray", 720, 9),
        (15, "WEBRip-1080p", "webRip", 1080, 10),
        (3, "WEBDL-1080p", "web", 1080, 10),
        (7, "Bluray-1080p", "bluray", 1080, 11),
        (20, "Bluray-1080p Remux", "blurayRaw", 1080, 12),
        (16, "HDTV-2160p", "television", 2160, 13),
        (17, "WEBRip-2160p", "webRip", 2160, 14),
        (18, "WEBDL-2160p", "web", 2160, 14),
        (19, "Bluray-2160p", "bluray", 2160, 15),
        (21, "Bluray-2160p Remux", "blurayRaw", 2160, 16),
    ),
    remux="Bluray-{} Remux",
)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """An episode at the metadata server."""

    season: int
    number: int
    title: str = "TBA"
    tvdb_id: int = 0
    air_date: str | None = None
    """`yyyy-mm-dd`, None when unknown."""
    absolute: int | None = None
    """Its number counted through all seasons, of an anime."""
    overview: str = ""


@dataclass(frozen=True)
class Show:
    """A show at the metadata server."""

    tvdb_id: int
    title: str
    year: int
    episodes: tuple[Broadcast, ...] = ()
    type: str = "standard"
    """standard, daily or anime."""
    status: str = "continuing"
    """continuing, upcoming or ended."""
    imdb_id: str = ""
    tmdb_id: int = 0
    tv_maze_id: int = 0
    overview: str = ""
    genres: tuple[str, ...] = ("Drama",)
    network: str = "Network"
    runtime: int = 45
    """In minutes."""

    @property
    def slug(self) -> str:
        """The title in the address of its page: two shows can have the same."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def seasons(self) -> tuple[int, ...]:
        """The numbers of the seasons there are; specials are season 0."""
        return tuple(sorted({episode.season for episode in self.episodes}))

    def with_episodes(self, *more: Broadcast) -> "Show":
        """Return the show after these episodes were announced; one with a known number replaces it."""
        known = {(episode.season, episode.number): episode for episode in (*self.episodes, *more)}
        return replace(self, episodes=tuple(known.values()))


def weekly(
    tvdb_id: int, seasons: Mapping[int, int], first: str = "2010-01-04", *, absolute: bool = False
) -> tuple[Broadcast, ...]:
    """Return episodes for a show, one a week: how many each season has, specials as season 0.

    Their ids follow from the show's and their place, so every household's metadata agrees. With
    `absolute` those outside season 0 are counted through, as for anime.
    """
    places = [(season, number + 1) for season, count in sorted(seasons.items()) for number in range(count)]
    counted = 0
    episodes = []
    for place, (season, number) in enumerate(places):
        counted += season > 0
        day = (date.fromisoformat(first) + timedelta(weeks=place)).isoformat()
        episodes.append(
            Broadcast(
                season,
                number,
                f"Episode {season}-{number}",
                tvdb_id * 1000 + place,
                day,
                counted if absolute and season else None,
            )
        )
    return tuple(episodes)


@dataclass(frozen=True, slots=True)
class Season:
    """One season of a series in the library."""

    number: int
    monitored: bool


@dataclass(frozen=True)
class Series:
    """A row of the Series table, with its metadata."""

    id: int
    tvdb_id: int
    show: Show
    """The metadata of its last refresh."""
    path: str
    quality_profile_id: int
    monitored: bool = False
    monitor_new_items: str = "all"
    """Whether new seasons are monitored: all or none."""
    season_folder: bool = False
    """Whether each season has a folder."""
    series_type: str = "standard"
    """standard, daily or anime."""
    seasons: tuple[Season, ...] = ()
    tags: tuple[int, ...] = ()
    """The ids of its tags."""
    added: float = 0.0
    """When it was added, in seconds since 1970."""
    add_options: JsonObject | None = None
    """What the first scan has to do; None afterwards."""
    gone: bool = False
    """Whether TheTVDB has removed the show."""

    def season(self, number: int) -> Season | None:
        """Return the season with this number, if the row has it."""
        return next((season for season in self.seasons if season.number == number), None)

    def with_seasons(self, flags: Mapping[int, bool]) -> "Series":
        """Return the row with these seasons' flags set; seasons it does not have are left out."""
        return replace(
            self,
            seasons=tuple(replace(s, monitored=flags.get(s.number, s.monitored)) for s in self.seasons),
        )


@dataclass(frozen=True, slots=True)
class Episode:
    """A row of the Episodes table."""

    id: int
    series_id: int
    known: Broadcast
    """The metadata of its last refresh."""
    monitored: bool
    file_id: int = 0
    """The file that holds it, 0 for none."""

    @property
    def season(self) -> int:
        """Its season's number."""
        return self.known.season

    @property
    def number(self) -> int:
        """Its number in the season."""
        return self.known.number

    @property
    def place(self) -> tuple[int, int]:
        """Season and number."""
        return self.known.season, self.known.number

    @property
    def aired(self) -> str | None:
        """When it is on the air, in UTC, as the API writes it."""
        return None if self.known.air_date is None else f"{self.known.air_date}T00:00:00Z"


@dataclass(frozen=True, slots=True)
class EpisodeFile(VideoFile):
    """A row of the EpisodeFiles table."""

    season: int = 0
    release_type: str = "unknown"


@dataclass
class SonarrTables(LibraryTables):
    """The library's part of Sonarr's database."""

    series: IndexedTable[Series] = field(default_factory=lambda: IndexedTable(tvdb=lambda row: row.tvdb_id))
    episodes: IndexedTable[Episode] = field(
        default_factory=lambda: IndexedTable(
            series=lambda row: row.series_id, file=lambda row: row.file_id or None
        )
    )
    files: IndexedTable[EpisodeFile] = field(
        default_factory=lambda: IndexedTable(series=lambda row: row.item_id)
    )

    def episodes_of_file(self, file_id: int) -> list[Episode]:
        """Return the episodes that a file holds, in order."""
        return sorted(self.episodes.of("file", file_id), key=lambda episode: episode.place)

    def forget(self, series_ids: Iterable[int]) -> None:
        """Delete series with their episodes and the rows of their files."""
        for series_id in series_ids:
            del self.series[series_id]
            for episode in self.episodes.of("series", series_id):
                del self.episodes[episode.id]
            for file in self.files.of("series", series_id):
                del self.files[file.id]


def release_type_of(episodes: Iterable[Episode]) -> str:
    """Return what a single file with these episodes is called."""
    return "multiEpisode" if len(list(episodes)) > 1 else "singleEpisode"
