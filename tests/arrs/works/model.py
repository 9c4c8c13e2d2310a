"""The rows of a simulated Lidarr or Readarr, and what their metadata servers know.

The two are siblings, and what they share speaks of *creators* (artists, authors), their *works*
(albums, books), and the *editions* of a work (releases, editions), exactly one of them monitored.
"""

from dataclasses import dataclass, field

from mesharr.demo.arr.indexed_table import IndexedTable
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import LibraryTables
from mesharr.demo.wire import JsonObject


@dataclass(frozen=True)
class KnownEdition:
    """An edition at the metadata server: a release of an album, an edition of a book."""

    id: str
    """Its id at the metadata server."""
    title: str = ""
    tracks: tuple[str, ...] = ()
    """Titles, in order, of one medium."""
    isbn13: str | None = None
    asin: str | None = None
    disambiguation: str = ""


@dataclass(frozen=True)
class KnownWork:
    """A work at the metadata server: an album or a book."""

    id: str
    """Its id at the metadata server."""
    title: str
    editions: tuple[KnownEdition, ...]
    date: str | None = None
    """The release date as `yyyy-mm-dd`, None when unknown."""
    kind: str = "Album"
    """The primary type of an album."""
    secondary: tuple[str, ...] = ()
    """The secondary types of an album."""
    overview: str = ""
    genres: tuple[str, ...] = ()
    old_ids: tuple[str, ...] = ()
    """Ids of works that were merged into this one."""

    @property
    def year(self) -> int:
        """The year of its date, 0 when unknown."""
        return int(self.date[:4]) if self.date else 0


@dataclass(frozen=True)
class KnownCreator:
    """A creator at the metadata server: an artist or an author."""

    id: str
    """Its id at the metadata server."""
    name: str
    works: tuple[KnownWork, ...] = ()
    kind: str = "Group"
    """Group or Person."""
    disambiguation: str = ""
    overview: str = ""
    genres: tuple[str, ...] = ()
    ended: bool = False
    """Whether the creator brings no more works."""
    old_ids: tuple[str, ...] = ()
    """Ids of creators that were merged into this one."""

    def work(self, foreign_id: str) -> KnownWork | None:
        """Return the work with this id, if it is one of this creator's."""
        return next((work for work in self.works if work.id == foreign_id), None)


@dataclass(frozen=True)
class Creator:
    """A row of the Artists or Authors table."""

    id: int
    foreign_id: str
    """Its id at the metadata server."""
    known: KnownCreator
    path: str
    quality_profile_id: int
    metadata_profile_id: int
    monitored: bool = False
    new_items: str = "all"
    """Which of its new works a refresh monitors: all, none or new."""
    tags: tuple[int, ...] = ()
    """The ids of its tags."""
    added: float = 0.0
    """When it was added, in seconds since 1970."""
    add_options: JsonObject | None = None
    """What the first scan has to do; None afterwards."""
    gone_upstream: bool = False
    """Whether the metadata server has deleted it."""
    synced: float = 0.0
    """When its last refresh was, in seconds since 1970."""


@dataclass(frozen=True)
class Edition:
    """An edition of a work in the library."""

    id: int
    known: KnownEdition
    monitored: bool = False


@dataclass(frozen=True)
class Work:
    """A row of the Albums or Books table with its editions."""

    id: int
    creator_id: int
    """The artist or author."""
    known: KnownWork
    editions: tuple[Edition, ...]
    """All editions, at most one of them monitored."""
    monitored: bool = False
    any_edition: bool = False
    """Whether a scan may match files to an edition that is not monitored."""
    manual: bool = False
    """Whether the user added it: then every refresh keeps it."""
    added: float = 0.0
    """When it was added, in seconds since 1970."""
    add_options: JsonObject | None = None
    """What the next scan of its creator has to do; None afterwards."""

    @property
    def foreign_id(self) -> str:
        """Its id at the metadata server."""
        return self.known.id

    def edition(self) -> Edition | None:
        """Return the monitored edition; None for a work that lost it."""
        return next((edition for edition in self.editions if edition.monitored), None)


@dataclass(frozen=True)
class Track:
    """A row of the Tracks table; Readarr has none."""

    id: int
    work_id: int
    edition_id: int
    number: int
    """Its number on the medium, from 1."""
    title: str
    file_id: int = 0
    """The file that holds it, 0 for none."""


@dataclass(frozen=True)
class MediaFile:
    """A row of the TrackFiles or BookFiles table."""

    id: int
    path: str
    size: int
    """In bytes."""
    modified: float
    """The file's time on the disk, in seconds since 1970."""
    date_added: float
    """When the row was made, in seconds since 1970."""
    quality: Quality
    work_id: int = 0
    """The album or book it is matched to, 0 for none."""
    edition_id: int = 0
    """The edition it is matched to, 0 for none."""
    group: str | None = None
    """The release group."""
    scene_name: str | None = None
    extras: tuple[str, ...] = ()
    """Paths of lyrics, covers and the like that are linked to it: they share its fate."""


@dataclass(frozen=True)
class MetadataProfile:
    """Which works a creator gets: those of some primary types and no secondary type."""

    id: int
    name: str
    kinds: frozenset[str] | None
    """The primary types that are in; None lets everything in."""

    def allows(self, work: KnownWork) -> bool:
        """Return whether a refresh adds and keeps the work."""
        return self.kinds is None or (work.kind in self.kinds and not work.secondary)


@dataclass(frozen=True)
class RootDefaults:
    """The settings of a root folder for creators that a scan adds below it."""

    name: str
    """What the root folder is called."""
    quality_profile_id: int = 1
    metadata_profile_id: int = 1
    monitor: str = "all"
    """The monitoring option of an add."""
    new_items: str = "all"
    """Which of a creator's new works get monitored."""
    tags: tuple[int, ...] = ()


@dataclass
class WorksTables(LibraryTables):
    """The library's part of the database; root defaults are by the root's id."""

    creators: IndexedTable[Creator] = field(default_factory=lambda: IndexedTable(path=_path_of))
    works: IndexedTable[Work] = field(
        default_factory=lambda: IndexedTable(creator=_creator_of, foreign=_foreign_of)
    )
    tracks: IndexedTable[Track] = field(
        default_factory=lambda: IndexedTable(work=_work_of, edition=_edition_of, file=_file_of)
    )
    files: IndexedTable[MediaFile] = field(default_factory=lambda: IndexedTable(path=_path_of, work=_work_of))
    profiles: dict[int, MetadataProfile] = field(default_factory=dict)
    roots: dict[int, RootDefaults] = field(default_factory=dict)


def file_quality(number: int, name: str, rank: int) -> Quality:
    """Return a quality of something that has no picture; a higher `rank` is better."""
    return Quality(number, name, "unknown", 0, rank)


def quality_resources(*qualities: Quality) -> tuple[JsonObject, ...]:
    """Return these qualities as the API shows them, each once, the worst first."""
    once = {quality.id: quality for quality in qualities}
    ordered = sorted(once.values(), key=lambda quality: quality.rank)
    return tuple({"id": quality.id, "name": quality.name} for quality in ordered)


def _path_of(row: Creator | MediaFile) -> str:
    return row.path


def _creator_of(row: Work) -> int:
    return row.creator_id


def _foreign_of(row: Work) -> str:
    return row.foreign_id


def _work_of(row: Track | MediaFile) -> int:
    return row.work_id


def _edition_of(row: Track) -> int:
    return row.edition_id


def _file_of(row: Track) -> int | None:
    return row.file_id or None
