"""The JSON shapes that Lidarr and Readarr share; each gives the names that differ by app."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

import msgspec

from mesharr.arr.shared.api import MediaFile, Payload, QueueRow
from mesharr.arr.shared.read_cache import ListedItem
from mesharr.arr.shared.signal_parsing import HistoryRow
from mesharr.core.arr.model import Signal, SignalKind


class CreatorRow(ListedItem, frozen=True, kw_only=True):
    """An artist or author as its app lists it."""

    id_prefix: ClassVar[str]
    """The beginning of the item ids in events (`mbid`)."""
    foreign_id: str = ""
    """The id in the metadata source; the JSON name differs by app."""
    name: str = ""
    """The name; the JSON name differs by app."""
    metadata_profile_id: int = 0
    monitor_new_items: str = "none"

    @property
    def item_id(self) -> str:
        """The item id in events (`mbid:…`)."""
        return f"{self.id_prefix}:{self.foreign_id}"


class Work(Payload, frozen=True, kw_only=True):
    """An album or book as its app lists it."""

    id: int = 0
    unit: str = ""
    """The id in the metadata source, which names the unit in events; the JSON name differs by app."""
    monitored: bool = False

    @property
    def release(self) -> str:
        """The id, as in events, of the release or edition of the files, "" when not stated."""
        return ""


class WorkFile(MediaFile, frozen=True, kw_only=True):
    """A file of an album or book as its app lists it."""

    work: int = 0
    """The app's id of the work; 0, or one that does not exist, without one. The JSON name differs by app."""


class WorkHistoryRow(HistoryRow, frozen=True, kw_only=True):
    """A row of the app's history."""

    creator: CreatorRow | None = None
    """Its item; the JSON name differs by app."""
    work: Work | None = None
    """Its work; the JSON name differs by app."""

    def signals(self, kinds: Mapping[str, SignalKind]) -> tuple[Signal, ...]:
        """Return the row as a signal, () when it has no news; `kinds` is as in `to_signals`."""
        if self.creator is None or not self.creator.foreign_id:
            return ()
        blank = Signal(kind="imported", id=self.creator.item_id, folder=self.creator.path)
        return self.to_signals(blank, kinds)


class WorkQueueRow(QueueRow, frozen=True, kw_only=True):
    """A row of the app's download queue."""

    creator: CreatorRow | None = None
    """Its item; the JSON name differs by app."""
    work: Work | None = None
    """Its work; the JSON name differs by app."""


Row = TypeVar("Row", bound=CreatorRow)
Unit = TypeVar("Unit", bound=Work)
Media = TypeVar("Media", bound=WorkFile)


class WorksVocabulary(msgspec.Struct, Generic[Row, Unit, Media], frozen=True, kw_only=True):
    """The words of one of these apps in its paths and JSON, and the shapes of its lists."""

    creator: str
    """Its word for an item: `artist`."""
    work: str
    """Its word for a unit: `album`."""
    file: str
    """Its word for a file: `track`."""
    row: type[Row]
    rows: type[list[Row]]
    works: type[list[Unit]]
    files: type[list[Media]]
    history: type[Sequence[WorkHistoryRow]]
    history_kinds: Mapping[str, SignalKind]
    """Its types of history rows that are signals."""
    queue: type[Sequence[WorkQueueRow]]
