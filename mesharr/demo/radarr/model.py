"""The rows of a simulated Radarr, and its qualities."""

from dataclasses import dataclass, field

from mesharr.demo.arr.indexed_table import IndexedTable
from mesharr.demo.arr.qualities import QualityTable
from mesharr.demo.arr.records import LibraryTables, VideoFile
from mesharr.demo.wire import JsonObject


@dataclass(frozen=True)
class Film:
    """A film at the metadata server."""

    tmdb_id: int
    title: str
    year: int
    imdb_id: str = ""
    overview: str = ""
    genres: tuple[str, ...] = ("Drama",)
    in_cinemas: str | None = None
    """`yyyy-mm-dd`, None when unknown."""
    physical_release: str | None = None
    """`yyyy-mm-dd`, None when unknown."""
    runtime: int = 120
    """In minutes."""


QUALITIES = QualityTable(
    (
        (0, "Unknown", "unknown", 0, 0),
        (1, "SDTV", "tv", 480, 1),
        (2, "DVD", "dvd", 480, 2),
        (8, "WEBDL-480p", "webdl", 480, 3),
        (12, "WEBRip-480p", "webrip", 480, 3),
        (20, "Bluray-480p", "bluray", 480, 4),
        (21, "Bluray-576p", "bluray", 576, 5),
        (4, "HDTV-720p", "tv", 720, 6),
        (5, "WEBDL-720p", "webdl", 720, 7),
        (14, "WEBRip-720p", "webrip", 720, 7),
        (6, "Bluray-720p", "bluray", 720, 8),
        (9, "HDTV-1080p", "tv", 1080, 9),
        (3, "WEBDL-1080p", "webdl", 1080, 10),
        (15, "WEBRip-1080p", "webrip", 1080, 10),
        (7, "Bluray-1080p", "bluray", 1080, 11),
        (30, "Remux-1080p", "bluray", 1080, 12),
        (16, "HDTV-2160p", "tv", 2160, 13),
        (18, "WEBDL-2160p", "webdl", 2160, 14),
        (17, "WEBRip-2160p", "webrip", 2160, 14),
        (19, "Bluray-2160p", "bluray", 2160, 15),
        (31, "Remux-2160p", "bluray", 2160, 16),
    ),
    remux="Remux-{}",
)


@dataclass(frozen=True)
class Movie:
    """A row of the Movies table, with its metadata."""

    id: int
    tmdb_id: int
    film: Film
    """The metadata of its last refresh."""
    path: str
    quality_profile_id: int
    monitored: bool = True
    minimum_availability: str = "released"
    tags: tuple[int, ...] = ()
    """The ids of its tags."""
    added: float = 0.0
    """When it was added, in seconds since 1970."""
    add_options: JsonObject | None = None
    """What the first scan has to do; None afterwards."""
    file_id: int = 0
    """The file that it has, 0 for none."""


@dataclass
class RadarrTables(LibraryTables):
    """The library's part of Radarr's database."""

    movies: IndexedTable[Movie] = field(default_factory=lambda: IndexedTable(tmdb=_tmdb_of))
    files: IndexedTable[VideoFile] = field(default_factory=lambda: IndexedTable(movie=_movie_of))


def _tmdb_of(row: Movie) -> int:
    return row.tmdb_id


def _movie_of(row: VideoFile) -> int:
    return row.item_id
