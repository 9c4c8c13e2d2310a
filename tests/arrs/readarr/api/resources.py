"""Readarr's rows as its API shows them."""

from mesharr.demo.arr.releases import clean_title
from mesharr.demo.wire import JsonObject, iso
from tests.arrs.works.api.resources import WorksResources, day
from tests.arrs.works.model import (
    Creator,
    Edition,
    KnownCreator,
    KnownWork,
    MetadataProfile,
    RootDefaults,
    Work,
)

_NO_RATINGS = {"votes": 0, "value": 0.0, "popularity": 0.0}


class ReadarrResources(WorksResources):
    """Authors, books with the data of their monitored edition, editions and files."""

    def known_creator(self, known: KnownCreator) -> JsonObject:
        """Return an author of the metadata server."""
        first, _, last = known.name.rpartition(" ")
        return {
            "authorName": known.name,
            "authorNameLastFirst": f"{last}, {first}" if first else known.name,
            "foreignAuthorId": known.id,
            "titleSlug": known.id,
            "status": "ended" if known.ended else "continuing",
            "ended": known.ended,
            "overview": known.overview,
            "disambiguation": known.disambiguation,
            "links": [],
            "images": [],
            "genres": list(known.genres),
            "cleanName": clean_title(known.name),
            "sortName": known.name.lower(),
            "ratings": dict(_NO_RATINGS),
        }

    def creator(self, creator: Creator) -> JsonObject:
        """Return an author of the library; nothing says that one is gone upstream."""
        return {**super().creator(creator), "authorMetadataId": creator.id}

    def known_work(self, known: KnownWork) -> JsonObject:
        """Return a book of the metadata server, with the data of its first edition."""
        first = known.editions[0] if known.editions else None
        return {
            "title": known.title,
            "foreignBookId": known.id,
            "foreignEditionId": None if first is None else first.id,
            "titleSlug": known.id,
            "disambiguation": "",
            "overview": known.overview,
            "releaseDate": day(known.date),
            "anyEditionOk": True,
            "pageCount": 0,
            "genres": list(known.genres),
            "images": [],
            "links": [],
            "ratings": dict(_NO_RATINGS),
            "seriesTitle": "",
            "grabbed": False,
        }

    def library_fields_of_work(self, work: Work) -> JsonObject:
        """Return the monitored edition's id, and what is there.

        The editions themselves are not shown.
        """
        edition = work.edition()
        files = self.library.files_of(work.id)
        size = sum(file.size for file in files)
        name = self.library.creator(work.creator_id).known.name
        return {
            "authorTitle": f"{name.lower()} {work.known.title}",
            "foreignEditionId": None if edition is None else edition.known.id,
            "anyEditionOk": work.any_edition,
            "added": iso(work.added),
            "statistics": {
                "bookFileCount": len(files),
                "bookCount": 1 if files else 0,
                "totalBookCount": 1,
                "sizeOnDisk": size,
                "percentOfBooks": 100.0 if files else 0.0,
            },
        }

    def statistics(self, works: list[Work]) -> JsonObject:
        """Return sums over the books."""
        files = [file for work in works for file in self.library.files_of(work.id)]
        linked = len({file.work_id for file in files})
        return {
            "bookFileCount": len(files),
            "bookCount": len(works),
            "availableBookCount": linked,
            "totalBookCount": len(works),
            "sizeOnDisk": sum(file.size for file in files),
            "percentOfBooks": 100.0 * linked / len(works) if works else 0.0,
        }

    def edition(self, work: Work, edition: Edition) -> JsonObject:
        """Return an edition of a book."""
        known = edition.known
        return {
            "id": edition.id,
            "bookId": work.id,
            "foreignEditionId": known.id,
            "titleSlug": known.id,
            "isbn13": known.isbn13,
            "asin": known.asin,
            "title": known.title or work.known.title,
            "language": "eng",
            "overview": "",
            "format": "",
            "isEbook": True,
            "disambiguation": known.disambiguation,
            "publisher": "",
            "pageCount": 0,
            "releaseDate": day(work.known.date),
            "images": [],
            "links": [],
            "ratings": dict(_NO_RATINGS),
            "monitored": edition.monitored,
            "manualAdd": False,
        }

    def metadata_profile(self, profile: MetadataProfile) -> JsonObject:
        """Return a metadata profile; one that lets nothing in wants a popularity that no book has."""
        return {
            "id": profile.id,
            "name": profile.name,
            "minPopularity": 350.0 if profile.kinds is None else 1e10,
            "skipMissingDate": True,
            "skipMissingIsbn": False,
            "skipPartsAndSets": True,
            "skipSeriesSecondary": False,
            "allowedLanguages": "eng, en-US, en-GB",
            "minPages": 0,
            "ignored": [],
        }

    def root_defaults(self, defaults: RootDefaults) -> JsonObject:
        """Return the defaults as Lidarr does; no root here is a Calibre library."""
        return {**super().root_defaults(defaults), "isCalibreLibrary": False, "port": 0, "useSsl": False}
