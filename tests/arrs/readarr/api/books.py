"""Readarr's own routes: books by their work's id, editions, and edits of several books."""

import httpx

from mesharr.demo.arr.api.validation import refuse, rows_with
from mesharr.demo.wire import Call, Fields, Invalid, error, reply
from tests.arrs.readarr.api.resources import ReadarrResources
from tests.arrs.works.api.works import WorksApi
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import KnownWork, Work


class BooksApi(WorksApi):
    """Adds the routes of books, editions and book files."""

    resources: ReadarrResources

    def __init__(self, library: WorksLibrary, resources: ReadarrResources) -> None:
        super().__init__(library, resources)
        library.arr.route("GET", "/edition", self._editions)
        library.arr.route("GET", "/book/{id}/overview", self._overview)
        library.arr.route("PUT", "/book/editor", self._edit_many)
        library.arr.route("DELETE", "/book/editor", self._delete_many)

    def chosen(self, call: Call) -> list[Work]:
        """Return works by `titleSlug`, which is the work's id; all without it.

        No query asks for `foreignBookId`.
        """
        slug = call.query.get("titleSlug")
        if slug is None:
            return self.library.works()
        work = self.library.work_by(slug)
        if work is None:
            return []
        return self.library.works(work.creator_id) if call.flag("includeAllAuthorBooks") else [work]

    def check(self, fields: Fields) -> None:
        """Refuse an incomplete body. Without author or add options Readarr fails.

        A book may be there.
        """
        for needed in ("author", "addOptions"):
            if fields.get(needed) is None:
                raise error(500, f"Object reference not set to an instance of an object: {needed}")
        failures = self.owner_failures(Fields(fields["author"]))
        if not fields.get("foreignBookId"):
            message = "'Foreign Book Id' must not be empty."
            failures.append(Invalid("ForeignBookId", message, None, "NotEmptyValidator"))
        refuse(failures)

    def edition_of(self, fields: Fields, known: KnownWork) -> str | None:
        """Return the one edition that the body has monitored; it has to be one of the book's."""
        wanted = _monitored(fields)
        if wanted not in {edition.id for edition in known.editions}:
            raise error(500, "Sequence contains no matching element")
        return wanted

    def put(self, call: Call) -> httpx.Response:
        """Replace a book, and with it the editions that no GET of it lists."""
        fields, library = call.fields(), self.library
        work = library.work(call.id)
        if fields.get("editions") is None:
            raise error(500, "Value cannot be null. (Parameter 'source')")
        edition = self.edition_of(fields, work.known)
        changed = library.change_work(
            work.id,
            monitored=bool(fields.given("monitored", False)),
            any_edition=bool(fields.given("anyEditionOk", False)),
        )
        return reply(202, self.resources.work(library.set_editions(changed, edition)))

    def _editions(self, call: Call) -> httpx.Response:
        books = call.numbers("bookId")
        if not books:
            raise error(400, "bookId must be provided")
        works = [work for work in self.library.works() if work.id in books]
        return reply(200, [self.resources.edition(work, one) for work in works for one in work.editions])

    def _overview(self, call: Call) -> httpx.Response:
        return reply(200, {"id": call.id, "overview": self.library.work(call.id).known.overview})

    def _edit_many(self, call: Call) -> httpx.Response:
        fields = call.fields()
        changed = self._chosen(fields)
        if fields.get("monitored") is not None:
            monitored = bool(fields["monitored"])
            changed = [self.library.change_work(work.id, monitored=monitored) for work in changed]
        return reply(202, [self.resources.work(work, nested=False) for work in changed])

    def _delete_many(self, call: Call) -> httpx.Response:
        """Delete books; here `deleteFiles` counts, unlike in the bulk delete of authors."""
        fields = call.fields()
        with_files = bool(fields.given("deleteFiles", False))
        exclude = bool(fields.given("addImportListExclusion", False))
        for work in self._chosen(fields):
            self.library.remove_work(work.id, with_files, exclude=exclude)
        return reply(200, {})

    def _chosen(self, fields: Fields) -> list[Work]:
        return rows_with(self.library.tables.works, fields.given("bookIds", []))


def _monitored(fields: Fields) -> str:
    given = [Fields(item) for item in fields.given("editions", [])]
    wanted = [str(item.get("foreignEditionId")) for item in given if item.given("monitored", False)]
    if len(wanted) != 1:
        number = "no matching element" if not wanted else "more than one matching element"
        raise error(500, f"Sequence contains {number}")
    return wanted[0]
