"""What Lidarr and Readarr do alike: an item is somebody with works of several files each.

Which works there are is up to a metadata profile, that differs between households. There is no scan of an
item, only of folders. What an item was added with waits for its first scan, so it is added without.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec

from mesharr.arr.shared.api import ArrApi, Commands, File, Payload
from mesharr.arr.shared.monitor_api import MonitorApi
from mesharr.arr.shared.profiles_tags import IdNames, Labels
from mesharr.arr.shared.read_cache import Listed, ReadCache
from mesharr.core.arr.model import ArrItem, NewItem
from mesharr.core.errors import Refused


class CreatorRow(Listed, frozen=True, kw_only=True):
    """An artist or author as its arr lists it. `ids` is how the mesh's ids of them begin.

    The arrs have names of their own for the members `foreign_id` and `name`.
    """

    ids: ClassVar[str]
    foreign_id: str = ""
    name: str = ""
    metadata_profile_id: int = 0
    monitor_new_items: str = "none"

    @property
    def item(self) -> str:
        """The mesh's id of it."""
        return f"{self.ids}:{self.foreign_id}"


class Work(Payload, frozen=True, kw_only=True):
    """An album or book as its arr lists it; the arrs have names of their own for `unit`."""

    id: int = 0
    unit: str = ""
    monitored: bool = False


class WorkFile(File, frozen=True, kw_only=True):
    """A file as the arr lists it. `work` is the arr's own id of the work it belongs to.

    It is 0, or one that is not there, when it belongs to none; the arrs have names of their own for it.
    """

    work: int = 0


Row = TypeVar("Row", bound=CreatorRow)
Unit = TypeVar("Unit", bound=Work)
Media = TypeVar("Media", bound=WorkFile)


class WorksVocabulary(msgspec.Struct, Generic[Row, Unit, Media], frozen=True, kw_only=True):
    """What one of these arrs calls an item, a unit and a file, such as `artist`, `album` and `track`.

    `row`, `rows`, `works` and `files` are the shapes it lists them in.
    """

    creator: str
    work: str
    file: str
    row: type[Row]
    rows: type[list[Row]]
    works: type[list[Unit]]
    files: type[list[Media]]


