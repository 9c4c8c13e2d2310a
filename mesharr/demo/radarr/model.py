"""The rows of a simulated Radarr, and its qualities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mesharr.demo.arr.qualities import Quality, QualityTable
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject


@dataclass(frozen=True)
class Film:
    """What the metadata server says of a film. Dates are `yyyy-mm-dd`."""

    tmdb_id: int
    title: str
    year: int
    imdb_id: str = ""
    overview: str = ""
    genres: tuple[str, ...] = ("Drama",)
    in_cinemas: str | None = None
    physical_release: str | None = None
    runtime: int = 120


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
    """A row of the Movies table, with the metadata joined to it. `file_id` 0 means no file."""

    id: int
    tmdb_id: int
    film: Film
    path: str
    quality_profile_id: int
    monitored: bool = True
    minimum_availability: str = "released"
    tags: tuple[int, ...] = ()
    added: float = 0.0
    add_options: JsonObject | None = None
    file_id: int = 0


@dataclass(frozen=True)
class MovieFile:
    """A row of the MovieFiles table; `relative_path` is below the movie's folder."""

    id: int
    movie_id: int
    relative_path: str
    size: int
    date_added: float
    quality: Quality
    release_group: str | None = None
    scene_name: str | None = None

    def path_in(self, folder: str) -> str:
        """Where the file is when its movie's folder is this one."""
        return f"{folder.rstrip('/')}/{self.relative_path}"


@dataclass(frozen=True)
class HistoryRow:
    """A row of the History table."""

    movie_id: int
    event_type: str
    source_title: str
    quality: Quality
    data: Mapping[str, str]
    download_id: str | None = None
    id: int = 0
    date: float = 0.0


@dataclass(frozen=True)
class QueueRow:
    """A download that the client has not finished; it is not in Radarr's database."""

    id: int
    movie_id: int
    release: Release
    added: float


@dataclass(frozen=True)
class Exclusion:
    """A film that import lists shall not add."""

    id: int
    tmdb_id: int
    title: str
    year: int


@dataclass
class RadarrTables:
    """The library's part of Radarr's database."""

    movies: dict[int, Movie] = field(default_factory=dict)
    files: dict[int, MovieFile] = field(default_factory=dict)
    history: dict[int, HistoryRow] = field(default_factory=dict)
    exclusions: dict[int, Exclusion] = field(default_factory=dict)
