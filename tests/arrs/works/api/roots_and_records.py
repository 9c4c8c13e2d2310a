"""The other routes of Lidarr and Readarr.

Root folders with defaults, profiles, exclusions, feeds.
"""

import os
import shutil
from collections.abc import Mapping

import httpx

from mesharr.demo.arr.api.records import HistoryApi, QueueApi
from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.records import HistoryRow, QueueRow
from mesharr.demo.disk.folders import within
from mesharr.demo.wire import Call, Fields, Invalid, JsonObject, error, invalid, page_of, reply
from tests.arrs.works.api.resources import WorksResources
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import MediaFile, RootDefaults


class RootsAndRecordsApi:
    """Adds the routes that are about neither creators nor works.

    `numbers` are the history's events.
    """

    def __init__(self, library: WorksLibrary, resources: WorksResources, numbers: Mapping[str, str]) -> None:
        self._library = library
        self._resources = resources
        library.arr.add_routes(
            ("GET", "/rootfolder", self._roots),
            ("POST", "/rootfolder", self._add_root),
            ("GET", "/rootfolder/{id}", self._root),
            ("PUT", "/rootfolder/{id}", self._put_root),
            ("DELETE", "/rootfolder/{id}", self._delete_root),
            ("GET", "/metadataprofile", self._profiles),
            ("GET", "/wanted/missing", self._missing),
            ("GET", "/importlistexclusion", self._exclusions),
            ("POST", "/importlistexclusion", self._add_exclusion),
            ("DELETE", "/importlistexclusion/{id}", self._delete_exclusion),
        )
        HistoryApi(
            rows=self._history,
            resource=resources.history,
            belongs=self._belongs,
            numbers=numbers,
            owner=library.traits.creator,
        ).add_to(library.arr)
        QueueApi(library.queue_shown, resources.queued, self._concerns, library.dequeue).add_to(library.arr)

    # -- root folders -----------------------------------------------------------------------

    def _roots(self, _call: Call) -> httpx.Response:
        return reply(200, [self._root_resource(number) for number in self._library.arr.common.roots])

    def _root(self, call: Call) -> httpx.Response:
        row_of(self._library.arr.common.roots, call.id, "RootFolder")
        return reply(200, self._root_resource(call.id))

    def _add_root(self, call: Call) -> httpx.Response:
        """Add a root; it is scanned as a whole at once, and unknown creators in it are added."""
        arr, fields = self._library.arr, call.fields()
        path = str(fields.given("path", "")).rstrip("/")
        self._check_defaults(fields)
        if not os.path.isdir(path) or not os.access(path, os.W_OK):
            raise invalid(Invalid("Path", f"Path '{path}' does not exist or is not writable", path))
        if path in arr.common.roots.values():
            raise invalid(Invalid("Path", f"Path '{path}' is already configured as a root folder", path))
        number = arr.next_id("roots")
        arr.common.roots[number] = path
        self._library.tables.roots[number] = _defaults(fields)
        traits = self._library.traits
        body = {
            "folders": [path],
            "filter": "none",
            traits.name("addNew{Creator}s"): True,
            traits.name("{creator}Ids"): [],
        }
        arr.commands.submit("RescanFolders", body, "unspecified")
        return reply(201, self._root_resource(number))

    def _put_root(self, call: Call) -> httpx.Response:
        fields = call.fields()
        path = row_of(self._library.arr.common.roots, call.id, "RootFolder")
        self._check_defaults(fields)
        if str(fields.given("path", "")).rstrip("/") != path:
            raise invalid(Invalid("Path", "Cannot edit root folder path", fields.get("path")))
        self._library.tables.roots[call.id] = _defaults(fields)
        return reply(202, self._root_resource(call.id))

    def _delete_root(self, call: Call) -> httpx.Response:
        """Delete a root folder and every file row below it, though the files stay.

        Readarr sends a delete event for each.
        """
        library = self._library
        path = row_of(library.arr.common.roots, call.id, "RootFolder")
        del library.arr.common.roots[call.id]
        library.tables.roots.pop(call.id, None)
        for row in library.tables.files.rows():
            if within(row.path, path):
                self._drop(row)
        return reply(200, {})

    def _drop(self, row: MediaFile) -> None:
        if self._library.traits.root_removal_deletes_files:
            self._library.drop_file(row, "Manual")
        else:
            self._library.unlink(row)
            del self._library.tables.files[row.id]

    def _check_defaults(self, fields: Fields) -> None:
        failures = [
            Invalid(name, f"'{name}' must not be empty.", None, "NotEmptyValidator")
            for name in ("Name", "DefaultQualityProfileId", "DefaultMetadataProfileId")
            if not fields.get(name)
        ]
        if failures:
            raise invalid(*failures)

    def _root_resource(self, number: int) -> JsonObject:
        path = self._library.arr.common.roots[number]
        defaults = self._library.tables.roots.get(number, RootDefaults(os.path.basename(path)))
        shown = {"id": number, "path": path, **self._resources.root_defaults(defaults)}
        if not os.path.isdir(path):
            return {**shown, "accessible": False}
        usage = shutil.disk_usage(path)
        return {**shown, "accessible": True, "freeSpace": usage.free, "totalSpace": usage.total}

    # -- the rest ---------------------------------------------------------------------------

    def _profiles(self, _call: Call) -> httpx.Response:
        rows = self._library.tables.profiles.values()
        return reply(200, [self._resources.metadata_profile(profile) for profile in rows])

    def _missing(self, call: Call) -> httpx.Response:
        monitored = call.flag("monitored", default=True)
        works = [work for work in self._library.works() if work.monitored is monitored]
        found = [work for work in works if not self._library.files_of(work.id)]
        return reply(200, page_of(call, found, "title", self._resources.work))

    def _exclusions(self, _call: Call) -> httpx.Response:
        rows = self._library.tables.exclusions.values()
        return reply(200, [self._resources.exclusion(row) for row in rows])

    def _add_exclusion(self, call: Call) -> httpx.Response:
        fields = call.fields()
        named = self._library.traits.name("{creator}Name")
        foreign_id, name = str(fields.given("foreignId", "")), str(fields.given(named, ""))
        for given, key in ((foreign_id, "ForeignId"), (name, self._library.traits.name("{Creator}Name"))):
            if not given:
                raise invalid(Invalid(key, f"'{key}' must not be empty.", None, "NotEmptyValidator"))
        if any(row.foreign_id == foreign_id for row in self._library.tables.exclusions.values()):
            raise invalid(Invalid("ForeignId", "This exclusion has already been added.", foreign_id))
        return reply(201, self._resources.exclusion(self._library.exclude(foreign_id, name)))

    def _delete_exclusion(self, call: Call) -> httpx.Response:
        if self._library.tables.exclusions.pop(call.id, None) is None:
            raise error(404, f"ImportListExclusion with ID {call.id} does not exist")
        return reply(200, {})

    def _history(self) -> list[HistoryRow]:
        return list(self._library.tables.history.values())

    def _belongs(self, row: HistoryRow, call: Call) -> bool:
        traits = self._library.traits
        works = call.numbers(traits.name("{work}Id"))
        return row.item_id in call.numbers(traits.name("{creator}Id")) and (not works or row.part_id in works)

    def _concerns(self, row: QueueRow, call: Call) -> bool:
        traits = self._library.traits
        wanted = call.numbers(traits.name("{creator}Ids")) + call.numbers(traits.name("{creator}Id"))
        return not wanted or row.item_id in wanted


def _defaults(fields: Fields) -> RootDefaults:
    return RootDefaults(
        name=str(fields["name"]),
        quality_profile_id=int(fields["defaultQualityProfileId"]),
        metadata_profile_id=int(fields["defaultMetadataProfileId"]),
        monitor=str(fields.given("defaultMonitorOption", "all")),
        new_items=str(fields.given("defaultNewItemMonitorOption", "all")),
        tags=tuple(fields.given("defaultTags", [])),
    )
