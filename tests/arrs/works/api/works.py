"""The routes of works and media files, in Lidarr and Readarr."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import httpx

from mesharr.demo.arr.api.validation import row_of, rows_with
from mesharr.demo.wire import Call, Fields, HttpError, Invalid, error, invalid, reply
from tests.arrs.works.api.creators import found_creators, queue_refresh
from tests.arrs.works.api.resources import WorksResources
from tests.arrs.works.api.validation import creator_failures, draft_creator
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import Creator, KnownCreator, KnownWork, Work

RECENTLY = 12 * 3600.0
"""A creator refreshed this lately is not refreshed again for a work that is added."""


class WorksApi(ABC):
    """Adds the routes of works and files to an arr.

    A subclass says how a work is chosen and changed.
    """

    def __init__(self, library: WorksLibrary, resources: WorksResources) -> None:
        self.library = library
        self.resources = resources
        base, files = f"/{library.traits.work}", f"/{library.traits.file}file"
        library.arr.add_routes(
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

    @abstractmethod
    def chosen(self, call: Call) -> list[Work]:
        """Return the works that a list's query asks for, besides those of a creator or with an id."""

    @abstractmethod
    def put(self, call: Call) -> httpx.Response:
        """Change one work."""

    @abstractmethod
    def check(self, fields: Fields) -> None:
        """Refuse a body that adds a work before the metadata server is asked."""

    @abstractmethod
    def edition_of(self, fields: Fields, known: KnownWork) -> str | None:
        """Return the edition that a body wants monitored."""

    # -- works ------------------------------------------------------------------------------

    def _works(self, call: Call) -> httpx.Response:
        traits = self.library.traits
        creators = call.numbers(traits.name("{creator}Id"))
        ids = call.numbers(traits.name("{work}Ids"))
        if creators or ids:
            owned = [work for creator_id in creators for work in self.library.works(creator_id)]
            works = self.library.tables.works
            found = owned + [works[work_id] for work_id in ids if work_id in works]
        else:
            found = self.chosen(call)
        flat = traits.lists_are_flat
        return reply(200, [self.resources.work(work, nested=not flat) for work in found])

    def _work(self, call: Call) -> httpx.Response:
        return reply(200, self.resources.work(self.library.work(call.id)))

    def _add(self, call: Call) -> httpx.Response:
        """Add a work by hand, and its creator if it is missing.

        The creator's object is needed either way.
        """
        library, traits, fields = self.library, self.library.traits, call.fields()
        self.check(fields)
        owner = Fields(fields[traits.creator])
        pair = self._fetched(str(fields[traits.name("foreign{Work}Id")]))
        edition = self.edition_of(fields, pair[1])
        creator = library.creator_by(pair[0].id)
        new = creator is None
        if creator is None:
            creator = library.insert_creator(draft_creator(library, owner))
        library.forget_exclusions(creator.foreign_id, pair[1].id)
        work = self._stored(creator, pair[1], edition, fields)
        self._queue_refresh(creator, work, new=new)
        return reply(201, self.resources.work(work))

    def _stored(self, creator: Creator, known: KnownWork, edition: str | None, fields: Fields) -> Work:
        library, traits = self.library, self.library.traits
        search = traits.name("searchForNew{Work}")
        options = Fields(fields.given("addOptions", {}))
        given = {"addType": "manual", search: bool(options.given(search, False))}
        row = library.work_by(known.id)
        if row is not None:
            library.set_editions(row, edition)
            return library.change_work(row.id, manual=True, add_options=given)
        draft = Work(
            id=0,
            creator_id=creator.id,
            known=known,
            editions=(),
            monitored=bool(fields.given("monitored", False)),
            any_edition=bool(fields.given(library.traits.any_edition, False)),
            manual=True,
            add_options=given,
        )
        return library.insert_work(draft, edition)

    def _queue_refresh(self, creator: Creator, work: Work, *, new: bool) -> None:
        library, traits = self.library, self.library.traits
        fresh = not new and library.arr.now() - creator.synced < RECENTLY
        if fresh and traits.refreshes_single_works:
            body = {traits.name("{work}Id"): work.id, traits.name("isNew{Work}"): True}
            library.arr.commands.submit(traits.name("Refresh{Work}"), body, "unspecified")
        else:
            queue_refresh(library, creator.id, new=False)

    def _fetched(self, foreign_id: str) -> tuple[KnownCreator, KnownWork]:
        library = self.library
        try:
            pair = library.known_work(foreign_id)
        except HttpError:
            if not library.traits.outage_means_unknown:
                raise
            pair = None
        if pair is None:
            article = "An" if library.traits.work[0] in "aeiou" else "A"
            message = f"{article} {library.traits.work} with this ID was not found"
            raise invalid(Invalid(library.traits.unknown_work, message, foreign_id))
        return pair

    def _monitor(self, call: Call) -> httpx.Response:
        """Set flags of works; one unknown id fails the call."""
        fields = call.fields()
        works = rows_with(self.library.tables.works, fields.given(self.library.traits.name("{work}Ids"), []))
        monitored = bool(fields.given("monitored", False))
        changed = [self.library.change_work(work.id, monitored=monitored) for work in works]
        return reply(202, [self.resources.work(work) for work in changed])

    def _delete(self, call: Call) -> httpx.Response:
        exclude = call.flag("addImportListExclusion")
        self.library.remove_work(call.id, call.flag("deleteFiles"), exclude=exclude)
        return reply(200, {})

    # -- lookup -----------------------------------------------------------------------------

    def _lookup(self, call: Call) -> httpx.Response:
        term = call.query.get("term", "")
        return reply(200, [self.resources.found_work(*pair) for pair in self._found(term)])

    def _search(self, call: Call) -> httpx.Response:
        term, traits = call.query.get("term", ""), self.library.traits
        found: list[Mapping[str, object]] = [
            {"foreignId": known.id, traits.creator: self.resources.found_creator(known)}
            for known in found_creators(self.library, term)
        ]
        found += [
            {"foreignId": pair[1].id, traits.work: self.resources.found_work(*pair)}
            for pair in self._found(term)
        ]
        return reply(200, [{"id": number, **item} for number, item in enumerate(found, start=1)])

    def _found(self, term: str) -> list[tuple[KnownCreator, KnownWork]]:
        """Return what a term finds: by id of a work or an edition, or by words of the title."""
        library = self.library
        kind, _, value = (part.strip().lower() for part in term.partition(":"))
        if value and kind in library.traits.work_prefixes:
            row = library.work_by(value)
            if row is not None:
                return [(library.creator(row.creator_id).known, row.known)]
            pair = library.known_work(value)
            return [] if pair is None else [pair]
        library.ask_metadata()
        by_edition = bool(value) and kind in library.traits.edition_prefixes
        wanted = value if by_edition else term.strip().lower()
        return [
            (known, work)
            for known in library.catalogue.values()
            for work in known.works
            if wanted and (wanted in _marks(work) if by_edition else wanted in work.title.lower())
        ]

    def owner_failures(self, owner: Fields) -> list[Invalid]:
        """Return what the creator's object inside the body of an add lacks."""
        traits = self.library.traits
        row = self.library.creator_by(str(owner.given(traits.name("foreign{Creator}Id"), "")))
        found = creator_failures(self.library, owner, 0 if row is None else row.id)
        prefix = traits.name("{Creator}.")
        return [replace(one, property_name=f"{prefix}{one.property_name}") for one in found]

    # -- files ------------------------------------------------------------------------------

    def _files(self, call: Call) -> httpx.Response:
        traits, library = self.library.traits, self.library
        creators = call.numbers(traits.name("{creator}Id"))
        works, ids = call.numbers(traits.name("{work}Id")), call.numbers(traits.name("{file}FileIds"))
        unmapped = call.flag("unmapped")
        if not (creators or works or ids or unmapped):
            raise error(400, traits.name("{creator}Id, {work}Id, {file}FileIds or unmapped must be provided"))
        found = [row for creator_id in creators for row in library.files_of_creator(creator_id)]
        found += library.files_of(*works, *([0] if unmapped else []))
        found += [library.tables.files[number] for number in ids if number in library.tables.files]
        rows = {row.id: row for row in found}
        return reply(200, [self.resources.file(row) for _, row in sorted(rows.items())])

    def _file(self, call: Call) -> httpx.Response:
        kind = self.library.traits.name("{file}").capitalize() + "File"
        return reply(200, self.resources.file(row_of(self.library.tables.files, call.id, kind)))

    def _delete_file(self, call: Call) -> httpx.Response:
        self.library.delete_file(call.id)
        return reply(200, {})

    def _delete_files(self, call: Call) -> httpx.Response:
        for file_id in call.fields().given(self.library.traits.name("{file}FileIds"), []):
            self.library.delete_file(file_id)
        return reply(200, {})


def _marks(work: KnownWork) -> set[str]:
    marks = [mark for edition in work.editions for mark in (edition.id, edition.isbn13, edition.asin)]
    return {mark.lower() for mark in marks if mark}
