"""The routes of works and media files, in Lidarr and Readarr."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx

from mesharr.demo.arr.validation import row_of, rows_with
from mesharr.demo.wire import Call, Fields, HttpError, Invalid, error, invalid, reply
from tests.arrs.works.api.creators import found_creators, queue_refresh
from tests.arrs.works.api.resources import ShelfResources
from tests.arrs.works.api.validation import creator_failures, draft_creator
from tests.arrs.works.library import Shelf
from tests.arrs.works.model import Creator, KnownCreator, KnownWork, Work

RECENTLY = 12 * 3600.0
"""A creator refreshed this lately is not refreshed again for a work that is added."""

Route = Callable[[Call], httpx.Response]


class WorksApi(ABC):
    """Adds the routes of works and files to an arr; a subclass says how a work is chosen and changed."""

    def __init__(self, shelf: Shelf, resources: ShelfResources) -> None:
        self.shelf = shelf
        self.shown = resources
        base, files = f"/{shelf.words.work}", f"/{shelf.words.file}file"
        routes: tuple[tuple[str, str, Route], ...] = (
            ("GET", base, self._works),
            ("POST", base, self._add),
            ("PUT", f"{base}/monitor", self._monitor),
            ("GET", f"{base}/lookup", self._lookup),
            ("GET", f"{base}/{{id}}", self._work),
            ("PUT", f"{base}/{{id}}", self.put),
            ("DELETE", f"{base}/{{id}}", self._delete),
            ("GET", "/search", self._search),
            ("GET", files, self._files),
            ("DELETE", f"{files}/bulk", self._delete_files),
            ("GET", f"{files}/{{id}}", self._file),
            ("DELETE", f"{files}/{{id}}", self._delete_file),
        )
        for method, path, handler in routes:
            shelf.arr.route(method, path, handler)

    @abstractmethod
    def chosen(self, call: Call) -> list[Work]:
        """The works that a list's query asks for, besides those of a creator or with an id."""

    @abstractmethod
    def put(self, call: Call) -> httpx.Response:
        """Change one work."""

    @abstractmethod
    def check(self, fields: Fields) -> None:
        """Refuse a body that adds a work before anybody is asked."""

    @abstractmethod
    def edition_of(self, fields: Fields, known: KnownWork) -> str | None:
        """The edition that a body wants monitored."""

    # -- works ------------------------------------------------------------------------------

    def _works(self, call: Call) -> httpx.Response:
        words = self.shelf.words
        creators = call.numbers(words.of("{creator}Id"))
        ids = call.numbers(words.of("{work}Ids"))
        if creators or ids:
            owned = [work for creator_id in creators for work in self.shelf.works(creator_id)]
            works = self.shelf.tables.works
            found = owned + [works[work_id] for work_id in ids if work_id in works]
        else:
            found = self.chosen(call)
        flat = words.lists_are_flat
        return reply(200, [self.shown.work(work, nested=not flat) for work in found])

    def _work(self, call: Call) -> httpx.Response:
        return reply(200, self.shown.work(self.shelf.work(call.id)))

    def _add(self, call: Call) -> httpx.Response:
        """Add a work by hand, and its creator if it lacks; the creator's object is needed either way."""
        shelf, words, fields = self.shelf, self.shelf.words, call.fields()
        self.check(fields)
        owner = Fields(fields[words.creator])
        pair = self._fetched(str(fields[words.of("foreign{Work}Id")]))
        edition = self.edition_of(fields, pair[1])
        creator = shelf.creator_by(pair[0].id)
        new = creator is None
        if creator is None:
            creator = shelf.insert_creator(draft_creator(shelf, owner))
        shelf.forget_exclusions(creator.foreign_id, pair[1].id)
        work = self._stored(creator, pair[1], edition, fields)
        self._queue_refresh(creator, work, new=new)
        return reply(201, self.shown.work(work))

    def _stored(self, creator: Creator, known: KnownWork, edition: str | None, fields: Fields) -> Work:
        shelf, words = self.shelf, self.shelf.words
        search = words.of("searchForNew{Work}")
        options = Fields(fields.given("addOptions", {}))
        given = {"addType": "manual", search: bool(options.given(search, False))}
        row = shelf.work_by(known.id)
        if row is not None:
            shelf.set_editions(row, edition)
            return shelf.change_work(row.id, manual=True, add_options=given)
        draft = Work(
            id=0,
            creator_id=creator.id,
            known=known,
            editions=(),
            monitored=bool(fields.given("monitored", False)),
            any_edition=bool(fields.given(shelf.words.any_edition, False)),
            manual=True,
            add_options=given,
        )
        return shelf.insert_work(draft, edition)

    def _queue_refresh(self, creator: Creator, work: Work, *, new: bool) -> None:
        shelf, words = self.shelf, self.shelf.words
        fresh = not new and shelf.arr.now() - creator.synced < RECENTLY
        if fresh and words.refreshes_single_works:
            body = {words.of("{work}Id"): work.id, words.of("isNew{Work}"): True}
            shelf.arr.commands.submit(words.of("Refresh{Work}"), body, "unspecified")
        else:
            queue_refresh(shelf, creator.id, new=False)

    def _fetched(self, foreign_id: str) -> tuple[KnownCreator, KnownWork]:
        shelf = self.shelf
        try:
            pair = shelf.known_work(foreign_id)
        except HttpError:
            if not shelf.words.outage_is_unknown:
                raise
            pair = None
        if pair is None:
            article = "An" if shelf.words.work[0] in "aeiou" else "A"
            message = f"{article} {shelf.words.work} with this ID was not found"
            raise invalid(Invalid(shelf.words.unknown_work, message, foreign_id))
        return pair

    def _monitor(self, call: Call) -> httpx.Response:
        """The safe way to set flags; one unknown id fails the call."""
        fields = call.fields()
        works = rows_with(self.shelf.tables.works, fields.given(self.shelf.words.of("{work}Ids"), []))
        monitored = bool(fields.given("monitored", False))
        changed = [self.shelf.change_work(work.id, monitored=monitored) for work in works]
        return reply(202, [self.shown.work(work) for work in changed])

    def _delete(self, call: Call) -> httpx.Response:
        exclude = call.flag("addImportListExclusion")
        self.shelf.remove_work(call.id, call.flag("deleteFiles"), exclude=exclude)
        return reply(200, {})

    # -- lookup -----------------------------------------------------------------------------

    def _lookup(self, call: Call) -> httpx.Response:
        term = call.query.get("term", "")
        return reply(200, [self.shown.found_work(*pair) for pair in self._found(term)])

    def _search(self, call: Call) -> httpx.Response:
        term, words = call.query.get("term", ""), self.shelf.words
        found: list[Mapping[str, object]] = [
            {"foreignId": known.id, words.creator: self.shown.found_creator(known)}
            for known in found_creators(self.shelf, term)
        ]
        found += [
            {"foreignId": pair[1].id, words.work: self.shown.found_work(*pair)} for pair in self._found(term)
        ]
        return reply(200, [{"id": number, **item} for number, item in enumerate(found, start=1)])

    def _found(self, term: str) -> list[tuple[KnownCreator, KnownWork]]:
        """By id, of a work or of an edition, or by words of the title."""
        shelf = self.shelf
        kind, _, value = (part.strip().lower() for part in term.partition(":"))
        if value and kind in shelf.words.work_prefixes:
            row = shelf.work_by(value)
            if row is not None:
                return [(shelf.creator(row.creator_id).known, row.known)]
            pair = shelf.known_work(value)
            return [] if pair is None else [pair]
        shelf.ask_metadata()
        by_edition = bool(value) and kind in shelf.words.edition_prefixes
        wanted = value if by_edition else term.strip().lower()
        return [
            (known, work)
            for known in shelf.catalogue.values()
            for work in known.works
            if wanted and (wanted in _marks(work) if by_edition else wanted in work.title.lower())
        ]

    def owner_failures(self, owner: Fields) -> list[Invalid]:
        """What the creator's object inside the body of an add lacks."""
        words = self.shelf.words
        row = self.shelf.creator_by(str(owner.given(words.of("foreign{Creator}Id"), "")))
        found = creator_failures(self.shelf, owner, 0 if row is None else row.id)
        prefix = words.of("{Creator}.")
        return [replace(one, property_name=f"{prefix}{one.property_name}") for one in found]

    # -- files ------------------------------------------------------------------------------

    def _files(self, call: Call) -> httpx.Response:
        words, shelf = self.shelf.words, self.shelf
        creators = call.numbers(words.of("{creator}Id"))
        works, ids = call.numbers(words.of("{work}Id")), call.numbers(words.of("{file}FileIds"))
        unmapped = call.flag("unmapped")
        if not (creators or works or ids or unmapped):
            raise error(400, words.of("{creator}Id, {work}Id, {file}FileIds or unmapped must be provided"))
        found = [row for creator_id in creators for row in shelf.files_of_creator(creator_id)]
        found += shelf.files_of(*works, *([0] if unmapped else []))
        found += [shelf.tables.files[number] for number in ids if number in shelf.tables.files]
        rows = {row.id: row for row in found}
        return reply(200, [self.shown.file(row) for _, row in sorted(rows.items())])

    def _file(self, call: Call) -> httpx.Response:
        kind = self.shelf.words.of("{file}").capitalize() + "File"
        return reply(200, self.shown.file(row_of(self.shelf.tables.files, call.id, kind)))

    def _delete_file(self, call: Call) -> httpx.Response:
        self.shelf.delete_file(call.id)
        return reply(200, {})

    def _delete_files(self, call: Call) -> httpx.Response:
        for file_id in call.fields().given(self.shelf.words.of("{file}FileIds"), []):
            self.shelf.delete_file(file_id)
        return reply(200, {})


def _marks(work: KnownWork) -> set[str]:
    marks = [mark for edition in work.editions for mark in (edition.id, edition.isbn13, edition.asin)]
    return {mark.lower() for mark in marks if mark}
