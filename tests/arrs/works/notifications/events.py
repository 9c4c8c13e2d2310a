"""The events of Lidarr and Readarr, and the triggers that each needs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.events import Events
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject
from tests.arrs.works.model import Creator, MediaFile, Track, Work


@dataclass(frozen=True)
class Imported:
    """One import by the download client: the files of one work, and those they replaced."""

    creator: Creator
    work: Work
    files: tuple[MediaFile, ...]
    tracks: tuple[Track, ...]
    release: Release
    replaced: tuple[MediaFile, ...] = ()


@dataclass(frozen=True)
class Retagged:
    """A file whose tags were written, with the tracks it holds."""

    creator: Creator
    work: Work
    file: MediaFile
    tracks: tuple[Track, ...]


class EventWriter(ABC):
    """Write each event as a webhook body or as script variables; any method may raise."""

    @abstractmethod
    def test(self) -> JsonObject:
        """Return the event of the Test button."""

    @abstractmethod
    def creator_added(self, creator: Creator) -> JsonObject:
        """Return the event of a creator's add."""

    @abstractmethod
    def creator_deleted(self, creator: Creator, with_files: bool) -> JsonObject:
        """Return the event of a creator's delete."""

    @abstractmethod
    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> JsonObject:
        """Return the event of a work's delete."""

    @abstractmethod
    def imported(self, event: Imported) -> JsonObject:
        """Return the event of an import."""

    @abstractmethod
    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> JsonObject:
        """Return the event of a rename of a creator's files."""

    @abstractmethod
    def retagged(self, event: Retagged) -> JsonObject:
        """Return the event of tags written into one file."""

    @abstractmethod
    def grabbed(self, creator: Creator, work: Work, release: Release) -> JsonObject:
        """Return the event of a release sent to the download client."""


class FileEventWriter(EventWriter):
    """The same for an app that also has an event of a file's delete: Readarr."""

    @abstractmethod
    def file_deleted(self, creator: Creator, work: Work, file: MediaFile, reason: str) -> JsonObject:
        """Return the event of a file's delete."""


@dataclass(frozen=True)
class Triggers:
    """The triggers of the events; one that is "" belongs to an event that does not exist."""

    added: str
    creator_deleted: str
    work_deleted: str
    retagged: str
    file_deleted: str = ""
    file_deleted_for_upgrade: str = ""


class WorksEvents(Events[EventWriter]):
    """Sends the events of a Lidarr or Readarr."""

    def __init__(
        self,
        arr: SimulatedApp,
        triggers: Triggers,
        webhook: Callable[[tuple[str, ...]], EventWriter],
        script: Callable[[tuple[str, ...]], EventWriter],
    ) -> None:
        super().__init__(arr, webhook, script)
        self._triggers = triggers

    def creator_added(self, creator: Creator) -> None:
        """Send ArtistAdd or AuthorAdded."""
        self._send(creator, lambda writer: writer.creator_added(creator), self._triggers.added)

    def creator_deleted(self, creator: Creator, with_files: bool) -> None:
        """Send ArtistDelete or AuthorDelete."""
        trigger = self._triggers.creator_deleted
        self._send(creator, lambda writer: writer.creator_deleted(creator, with_files), trigger)

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> None:
        """Send AlbumDelete or BookDelete."""
        trigger = self._triggers.work_deleted
        self._send(creator, lambda writer: writer.work_deleted(creator, work, with_files), trigger)

    def file_deleted(self, creator: Creator, work: Work, file: MediaFile, reason: str) -> None:
        """Send BookFileDelete, for an upgrade only with its second trigger.

        Lidarr has no such event.
        """
        triggers = [self._triggers.file_deleted]
        if reason == "Upgrade":
            triggers.append(self._triggers.file_deleted_for_upgrade)

        def write(writer: EventWriter) -> dict[str, Any]:
            assert isinstance(writer, FileEventWriter), "an arr without this event has no triggers for it"
            return writer.file_deleted(creator, work, file, reason)

        self._send(creator, write, *triggers)

    def imported(self, event: Imported) -> None:
        """Send Download; an upgrade needs `onUpgrade` besides `onReleaseImport`."""
        triggers = ("onReleaseImport", "onUpgrade") if event.replaced else ("onReleaseImport",)
        self._send(event.creator, lambda writer: writer.imported(event), *triggers)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> None:
        """Send Rename, once for all files of a creator that changed."""
        self._send(creator, lambda writer: writer.renamed(creator, renames), "onRename")

    def retagged(self, event: Retagged) -> None:
        """Send Retag of one file."""
        self._send(event.creator, lambda writer: writer.retagged(event), self._triggers.retagged)

    def grabbed(self, creator: Creator, work: Work, release: Release) -> None:
        """Send Grab of a release."""
        self._send(creator, lambda writer: writer.grabbed(creator, work, release), "onGrab")

    def _send(self, creator: Creator, write: Callable[[EventWriter], dict[str, Any]], *triggers: str) -> None:
        if all(triggers):
            self.send(creator.tags, write, *triggers)
