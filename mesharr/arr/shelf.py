"""What Lidarr and Readarr do alike: an item is somebody with works of several files each.

Which works there are is up to a metadata profile, that differs between households. There is no scan of an
item, only of folders. What an item was added with waits for its first scan, so it is added without.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final, Protocol

from mesharr.arr.api import ArrApi
from mesharr.arr.flags import Flagged
from mesharr.arr.lately import Listed
from mesharr.arr.names import Labels, Names
from mesharr.arr.settings import Wish
from mesharr.core.errors import Refused
from mesharr.core.held import Held, HeldFile, NewItem


class Shelved(Listed, frozen=True, kw_only=True):
    """An artist or author as its arr lists it."""

    metadata_profile_id: int = 0
    monitor_new_items: str = "none"

    @property
    def item(self) -> str:
        """The mesh's id of it."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """What it is called."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """Return it as it goes with a new work: the arr asks for it also when it is there."""
        return {
            "qualityProfileId": self.quality_profile_id,
            "metadataProfileId": self.metadata_profile_id,
            "path": self.path,
            "monitored": self.monitored,
            "monitorNewItems": self.monitor_new_items,
            "tags": self.tags or (),
        }


class WorkFile(Protocol):
    """A file as the arr lists it, with the arr's own id of the work it belongs to."""

    @property
    def work(self) -> int:
        """The work; 0, or one that is not there, when it belongs to none."""

    def held(self, folder: str, units: tuple[str, ...]) -> tuple[HeldFile, ...]:
        """As `File` does."""


class Shelf:
    """The profiles and tags of one arr, and the works it was told of. `kind` is that of its items."""

    def __init__(self, api: ArrApi, base: str, kind: str) -> None:
        self._kind = kind
        self._excluded: Final = partial(api.ask, list[dict[str, Any]], "GET", f"{base}/importlistexclusion")
        self.labels = Labels(api, base)
        self._metadata = Names(api, f"{base}/metadataprofile")
        self._told: dict[int, set[str]] = {}
        self._era = 0

    def held(self, row: Shelved, works: Sequence[Flagged], files: Iterable[WorkFile]) -> Held:
        """Return an item with these works and files. A file that belongs to none of them is left out."""
        profile, tags = self.labels.of(row)
        units = {work.id: work.unit for work in works}
        name, _, id_ = row.item.partition(":")
        placed = [(file, units[file.work]) for file in files if file.work in units]
        return Held(
            ref=row.id,
            id=row.item,
            kind=self._kind,
            ids={name: id_},
            title=row.name,
            year=0,
            folder=row.path,
            profile=profile,
            tags=tags,
            monitored={work.unit: row.monitored and work.monitored for work in works},
            files=tuple(held for file, unit in placed for held in file.held(row.path, (unit,))),
            parts=True,
        )

    def new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        """Return what a new item is added with, unmonitored, but for its ids.

        There are no addOptions in it: they would wait for a first scan, which may be long after, and then
        undo what a person chose meanwhile. New works follow monitorNewItems, so nothing is monitored.
        """
        profiles, tags = self.labels.profiles, self.labels.tags
        return {
            "qualityProfileId": profiles.chosen(item.profile, item.default_profile, recent=recent),
            "metadataProfileId": self._metadata.ordinary(recent=recent),
            "path": item.folder,
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [tags.made(item.tag, recent=recent)] if item.tag else [],
        }

    def excluded(self) -> frozenset[str]:
        """Return the arr's ids of what this household excluded, items and works alike."""
        return frozenset(str(each.get("foreignId")) for each in self._excluded())

    def tell_of(
        self, ref: int, units: Collection[str], known: Collection[str], add: Callable[[str], None]
    ) -> None:
        """Have those units added that are not known here: a scan that follows takes their files.

        What this household excluded is left out: the arr would forget that with the add. What was added or
        refused before is not asked for again; a refusal is raised once, and not again.
        """
        if self._era != self.labels.api.era:
            self._era = self.labels.api.era
            self._told.clear()
        told = self._told.setdefault(ref, set())
        told.difference_update(known)
        lacking = sorted(set(units) - set(known) - told)
        unwanted = self.excluded() if lacking else ()
        for unit in lacking:
            if unit not in unwanted:
                try:
                    add(unit)
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


_PLACE: Final = "in Settings > Media Management"
WISHES: Final[Mapping[str, Wish]] = {
    "watchLibraryForChanges": Wish(
        (False,),
        "it adds whomever files come of, and scans whenever one does",
        f"switch Watch Root Folders for file changes off {_PLACE}",
    ),
    "importExtraFiles": Wish(
        (False,),
        "when a peer replaces a file it deletes the extra files beside it",
        f"switch Import Extra Files off {_PLACE}",
    ),
    "recycleBin": Wish(
        (),
        "whoever the metadata server no longer knows is deleted with the folder on the shared drive",
        f"set Recycling Bin {_PLACE} to a folder of your own",
        harmful=("", None),
    ),
    "writeAudioTags": Wish(
        ("no", "newFiles"),
        "it rewrites files of the peers",
        "set writing of tags to Never, or to new downloads only, in Settings > Metadata",
    ),
}
