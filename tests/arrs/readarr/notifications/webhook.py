"""The JSON bodies of Readarr's webhooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.notifications.webhook import NullReferenceError, WebhookWriter, client_object
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject
from tests.arrs.works.api.resources import day
from tests.arrs.works.model import Creator, MediaFile, Work
from tests.arrs.works.notifications.events import FileEventWriter, Imported, Retagged
from tests.arrs.works.notifications.payloads import file_object, release_object, renamed_object


@dataclass(frozen=True)
class ReadarrWebhook(WebhookWriter, FileEventWriter):
    """Builds the bodies for one instance.

    No body has a tag, a monitored flag or the instance's URL.

    `editions_go_first` makes BookDelete fail: it reads the monitored edition, which another handler
    of the same event has then deleted.
    """

    has_url = False

    editions_go_first: bool = False

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        author = {
            "id": 1,
            "name": "Test Name",
            "path": "C:\\testpath",
            "goodreadsId": "aaaaa-aaa-aaaa-aaaaaa",
        }
        return self._sealed("Test", author, {"books": [{"id": 123, "title": "Test title"}]})

    def creator_added(self, creator: Creator) -> JsonObject:
        """Return AuthorAdded."""
        return self._about("AuthorAdded", creator, {})

    def creator_deleted(self, creator: Creator, with_files: bool) -> JsonObject:
        """Return AuthorDelete: here `deletedFiles` is a boolean."""
        return self._about("AuthorDelete", creator, {"deletedFiles": with_files})

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> JsonObject:
        """Return BookDelete: here `deletedFiles` is a boolean.

        Raises when the editions are gone already.
        """
        if self.editions_go_first:
            raise NullReferenceError("Sequence contains no matching element: Editions")
        return self._about("BookDelete", creator, {"book": _book(work), "deletedFiles": with_files})

    def file_deleted(self, creator: Creator, work: Work, file: MediaFile, reason: str) -> JsonObject:
        """Return BookFileDelete. It has no reason: the file may well be there."""
        del reason
        own = {"book": _book(work), "bookFile": file_object(file)}
        return self._about("BookFileDelete", creator, own)

    def imported(self, event: Imported) -> JsonObject:
        """Return Download of one book: here `deletedFiles` is a list, present only on an upgrade."""
        own: JsonObject = {
            "book": _book(event.work),
            "bookFiles": [file_object(file) for file in event.files],
            "isUpgrade": bool(event.replaced),
            **client_object(event.release),
        }
        if event.replaced:
            own["deletedFiles"] = [file_object(file) for file in event.replaced]
        return self._about("Download", event.creator, own)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> JsonObject:
        """Return Rename of an author's files, whose ids stay."""
        own = {"renamedBookFiles": [renamed_object(renamed) for renamed in renames]}
        return self._about("Rename", creator, own)

    def retagged(self, event: Retagged) -> JsonObject:
        """Return Retag of one file, without the book."""
        return self._about("Retag", event.creator, {"bookFile": file_object(event.file)})

    def grabbed(self, creator: Creator, work: Work, release: Release) -> JsonObject:
        """Return Grab: here the books are a list."""
        own = {"books": [_book(work)], "release": release_object(release), **client_object(release)}
        return self._about("Grab", creator, own)

    def _about(self, event: str, creator: Creator, own: Mapping[str, Any]) -> JsonObject:
        author = {
            "id": creator.id,
            "name": creator.known.name,
            "path": creator.path,
            "goodreadsId": creator.foreign_id,
        }
        return self._sealed(event, author, own)

    def _sealed(self, event: str, author: JsonObject, own: Mapping[str, Any]) -> JsonObject:
        return self.body(event, {"author": author, **own})


def _book(work: Work) -> JsonObject:
    edition = work.edition()
    if edition is None:
        raise NullReferenceError("Sequence contains no matching element: Editions")
    return {
        "id": work.id,
        # the work's id; the edition has its own
        "goodreadsId": work.foreign_id,
        "title": work.known.title,
        "edition": {
            "title": edition.known.title or work.known.title,
            "goodreadsId": edition.known.id,
            "asin": edition.known.asin or "",
            "isbn13": edition.known.isbn13 or "",
        },
        "releaseDate": day(work.known.date),
    }