class WorksArr(Generic[Row, Unit, Media]):
    """The items of one arr, their works and files, and what it was told of."""

    def __init__(
        self,
        api: ArrApi,
        base: str,
        words: WorksVocabulary[Row, Unit, Media],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._words = words
        self._creators = f"{base}/{words.creator}"
        self._works = f"{base}/{words.work}"
        self._files = f"{base}/{words.file}file"
        self._ref, self._refs = f"{words.creator}Id", f"{words.creator}Ids"
        self.commands = Commands(api, f"{base}/command", (self._ref, self._refs))
        self._flags = MonitorApi(
            api, (f"{self._works}/monitor", f"{words.work}Ids"), (f"{self._creators}/editor", self._refs)
        )
        self._excluded: Final = partial(api.ask, list[dict[str, Any]], "GET", f"{base}/importlistexclusion")
        self.labels = Labels(api, base)
        self._metadata = IdNames(api, f"{base}/metadataprofile")
        self._lately: ReadCache[Row] = ReadCache(
            api,
            lambda row: self._held(row, self.works(row.id), self.files(row.id)),
            lambda row: self._held(row, (), ()),
            f"{words.file}FileCount",
            clock,
        )
        self._told: dict[int, set[str]] = {}
        self._era = 0

    # -- reading

    def listed(self) -> list[Row]:
        """Return all items. One request."""
        return [row for row in self._api.ask(self._words.rows, "GET", self._creators) if row.foreign_id]

    def read(self, row: Row) -> ArrItem:
        """Return an item with its works and files."""
        self.labels.learn([row])
        return self._lately.asked(row)

    def read_all(self, rows: Sequence[Row]) -> Iterator[ArrItem]:
        """Yield all items of a full list with their works and files, as `ReadCache.every` does."""
        self.labels.learn(rows, anew=True)
        yield from self._lately.every(rows)

    def works(self, ref: int) -> list[Unit]:
        """Return the works of an item."""
        listed = self._api.ask(self._words.works, "GET", self._works, params={self._ref: str(ref)})
        return [work for work in listed if work.unit]

    def files(self, ref: int) -> list[Media]:
        """Return the files of an item."""
        return self._api.ask(self._words.files, "GET", self._files, params={self._ref: str(ref)})

    def _held(self, row: Row, works: Iterable[Unit], files: Iterable[Media]) -> ArrItem:
        """Return an item with these works and files. A file that belongs to none of them is left out."""
        profile, tags = self.labels.of(row)
        units = {work.id: work for work in works}
        placed = [(file, units[file.work].unit) for file in files if file.work in units]
        return ArrItem(
            ref=row.id,
            id=row.item,
            kind=self._words.creator,
            ids={row.ids: row.foreign_id},
            title=row.name,
            year=0,
            folder=row.path,
            profile=profile,
            tags=tags,
            monitored={work.unit: row.monitored and work.monitored for work in units.values()},
            files=tuple(held for file, unit in placed for held in file.held(row.path, (unit,))),
            parts=True,
        )

    # -- adding

    def new(self, item: NewItem, foreign_id: str, *, recent: bool = False) -> dict[str, Any]:
        """Return what a new item is added with, unmonitored.

        There are no addOptions in it: they would wait for a first scan, which may be long after, and then
        undo what a person chose meanwhile. New works follow monitorNewItems, so nothing is monitored. What
        the metadata say takes the place of the name, but it may not be empty.
        """
        profiles, tags = self.labels.profiles, self.labels.tags
        return {
            **self._named(foreign_id, item.title or item.id),
            "qualityProfileId": profiles.chosen(item.profile, item.default_profile, recent=recent),
            "metadataProfileId": self._metadata.ordinary(recent=recent),
            "path": item.folder,
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [tags.made(item.tag, recent=recent)] if item.tag else [],
        }

    def new_work(self, row: Row, unit: str) -> dict[str, Any]:
        """Return what a new work is added with, unmonitored; its item goes with it though it is there."""
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

    def excluded(self) -> frozenset[str]:
        """Return the arr's ids of what this household excluded, items and works alike."""
        return frozenset(str(each.get("foreignId")) for each in self._excluded())

    def exclusions(self) -> frozenset[str]:
        """Return the same as the mesh's ids of items."""
        return frozenset(f"{self._words.row.ids}:{each}" for each in self.excluded())

    # -- flags and scans

    def set_monitored(self, ref: int, units: tuple[str, ...], *, monitored: bool) -> None:
        """Set the flag of these units, as the port says."""
        works = self.works(ref)
        if not monitored:
            self._flags.off(units, works)
        elif row := self._api.find(self._words.row, f"{self._creators}/{ref}"):
            self._flags.on(ref, row.monitored, units, works)

    def rescan(
        self, ref: int, paths: tuple[str, ...], units: tuple[str, ...], add: Callable[[Row, str], None]
    ) -> int:
        """Ask for a scan, as the port says; works that are not known here are added with `add` first."""
        row = self._api.ask(self._words.row, "GET", f"{self._creators}/{ref}")
        if units:
            self._tell_of(row, units, add)
        shown = [file.path for file in self.files(ref) if file.path] if paths else []
        body = {"filter": "matched", f"addNew{self._words.creator.capitalize()}s": False, self._refs: [ref]}
        folders = folders_to_scan(row.path, shown, paths)
        return self.commands.run({"name": "RescanFolders", "folders": folders, **body})

    def _tell_of(self, row: Row, units: Collection[str], add: Callable[[Row, str], None]) -> None:
        """Have those units added that are not known here: a scan that follows takes their files.

        What this household excluded is left out: the arr would forget that with the add. What was added or
        refused before is not asked for again; a refusal is raised once, and not again.
        """
        if self._era != self._api.era:
            self._era = self._api.era
            self._told.clear()
        known = {work.unit for work in self.works(row.id)}
        told = self._told.setdefault(row.id, set())
        told.difference_update(known)
        lacking = sorted(set(units) - known - told)
        unwanted = self.excluded() if lacking else ()
        for unit in lacking:
            if unit not in unwanted:
                try:
                    add(row, unit)
                except Refused:
                    told.add(unit)
                    raise
                told.add(unit)


def folders_to_scan(folder: str, shown: Collection[str], changed: Collection[str]) -> list[str]:
    """Return the folders to scan of an item in `folder`, whose files `shown` the arr lists.

    These arrs let go of no file when a folder is there and holds none they know: when all of an item's files
    are among the paths that `changed`, they have to be led to the folders that those were in. What was in one
    that is there and empty goes with their own daily scan of the roots only.
    """
    if not shown or set(shown) != set(changed):
        return [folder]
    return sorted({str(PurePosixPath(path).parent) for path in changed})
