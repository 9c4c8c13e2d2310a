"""The JSON bodies of Lidarr's and Readarr's webhooks, as far as only names differ."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mesharr.demo.arr.notifications.webhook import WebhookWriter, client_object
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject
from tests.arrs.works.model import Creator, MediaFile, Work
from tests.arrs.works.notifications.events import EventWriter, Imported, Retagged
from tests.arrs.works.notifications.payloads import file_object, release_object, renamed_object


class WorksWebhook(WebhookWriter, EventWriter):
    """Writes the bodies of one app; a subclass writes the objects and gives the names."""

    creator: ClassVar[str]
    """What a creator is called: artist or author."""
    work: ClassVar[str]
    """What a work is called: album or book."""
    file: ClassVar[str]
    """What a file is called: trackFile or bookFile."""
    added_event: ClassVar[str]
    """The event of an added creator."""

    @abstractmethod
    def creator_object(self, creator: Creator) -> JsonObject:
        """Return the object of a creator."""

    @abstractmethod
    def work_object(self, work: Work) -> JsonObject:
        """Return the object of a work."""

    def tracks_of(self, event: Imported) -> JsonObject:
        """Return what an import says of its tracks."""
        del event
        return {}

    def creator_added(self, creator: Creator) -> JsonObject:
        """Return ArtistAdd or AuthorAdded."""
        return self.about(self.added_event, creator, {})

    def creator_deleted(self, creator: Creator, with_files: bool) -> JsonObject:
        """Return ArtistDelete or AuthorDelete: here `deletedFiles` is a boolean."""
        return self.about(f"{self.creator.capitalize()}Delete", creator, {"deletedFiles": with_files})

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> JsonObject:
        """Return AlbumDelete or BookDelete: here `deletedFiles` is a boolean."""
        own = {self.work: self.work_object(work), "deletedFiles": with_files}
        return self.about(f"{self.work.capitalize()}Delete", creator, own)

    def imported(self, event: Imported) -> JsonObject:
        """Return Download of one work: here `deletedFiles` is a list, present only on an upgrade."""
        own: JsonObject = {
            self.work: self.work_object(event.work),
            **self.tracks_of(event),
            f"{self.file}s": [file_object(file) for file in event.files],
            "isUpgrade": bool(event.replaced),
            **client_object(event.release),
        }
        if event.replaced:
            own["deletedFiles"] = [file_object(file) for file in event.replaced]
        return self.about("Download", event.creator, own)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> JsonObject:
        """Return Rename of a creator's files, whose ids stay."""
        name = f"renamed{self.file[0].upper()}{self.file[1:]}s"
        return self.about("Rename", creator, {name: [renamed_object(renamed) for renamed in renames]})

    def retagged(self, event: Retagged) -> JsonObject:
        """Return Retag of one file, without its work."""
        return self.about("Retag", event.creator, {self.file: file_object(event.file)})

    def grabbed(self, creator: Creator, work: Work, release: Release) -> JsonObject:
        """Return Grab: here the works are a list."""
        own = {
            f"{self.work}s": [self.work_object(work)],
            "release": release_object(release),
            **client_object(release),
        }
        return self.about("Grab", creator, own)

    def about(self, event: str, creator: Creator, own: Mapping[str, Any]) -> JsonObject:
        """Return the body of an event of this creator."""
        return self.body(event, {self.creator: self.creator_object(creator), **own})
