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
    """What the metadata server says of one edition.

    `tracks` are titles, in order, of one medium.
    """

    id: str
    title: str = ""
    tracks: tuple[str, ...] = ()
    isbn13: str | None = None
    asin: str | None = None
    disambiguation: str = ""


@dataclass(frozen=True)
class KnownWork:
    """What the metadata server says of a work. The date is `yyyy-mm-dd`, None when unknown."""

    id: str
    title: str
    editions: tuple[KnownEdition, ...]
    date: str | None = None
    kind: str = "Album"
    secondary: tuple[str, ...] = ()
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
    """What the metadata server says of a creator; `old_ids` were merged into this one."""

    id: str
    name: str
    works: tuple[KnownWork, ...] = ()
    kind: str = "Group"
    disambiguation: str = ""
    overview: str = ""
    genres: tuple[str, ...] = ()
    ended: bool = False
    old_ids: tuple[str, ...] = ()

    def work(self, foreign_id: str) -> KnownWork | None:
        """Return the work with this id, if it is one of this creator's."""
        return next((work for work in self.works if work.id == foreign_id), None)


@dataclass(frozen=True)
class Creator:
    """A row of the Artists or Authors table.

    `new_items` says which of its new works get monitored.
    """

    id: int
    foreign_id: str
    known: KnownCreator
    path: str
    quality_profile_id: int
    metadata_profile_id: int
    monitored: bool = False
    new_items: str = "all"
    tags: tuple[int, ...] = ()
    added: float = 0.0
    add_options: JsonObject | None = None
    gone_upstream: bool = False
    synced: float = 0.0


@dataclass(frozen=True)
class Edition:
    """An edition of a work in the library."""

    id: int
    known: KnownEdition
    monitored: bool = False


@dataclass(frozen=True)
class Work:
    """A row of the Albums or Books table with its editions.

    A `manual` one survives every refresh.
    """

    id: int
    creator_id: int
    known: KnownWork
    editions: tuple[Edition, ...]
    monitored: bool = False
    any_edition: bool = False
    manual: bool = False
    added: float = 0.0
    add_options: JsonObject | None = None

    @property
    def foreign_id(self) -> str:
        """Its id at the metadata server."""
        return self.known.id

    def edition(self) -> Edition | None:
        """Return the monitored edition; None for a work that lost it."""
        return next((edition for edition in self.editions if edition.monitored), None)


@dataclass(frozen=True)
class Track:
    """A track of one edition; `file_id` 0 means no file. Readarr has none."""

    id: int
    work_id: int
    edition_id: int
    number: int
    title: str
    file_id: int = 0


@dataclass(frozen=True)
class MediaFile:
    """A row of the TrackFiles or BookFiles table.

    One that is matched to no work has `work_id` 0.
    """

    id: int
    path: str
    size: int
    modified: float
    date_added: float
    quality: Quality
    work_id: int = 0
    edition_id: int = 0
    group: str | None = None
    scene_name: str | None = None
    extras: tuple[str, ...] = ()
    """Paths of lyrics, covers and the like that are linked to it: they share its fate."""


@dataclass(frozen=True)
class MetadataProfile:
    """Which works a creator gets: those of these kinds and no secondary type; None lets all in."""

    id: int
    name: str
    kinds: frozenset[str] | None

    def allows(self, work: KnownWork) -> bool:
        """Return whether a refresh adds and keeps the work."""
        return self.kinds is None or (work.kind in self.kinds and not work.secondary)


@dataclass(frozen=True)
class RootDefaults:
    """What creators that a scan adds below a root folder get."""

    name: str
    quality_profile_id: int = 1
    metadata_profile_id: int = 1
    monitor: str = "all"
    new_items: str = "all"
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


def plain_quality(number: int, name: str, rank: int) -> Quality:
    """Return a quality of something that has no picture; a higher `rank` is better."""
    return Quality(number, name, "unknown", 0, rank)


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
