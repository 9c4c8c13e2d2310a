"""The routes of creators, in Lidarr and Readarr."""

import os
from dataclasses import replace

import httpx

from mesharr.demo.arr.api.validation import bulk_edits, refuse, rows_with
from mesharr.demo.arr.releases import folder_words
from mesharr.demo.disk.folders import clean, within
from mesharr.demo.wire import Call, Fields, JsonObject, reply
from tests.arrs.works.api.resources import WorksResources
from tests.arrs.works.api.validation import (
    add_failures,
    creator_path_failures,
    draft_creator,
    editable,
    shared_failures,
)
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import Creator, KnownCreator
from tests.arrs.works.scan import Scan


class CreatorsApi:
    """Adds the routes of creators to an arr."""

    def __init__(self, library: WorksLibrary, resources: WorksResources, scan: Scan) -> None:
        self._library = library
        self._resources = resources
        self._scan = scan
        base = f"/{library.traits.creator}"
        library.arr.add_routes(
            ("GET", base, self._creators),
            ("POST", base, self._add),
            ("PUT", f"{base}/editor", self._edit_many),
            ("DELETE", f"{base}/editor", self._delete_many),
            ("GET", f"{base}/lookup", self._lookup),
            ("GET", f"{base}/{{id}}", self._creator),
            ("PUT", f"{base}/{{id}}", self._put),
            ("DELETE", f"{base}/{{id}}", self._delete),
            ("POST", f"/{library.traits.bulk_monitor_route}", self._monitor_many),
        )

    def _creators(self, _call: Call) -> httpx.Response:
        return reply(200, [self._resources.creator(creator) for creator in self._library.creators()])

    def _creator(self, call: Call) -> httpx.Response:
        return reply(200, self._resources.creator(self._library.creator(call.id)))

    def _add(self, call: Call) -> httpx.Response:
        """Add a creator, and answer before there are works.

        The refresh that this queues brings them.
        """
        fields, library = call.fields(), self._library
        refuse(add_failures(library, fields))
        creator = library.insert_creator(draft_creator(library, fields))
        queue_refresh(library, creator.id, new=True)
        return reply(201, self._resources.creator(library.creator(creator.id)))

    def _put(self, call: Call) -> httpx.Response:
        """Replace the row, except for its add options: what the body omits is reset."""
        library, fields = self._library, call.fields()
        before = library.creator(call.id)
        path = clean(str(fields.given("path", "")))
        refuse(shared_failures(library, fields) + creator_path_failures(library, path, call.id))
        after = library.change_creator(call.id, path=path, **editable(fields))
        self._moved(before, after, move_files=call.flag("moveFiles"))
        return reply(202, self._resources.creator(after))

    def _edit_many(self, call: Call) -> httpx.Response:
        """Edit several creators, not their works; one unknown id fails the call."""
        fields, library = call.fields(), self._library
        changed = []
        for before in self._chosen(fields):
            after = library.change_creator(before.id, **self._edits(before, fields))
            self._moved(before, after, move_files=bool(fields.given("moveFiles", False)))
            changed.append(self._resources.creator(after))
        return reply(202, changed)

    def _edits(self, creator: Creator, fields: Fields) -> JsonObject:
        names = {
            "monitored": "monitored",
            "monitorNewItems": "new_items",
            "qualityProfileId": "quality_profile_id",
            "metadataProfileId": "metadata_profile_id",
        }
        return bulk_edits(fields, names, creator.path, creator.tags, folder_words(creator.known.name))

    def _moved(self, before: Creator, after: Creator, *, move_files: bool) -> None:
        if before.path == after.path:
            return
        if move_files or (self._library.traits.moves_file_rows and os.path.isdir(before.path)):
            self._move_rows(before.path, after.path)
        if move_files:
            self._library.move_folder_later(before.path, after.path)

    def _move_rows(self, source: str, target: str) -> None:
        files = self._library.tables.files
        for row in files.rows():
            if within(row.path, source):
                files[row.id] = replace(row, path=f"{target}{row.path[len(source) :]}")

    def _delete(self, call: Call) -> httpx.Response:
        exclude = call.flag("addImportListExclusion")
        self._library.remove_creator(call.id, call.flag("deleteFiles"), exclude=exclude)
        return reply(200, {})

    def _delete_many(self, call: Call) -> httpx.Response:
        fields = call.fields()
        with_files = (
            bool(fields.given("deleteFiles", False)) and not self._library.traits.bulk_delete_keeps_files
        )
        for creator in self._chosen(fields):
            exclude = bool(fields.given("addImportListExclusion", False))
            self._library.remove_creator(creator.id, with_files, exclude=exclude)
        return reply(200, {})

    def _chosen(self, fields: Fields) -> list[Creator]:
        return rows_with(
            self._library.tables.creators, fields.given(self._library.traits.name("{creator}Ids"), [])
        )

    def _monitor_many(self, call: Call) -> httpx.Response:
        """Set flags of creators, and apply a monitoring option at once."""
        fields, library = call.fields(), self._library
        for item in fields.given(library.traits.creators_property, []):
            given = Fields(item)
            creator = library.creator(int(given.given("id", 0)))
            if given.get("monitored") is not None:
                library.change_creator(creator.id, monitored=bool(given["monitored"]))
            if fields.get("monitorNewItems") is not None:
                library.change_creator(creator.id, new_items=str(fields["monitorNewItems"]))
            if fields.get("monitoringOptions") is not None:
                self._scan.monitor(creator, fields["monitoringOptions"])
        return reply(202, {})

    def _lookup(self, call: Call) -> httpx.Response:
        found = found_creators(self._library, call.query.get("term", ""))
        return reply(200, [self._resources.found_creator(known) for known in found])


def found_creators(library: WorksLibrary, term: str) -> list[KnownCreator]:
    """Return what a term finds.

    A creator by id, the creator of a work by id, or names with the term in them.

    An id that is in the library needs no metadata server. An unknown one finds nothing.
    """
    kind, _, value = (part.strip().lower() for part in term.partition(":"))
    if value and kind in library.traits.creator_prefixes:
        row = library.creator_by(value)
        known = library.known(value) if row is None else row.known
        return [] if known is None else [known]
    if value and kind in library.traits.work_prefixes:
        pair = library.known_work(value)
        return [] if pair is None else [pair[0]]
    library.ask_metadata()
    wanted = term.strip().lower()
    return [known for known in library.catalogue.values() if wanted and wanted in known.name.lower()]


def queue_refresh(library: WorksLibrary, creator_id: int, *, new: bool) -> None:
    """Queue the refresh that follows an add; its trigger is not `manual`."""
    name = library.traits.name("Refresh{Creator}")
    known = library.arr.definition.commands[name]
    given = {
        library.traits.name("{creator}Id"): creator_id,
        library.traits.name("isNew{Creator}"): new,
    }
    library.arr.commands.submit(name, {**known, **given}, "unspecified")
