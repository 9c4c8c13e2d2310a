"""The rows that the database of every app has, whatever the app collects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Generic, Self, TypeVar

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.releases import Release

F = TypeVar("F")


@dataclass(frozen=True)
class HistoryRow:
    """A row of the History table."""

    item_id: int
    """The movie, series, artist or author."""
    part_id: int
    """The episode, album or book; 0 in Radarr."""
    event_type: str
    source_title: str
    quality: Quality
    data: Mapping[str, str | None]
    download_id: str | None = None
    track_id: int = 0
    """The track, in Lidarr."""
    id: int = 0
    date: float = 0.0


@dataclass(frozen=True)
class QueueRow:
    """A download that the client has not finished; the app's database does not hold it."""

    id: int
    item_id: int
    part_id: int
    release: Release
    added: float
    state: str = "downloading"
    """`trackedDownloadState`: downloading, or importPending for what is no upgrade."""


@dataclass(frozen=True)
class Exclusion:
    """An item that import lists shall not add."""

    id: int
    foreign_id: int | str
    """Its id at the metadata server."""
    title: str
    year: int = 0


@dataclass
class LibraryTables:
    """The tables that every library has."""

    history: dict[int, HistoryRow] = field(default_factory=dict)
    exclusions: dict[int, Exclusion] = field(default_factory=dict)

    def copy(self) -> Self:
        """Return the tables as they are now; rows do not change, so both share them."""
        return replace(self, **{each.name: getattr(self, each.name).copy() for each in fields(self)})


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A row of the MovieFiles or EpisodeFiles table."""

    id: int
    item_id: int
    """The movie or series."""
    relative_path: str
    """Below the folder of the movie or series."""
    size: int
    date_added: float
    quality: Quality
    release_group: str | None = None
    scene_name: str | None = None
    languages: tuple[str, ...] = ("English",)

    def path_in(self, folder: str) -> str:
        """Return where the file is when the folder of its movie or series is this one."""
        return f"{folder.rstrip('/')}/{self.relative_path}"


@dataclass(frozen=True)
class Renamed(Generic[F]):
    """A file's row before and after the file got another name."""

    file: F
    before: F


@dataclass(frozen=True)
class Replaced:
    """A video file that an upgrade removed."""

    file: VideoFile
    recycled: str | None = None
    """Where the recycle bin has it."""
