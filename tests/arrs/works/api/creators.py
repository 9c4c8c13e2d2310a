"""The routes of creators, in Lidarr and Readarr."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import httpx

from mesharr.demo.arr.validation import edited_tags, refuse, rows_with
from mesharr.demo.disk.folders import clean, move_folder, within
from mesharr.demo.wire import Call, Fields, JsonObject, reply
from tests.arrs.works.api.resources import ShelfResources
from tests.arrs.works.api.validation import (
    add_failures,
    creator_path_failures,
    draft_creator,
    editable,
    shared_failures,
)
from tests.arrs.works.library import Shelf
from tests.arrs.works.model import Creator, KnownCreator
from tests.arrs.works.scan import Scan

Route = Callable[[Call], httpx.Response]


class CreatorsApi:
    """Adds the routes of creators to an arr."""

    def __init__(self, shelf: Shelf, resources: ShelfResources, scan: Scan) -> None:
        self._shelf = shelf
        self._shown = resources
        self._scan = scan
        base = f"/{shelf.words.creator}"
        routes: tuple[tuple[str, str, Route], ...] = (
            ("GET", base, self._creators),
            ("POST", base, self._add),
            ("PUT", f"{base}/editor", self._edit_many),
            ("DELETE", f"{base}/editor", self._delete_many),
            ("GET", f"{base}/lookup", self._lookup),
            ("GET", f"{base}/{{id}}", self._creator),
            ("PUT", f"{base}/{{id}}", self._put),
            ("DELETE", f"{base}/{{id}}", self._delete),
            ("POST", f"/{shelf.words.studio}", self._monitor_many),
        )
        for method, path, handler in routes:
            shelf.arr.route(method, path, handler)

    def _creators(self, _call: Call) -> httpx.Response:
        return reply(200, [self._shown.creator(creator) for creator in self._shelf.creators()])

    def _creator(self, call: Call) -> httpx.Response:
        return reply(200, self._shown.creator(self._shelf.creator(call.id)))

    def _add(self, call: Call) -> httpx.Response:
        """Stored and answered before there are works: they come with the refresh that this queues."""
        fields, shelf = call.fields(), self._shelf
        refuse(add_failures(shelf, fields))
        creator = shelf.insert_creator(draft_creator(shelf, fields))
        queue_refresh(shelf, creator.id, new=True)
        return reply(201, self._shown.creator(shelf.creator(creator.id)))

    def _put(self, call: Call) -> httpx.Response:
        """Everything editable is taken from the body, except add options; what it omits is reset."""
        shelf, fields = self._shelf, call.fields()
        before = shelf.creator(call.id)
        path = clean(str(fields.given("path", "")))
        refuse(shared_failures(shelf, fields) + creator_path_failures(shelf, path, call.id))
        after = shelf.change_creator(call.id, path=path, **editable(fields))
        self._moved(before, after, move_files=call.flag("moveFiles"))
        return reply(202, self._shown.creator(after))

    def _edit_many(self, call: Call) -> httpx.Response:
        """The editor: what is omitted stays; one unknown id fails the call. Works are not touched."""
        fields, shelf = call.fields(), self._shelf
        changed = []
        for before in self._chosen(fields):
            after = shelf.change_creator(before.id, **self._edits(before, fields))
            self._moved(before, after, move_files=bool(fields.given("moveFiles", False)))
            changed.append(self._shown.creator(after))
        return reply(202, changed)

    def _edits(self, creator: Creator, fields: Fields) -> JsonObject:
        names = {
            "monitored": "monitored",
            "monitorNewItems": "new_items",
            "qualityProfileId": "quality_profile_id",
            "metadataProfileId": "metadata_profile_id",
        }
        edits = {column: fields[name] for name, column in names.items() if fields.get(name) is not None}
        if fields.get("rootFolderPath"):
            root = clean(str(fields["rootFolderPath"]))
            edits["path"] = f"{root}/{os.path.basename(creator.path)}"
        if fields.get("tags") is not None:
            edits["tags"] = edited_tags(creator.tags, fields)
        return edits

    def _moved(self, before: Creator, after: Creator, *, move_files: bool) -> None:
        if before.path == after.path:
            return
        if move_files or (self._shelf.words.moves_file_rows and os.path.isdir(before.path)):
            self._move_rows(before.path, after.path)
        if move_files:
            self._shelf.arr.commands.defer(partial(move_folder, before.path, after.path))

    def _move_rows(self, source: str, target: str) -> None:
        files = self._shelf.tables.files
        for row in files.rows():
            if within(row.path, source):
                files[row.id] = replace(row, path=f"{target}{row.path[len(source) :]}")

    def _delete(self, call: Call) -> httpx.Response:
        exclude = call.flag("addImportListExclusion")
        self._shelf.remove_creator(call.id, call.flag("deleteFiles"), exclude=exclude)
        return reply(200, {})

    def _delete_many(self, call: Call) -> httpx.Response:
        fields = call.fields()
        with_files = (
            bool(fields.given("deleteFiles", False)) and not self._shelf.words.bulk_delete_keeps_files
        )
        for creator in self._chosen(fields):
            exclude = bool(fields.given("addImportListExclusion", False))
            self._shelf.remove_creator(creator.id, with_files, exclude=exclude)
        return reply(200, {})

    def _chosen(self, fields: Fields) -> list[Creator]:
        return rows_with(self._shelf.tables.creators, fields.given(self._shelf.words.of("{creator}Ids"), []))

    def _monitor_many(self, call: Call) -> httpx.Response:
        """The bulk page for monitoring: flags of creators, and a monitoring option applied at once."""
        fields, shelf = call.fields(), self._shelf
        for item in fields.given(shelf.words.creators_member, []):
            given = Fields(item)
            creator = shelf.creator(int(given.given("id", 0)))
            if given.get("monitored") is not None:
                shelf.change_creator(creator.id, monitored=bool(given["monitored"]))
            if fields.get("monitorNewItems") is not None:
                shelf.change_creator(creator.id, new_items=str(fields["monitorNewItems"]))
            if fields.get("monitoringOptions") is not None:
                self._scan.monitor(creator, fields["monitoringOptions"])
        return reply(202, {})

    def _lookup(self, call: Call) -> httpx.Response:
        found = found_creators(self._shelf, call.query.get("term", ""))
        return reply(200, [self._shown.found_creator(known) for known in found])


def found_creators(shelf: Shelf, term: str) -> list[KnownCreator]:
    """What a term finds: a creator by id, the creator of a work by id, or names with the term in them.

    An id that is in the library needs no metadata server. An unknown one finds nothing.
    """
    kind, _, value = (part.strip().lower() for part in term.partition(":"))
    if value and kind in shelf.words.creator_prefixes:
        row = shelf.creator_by(value)
        known = shelf.known(value) if row is None else row.known
        return [] if known is None else [known]
    if value and kind in shelf.words.work_prefixes:
        pair = shelf.known_work(value)
        return [] if pair is None else [pair[0]]
    shelf.ask_metadata()
    wanted = term.strip().lower()
    return [known for known in shelf.catalogue.values() if wanted and wanted in known.name.lower()]


def queue_refresh(shelf: Shelf, creator_id: int, *, new: bool) -> None:
    """Queue the refresh that follows an add; its trigger is not a person's."""
    name = shelf.words.of("Refresh{Creator}")
    known = shelf.arr.vocabulary.commands[name]
    given = {shelf.words.of("{creator}Id"): creator_id, shelf.words.of("isNew{Creator}"): new}
    shelf.arr.commands.submit(name, {**known, **given}, "unspecified")
