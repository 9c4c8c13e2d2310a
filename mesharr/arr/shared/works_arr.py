"""Make the requests that Lidarr and Readarr share: an item is a creator with works.

A creator is an artist or author, a work an album or book of several files.

Which works an item has is up to a metadata profile, which differs between households. There is no scan of
an item, only of folders. The options of an add are applied at the item's first scan, so it has none.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Generic

from mesharr.arr.shared.api import ArrApi, Commands, date_of
from mesharr.arr.shared.file_import import FileImports, FileNames, Ids, RecentAnswers
from mesharr.arr.shared.monitor_api import MonitorApi
from mesharr.arr.shared.profiles_tags import IdNames, Labels
from mesharr.arr.shared.read_cache import ReadCache
from mesharr.arr.shared.signal_parsing import grab_outcomes, group_downloads, merge_signals
from mesharr.arr.shared.works_rows import Media, Row, Unit, WorksVocabulary
from mesharr.core.arr.model import (
    ArrHistory,
    ArrItem,
    Download,
    FileToImport,
    NewItem,
)
from mesharr.core.errors import Refused
from mesharr.core.paths import same_key


class WorksArr(Generic[Row, Unit, Media]):
    """The requests about the items of one of these apps, their works and files."""

    def __init__(
        self,
        api: ArrApi,
        words: WorksVocabulary[Row, Unit, Media],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._words = words
        self._clock = clock
        self._creators = f"{api.root}/{words.creator}"
        self._works = f"{api.root}/{words.work}"
        self._ref, self._refs = f"{words.creator}Id", f"{words.creator}Ids"
        self.commands = Commands(api, (self._ref, self._refs))
        self._flags = MonitorApi(
            api, (f"{self._works}/monitor", f"{words.work}Ids"), (f"{self._creators}/editor", self._refs)
        )
        self.labels = Labels(api)
        self._metadata = IdNames(api, f"{api.root}/metadataprofile")
        self._cache: ReadCache[Row] = ReadCache(
            api,
            lambda row: self._arr_item(row, self.works(row.id), self.files(row.id)),
            lambda row: self._arr_item(row, (), ()),
            f"{words.file}FileCount",
            clock,
        )
        self._recent: RecentAnswers[int, list[Unit]] = RecentAnswers(api, self._ask_works, clock)
        self._added: dict[int, set[str]] = {}
        """Works that were added or refused, by item, in the current `_generation`."""
        self._generation = 0

    # -- reading

    def rows(self) -> list[Row]:
        """Return all items without their works and files. One request."""
        return [row for row in self._api.ask(self._words.rows, "GET", self._creators) if row.foreign_id]

    def read(self, row: Row) -> ArrItem:
        """Return an item with its works and files.

        Two requests, or four with unknown profiles and tags.
        """
        self.labels.load([row])
        return self._cache.read(row)

    def read_all(self, rows: Sequence[Row], *, recent: bool) -> Iterator[ArrItem]:
        """Yield all items of a full list with their works and files, as `ReadCache.read_all` does.

        `recent` is as in `Arr.read_all`.
        """
        self.labels.load(rows, refresh=True, recent=recent)
        yield from self._cache.read_all(rows)

    def works(self, ref: int) -> list[Unit]:
        """Return the works of an item. One request."""
        return self._recent.keep(ref, self._ask_works(ref))

    def _ask_works(self, ref: int) -> list[Unit]:
        listed = self._api.ask(self._words.works, "GET", self._works, params={self._ref: str(ref)})
        return [work for work in listed if work.unit]

    def files(self, ref: int) -> list[Media]:
        """Return the files of an item. One request."""
        path = f"{self._api.root}/{self._words.file}file"
        return self._api.ask(self._words.files, "GET", path, params={self._ref: str(ref)})

    def _arr_item(self, row: Row, works: Iterable[Unit], files: Iterable[Media]) -> ArrItem:
        """Return an item with these works and files.

        A file that belongs to none of the works is left out.
        """
        profile, tags = self.labels.names_of(row)
        units = {work.id: work for work in works}
        with_work = [(file, units[file.work]) for file in files if file.work in units]
        return ArrItem(
            ref=row.id,
            id=row.item_id,
            kind=self._words.creator,
            ids={row.id_prefix: row.foreign_id},
            title=row.name,
            year=0,
            folder=row.path,
            profile=profile,
            tags=tags,
            monitored={work.unit: row.monitored and work.monitored for work in units.values()},
            files=tuple(
                each
                for file, work in with_work
                for each in file.arr_files(row.path, (work.unit,), release=work.release)
            ),
            multi_file_units=True,
        )

    # -- adding

    def new_item_body(self, item: NewItem, foreign_id: str, *, recent: bool = False) -> dict[str, Any]:
        """Return the body of the request that adds an item unmonitored.

        It has no addOptions: they would be applied at the first scan, which may be long after, and then
        undo what the user chose meanwhile. New works follow monitorNewItems, so nothing is monitored. The
        app replaces the name by that of the metadata, but takes no empty one.
        """
        profiles, tags = self.labels.profiles, self.labels.tags
        return {
            **self._named(foreign_id, item.title or item.id),
            "qualityProfileId": profiles.profile_id(item.profile, item.default_profile, recent=recent),
            "metadataProfileId": self._metadata.metadata_profile_id(recent=recent),
            "path": item.folder,
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [tags.ensure_tag(item.tag, recent=recent)] if item.tag else [],
        }

    def new_work_body(self, row: Row, unit: str) -> dict[str, Any]:
        """Return the body of the request that adds a work unmonitored; it repeats the existing item."""
        work = self._words.work.capitalize()
        item = {
            **self._named(row.foreign_id, row.name),
            "qualityProfileId": row.quality_profile_id,
            "metadataProfileId": row.metadata_profile_id,
            "path": row.path,
            "monitored": row.monitored,
            "monitorNewItems": row.monitor_new_items,
            "tags": row.tags or (),
        }
        return {
            f"foreign{work}Id": unit,
            "monitored": False,
            "addOptions": {f"searchForNew{work}": False},
            self._words.creator: item,
        }

    def _named(self, foreign_id: str, name: str) -> dict[str, str]:
        creator = self._words.creator
        return {f"foreign{creator.capitalize()}Id": foreign_id, f"{creator}Name": name}

    def excluded_ids(self) -> frozenset[str]:
        """Return the foreign ids on the app's exclusion list, of items and works alike. One request."""
        path = f"{self._api.root}/importlistexclusion"
        listed = self._api.ask(list[dict[str, Any]], "GET", path)
        return frozenset(str(each.get("foreignId")) for each in listed)

    def exclusions(self) -> frozenset[str]:
        """Return the exclusion list as item ids: `Arr.exclusions`."""
        return frozenset(f"{self._words.row.id_prefix}:{each}" for each in self.excluded_ids())

    # -- what happened

    def history_since(self, since_ms: int) -> ArrHistory:
        """Return the history since a time: `Arr.history_since`."""
        query = {"date": date_of(since_ms), **self._with_both()}
        rows = self._api.ask(self._words.history, "GET", f"{self._api.root}/history/since", params=query)
        kinds = self._words.history_kinds
        of_units = ((row, row.creator.item_id, row.work.unit) for row in rows if row.creator and row.work)
        return ArrHistory(
            signals=merge_signals(signal for row in rows for signal in row.signals(kinds)),
            grabs=grab_outcomes(of_units, kinds),
        )

    def downloads(self) -> tuple[Download, ...]:
        """Return the download queue: `Arr.downloads`."""
        rows = self._api.ask(
            self._words.queue, "GET", f"{self._api.root}/queue/details", params=self._with_both()
        )
        return group_downloads(
            (row.creator.item_id, row.work.unit)
            for row in rows
            if row.creator and row.work and not row.finished
        )

    def _with_both(self) -> dict[str, str]:
        """Return the query that has each row carry its item and its work."""
        return {f"include{word.capitalize()}": "true" for word in (self._words.creator, self._words.work)}

    # -- flags, folders and scans

    def set_monitored(self, ref: int, units: tuple[str, ...], *, monitored: bool) -> None:
        """Set the flag of these units: `Arr.set_monitored`."""
        works = self.works(ref)
        if not monitored:
            self._flags.unmonitor(units, works)
        elif row := self._api.find(self._words.row, f"{self._creators}/{ref}"):
            self._flags.monitor(ref, row.monitored, units, works)

    def move(self, ref: int, folder: str) -> None:
        """Set the folder of an item without touching a file: `Arr.move`."""
        self._api.edit(f"{self._creators}/{ref}", {"moveFiles": "false"}, {"path": folder})

    def remove(self, ref: int) -> None:
        """Remove an item and keep its files: `Arr.remove`."""
        query = {"deleteFiles": "false", "addImportListExclusion": "false"}
        self._api.request("DELETE", f"{self._creators}/{ref}", params=query)

    def rescan(
        self, ref: int, paths: tuple[str, ...], units: tuple[str, ...], add: Callable[[Row, str], None]
    ) -> int:
        """Start a scan: `Arr.rescan`.

        Works of `units` that the app does not have are added with `add` first.
        """
        row = self._api.ask(self._words.row, "GET", f"{self._creators}/{ref}")
        if units:
            self._add_missing_works(row, units, add)
        listed = [file.path for file in self.files(ref) if file.path] if paths else []
        body = {"filter": "matched", f"addNew{self._words.creator.capitalize()}s": False, self._refs: [ref]}
        folders = folders_to_scan(row.path, listed, paths)
        return self.commands.run({"name": "RescanFolders", "folders": folders, **body})

    def imports(self, ids_of: Callable[[FileToImport, Unit], Ids | None]) -> FileImports:
        """Return the command that registers files by ids.

        `ids_of` returns the ids of a file of a work, beside the item's own; None when the app lacks one.
        """

        def ids(file: FileToImport) -> Ids | None:
            work = self._recent.find(
                file.ref, lambda works: next((each for each in works if (each.unit,) == file.units), None)
            )
            found = ids_of(file, work) if work else None
            return found and {self._ref: file.ref, **found, "disableReleaseSwitching": False}

        options = {"replaceExistingFiles": False}
        names = FileNames(self._api, self.labels.profiles, clock=self._clock)
        return FileImports(self._api, self.commands, names, ids, options=options)

    def _add_missing_works(self, row: Row, units: Collection[str], add: Callable[[Row, str], None]) -> None:
        """Add those units that the app lacks, so that the scan that follows takes their files.

        Excluded works are left out: the add would remove the exclusion. What was added or refused before is
        not tried again, so a refusal is raised once.
        """
        if self._generation != self._api.generation:
            self._generation = self._api.generation
            self._added.clear()
        listed = {work.unit for work in self.works(row.id)}
        added = self._added.setdefault(row.id, set())
        added.difference_update(listed)
        missing = sorted(set(units) - listed - added)
        excluded = self.excluded_ids() if missing else ()
        for unit in missing:
            if unit not in excluded:
                try:
                    add(row, unit)
                except Refused:
                    added.add(unit)
                    raise
                added.add(unit)


def folders_to_scan(folder: str, listed: Collection[str], changed: Collection[str]) -> list[str]:
    """Return the folders to scan for an item in `folder` whose files the app has `listed`.

    These apps drop no file in the scan of a folder that exists and has none of the listed files: when all of
    an item's files are among the `changed` paths, the folders that those were in are scanned instead. Files
    of an existing empty folder are dropped by the app's own daily scan of its root folders only. Nor do they
    drop a file outside of the scanned folder, such as one that was where the item was before. With several
    spellings of one path among them, that file is there, and the item's folder is scanned.
    """
    parents = {path: str(PurePosixPath(path).parent) for path in changed}
    keys = {*map(same_key, changed)}
    if listed and {*map(same_key, listed)} == keys and len(keys) == len({*changed}):
        return sorted({*parents.values()})
    below = same_key(f"{folder.rstrip('/')}/")
    outside = {parent for path, parent in parents.items() if not path.startswith(f"{folder.rstrip('/')}/")}
    is_elsewhere = bool(changed) and all(not same_key(path).startswith(below) for path in changed)
    return [*([] if is_elsewhere else [folder]), *sorted(outside)]
