"""The environment variables of Readarr's custom scripts, as Readarr's code names them.

Events of imports call ids `GRId` and give a book's *edition*; events of deletes call them
`GoodreadsId` and give its *work*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesharr.demo.arr.notifications.script import Variables, client_variables, grab_variables
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from tests.arrs.works.model import Creator, Edition, MediaFile, Work
from tests.arrs.works.notifications.events import FileEventWriter, Imported, Retagged
from tests.arrs.works.notifications.payloads import file_variables, local_date, replaced_variables


@dataclass(frozen=True)
class ReadarrScript(FileEventWriter):
    """Builds the variables of each event; none has tags, the instance's name or its URL."""

    labels: tuple[str, ...] = ()

    def test(self) -> Variables:
        """Return Test: nothing but its own type."""
        return _event("Test", {})

    def creator_added(self, creator: Creator) -> Variables:
        """Return AuthorAdded."""
        return _event("AuthorAdded", {**_author(creator, "GRId"), **_place(creator)})

    def creator_deleted(self, creator: Creator, with_files: bool) -> Variables:
        """Return AuthorDelete."""
        own = {**_author(creator, "GoodreadsId"), **_place(creator)}
        return _event("AuthorDelete", {**own, "Author_DeletedFiles": str(with_files)})

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> Variables:
        """Return BookDelete; it does not fail where the webhook's does."""
        own = {
            **_author(creator, "GoodreadsId"),
            **_place(creator),
            **_work(work),
            "Book_DeletedFiles": str(with_files),
        }
        return _event("BookDelete", own)

    def file_deleted(self, creator: Creator, work: Work, file: MediaFile, reason: str) -> Variables:
        """Return BookFileDelete: with the reason, unlike the webhook, and without the author's path."""
        own = {
            "Delete_Reason": reason,
            **_author(creator, "GoodreadsId"),
            **_work(work),
            **file_variables("BookFile", file),
            **_edition_of(work, file),
        }
        return _event("BookFileDelete", own)

    def imported(self, event: Imported) -> Variables:
        """Return Download: without the work's id; only DeletedPaths says that it is an upgrade."""
        own = {
            **_author(event.creator, "GRId"),
            **_place(event.creator),
            **_book(event.work),
            **client_variables(event.release),
            **replaced_variables("AddedBookPaths", event.files, event.replaced),
        }
        return _event("Download", own)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> Variables:
        """Return Rename: the author alone, not one of the files."""
        del renames
        return _event("Rename", {**_author(creator, "GRId"), **_place(creator)})

    def retagged(self, event: Retagged) -> Variables:
        """Return TrackRetag, as Lidarr's is called."""
        own = {
            **_author(event.creator, "GRId"),
            **_place(event.creator),
            **_book(event.work),
            **file_variables("BookFile", event.file),
            "Tags_Diff": "{}",
            "Tags_Scrubbed": "False",
        }
        return _event("TrackRetag", own)

    def grabbed(self, creator: Creator, work: Work, release: Release) -> Variables:
        """Return Grab, without the author's path."""
        own = {
            **_author(creator, "GRId"),
            "Release_BookCount": "1",
            "Release_BookReleaseDates": local_date(work.known.date),
            "Release_BookTitles": work.known.title,
            "Release_BookIds": str(work.id),
            "Release_GRIds": _edition_id(work.edition()),
            **grab_variables(release),
        }
        return _event("Grab", own)


def _event(event: str, own: Mapping[str, str]) -> Variables:
    return {f"Readarr_{name}": value for name, value in {"EventType": event, **own}.items()}


def _author(creator: Creator, called: str) -> Variables:
    return {
        "Author_Id": str(creator.id),
        "Author_Name": creator.known.name,
        f"Author_{called}": creator.foreign_id,
    }


def _place(creator: Creator) -> Variables:
    return {"Author_Path": creator.path}


def _book(work: Work) -> Variables:
    return {
        "Book_Id": str(work.id),
        "Book_Title": work.known.title,
        "Book_GRId": _edition_id(work.edition()),
        "Book_ReleaseDate": local_date(work.known.date),
    }


def _work(work: Work) -> Variables:
    return {
        "Book_Id": str(work.id),
        "Book_Title": work.known.title,
        "Book_GoodreadsId": work.foreign_id,
    }


def _edition_id(edition: Edition | None) -> str:
    return "" if edition is None else edition.known.id


def _edition_of(work: Work, file: MediaFile) -> Variables:
    found = next((edition for edition in work.editions if edition.id == file.edition_id), None)
    if found is None:
        return {}
    values = {
        "Id": str(found.id),
        "Name": found.known.title or work.known.title,
        "GoodreadsId": found.known.id,
        "Isbn13": found.known.isbn13 or "",
        "Asin": found.known.asin or "",
    }
    return {f"BookFile_Edition_{name}": value for name, value in values.items()}
