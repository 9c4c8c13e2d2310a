"""A Readarr in this process: its API, its library on a real folder, and what its user does."""

import os
from collections.abc import Mapping

from mesharr.demo.arr.releases import folder_words
from tests.arrs.readarr.api.books import BooksApi
from tests.arrs.readarr.api.resources import ReadarrResources
from tests.arrs.readarr.definition import (
    DEFINITION,
    EVENT_NUMBERS,
    PROFILES,
    QUALITIES,
    TRAITS,
    TRIGGERS,
    UNKNOWN,
    UNKNOWN_TEXT,
    ReadarrMatcher,
)
from tests.arrs.readarr.notifications.script import ReadarrScript
from tests.arrs.readarr.notifications.webhook import ReadarrWebhook
from tests.arrs.works.app import SimulatedWorksApp, WorksParts
from tests.arrs.works.downloads import Download
from tests.arrs.works.model import Creator, KnownCreator, KnownEdition, KnownWork, MediaFile, Work
from tests.arrs.works.notifications.events import EventWriter, WorksEvents

__all__ = ["KnownCreator", "KnownEdition", "KnownWork", "SimulatedReadarr"]


class SimulatedReadarr(SimulatedWorksApp):
    """Readarr 0.3 for one household. `handle` answers its API.

    The other methods are what its user and download client do.

    How files are matched to books is in `ReadarrMatcher`. `catalogue` is by author id; authors,
    works and editions have ids of three families. While `editions_go_first`, as is likely in the
    real one, BookDelete cannot be written as a webhook body: that counts as the webhook's failure.
    """

    editions_go_first = True
    definition = DEFINITION
    profiles = ("eBook", "Spoken")
    kind = WorksParts(
        TRAITS,
        ReadarrMatcher(QUALITIES, UNKNOWN, UNKNOWN_TEXT),
        metadata_profiles=PROFILES,
        event_numbers=EVENT_NUMBERS,
        suffix=".epub",
        resources=ReadarrResources,
        works_api=BooksApi,
    )

    def events(self) -> WorksEvents:
        """Return what sends Readarr's events."""

        def body(labels: tuple[str, ...]) -> EventWriter:
            return ReadarrWebhook(self.name, labels, self.editions_go_first)

        return WorksEvents(self, TRIGGERS, body, ReadarrScript)

    def author(self, goodreads: str) -> Creator:
        """Return the row of the author; KeyError when it is not in the library."""
        return self.creator(goodreads)

    def book(self, goodreads: str) -> Work:
        """Return the row of the book with this work id; KeyError when it is not in the library."""
        return self.work(goodreads)

    def download(
        self,
        goodreads: str,
        *,
        suffix: str = ".epub",
        parts: int = 1,
        folder: str | None = None,
        size: int = 4096,
        edition: str | None = None,
        release_group: str = "GRP",
        extras: Mapping[str, bytes] | None = None,
        content: bytes | None = None,
    ) -> tuple[MediaFile, ...]:
        """Import a finished download of the book; all its other files are deleted first.

        Its event is an upgrade only if it replaced files of the same `edition`. `extras` are
        written beside the first file, and Readarr has them linked to it.
        """
        book = self.book(goodreads)
        place = folder or folder_words(book.known.title)
        numbers = [f" ({part})" for part in range(1, parts + 1)] if parts > 1 else [""]
        names = tuple(f"{place}/{self._stem(book)}{number}{suffix}" for number in numbers)
        return self.complete(
            goodreads,
            Download(names, size, edition, (), release_group, content, extras or {}, self.imports_by_hand),
        )

    def formatted(self, file: MediaFile) -> str:
        """Return `Title/Author - Title.epub`, with the part's number where there are several."""
        book = self.library.work(file.work_id)
        paths = [part.path for part in self.library.files_of(book.id)]
        number = f" ({paths.index(file.path) + 1})" if len(paths) > 1 else ""
        suffix = os.path.splitext(file.path)[1]
        return f"{folder_words(book.known.title)}/{self._stem(book)}{number}{suffix}"

    def _stem(self, book: Work) -> str:
        author = self.library.creator(book.creator_id)
        return folder_words(f"{author.known.name} - {book.known.title}")
