"""The JSON bodies of Readarr's webhooks."""

from dataclasses import dataclass

from mesharr.demo.arr.notifications.webhook import NullReferenceError
from mesharr.demo.wire import JsonObject
from tests.arrs.works.api.resources import day
from tests.arrs.works.model import Creator, MediaFile, Work
from tests.arrs.works.notifications.events import FileEventWriter
from tests.arrs.works.notifications.payloads import file_object
from tests.arrs.works.notifications.webhook import WorksWebhook


@dataclass(frozen=True)
class ReadarrWebhook(WorksWebhook, FileEventWriter):
    """Writes the body of each event. No body has a tag, a monitored flag or the instance's URL."""

    creator, work, file, added_event = "author", "book", "bookFile", "AuthorAdded"
    has_url = False

    editions_go_first: bool = False
    """Whether BookDelete fails: it reads the monitored edition, which another handler has deleted."""

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        author = {
            "id": 1,
            "name": "Test Name",
            "path": "C:\\testpath",
            "goodreadsId": "aaaaa-aaa-aaaa-aaaaaa",
        }
        return self.body("Test", {"author": author, "books": [{"id": 123, "title": "Test title"}]})

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> JsonObject:
        """Return BookDelete; raises when the editions are deleted already."""
        if self.editions_go_first:
            raise NullReferenceError("Sequence contains no matching element: Editions")
        return super().work_deleted(creator, work, with_files)

    def file_deleted(self, creator: Creator, work: Work, file: MediaFile, reason: str) -> JsonObject:
        """Return BookFileDelete. It has no reason: the file may well be there."""
        del reason
        own = {"book": self.work_object(work), "bookFile": file_object(file)}
        return self.about("BookFileDelete", creator, own)

    def creator_object(self, creator: Creator) -> JsonObject:
        """Return an author."""
        return {
            "id": creator.id,
            "name": creator.known.name,
            "path": creator.path,
            "goodreadsId": creator.foreign_id,
        }

    def work_object(self, work: Work) -> JsonObject:
        """Return a book with its monitored edition; raises when there is none."""
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
