"""The values that adapters and stages exchange: listed items and webhook reports.

Paths here are absolute, as the app sees them; ids, units and kinds are the mesh's
(`mesharr.core.events.schema`).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec


class ArrFile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A media file that an app lists."""

    path: str
    """The absolute path, as the app sees it."""
    size: int
    """Bytes, as the app lists them."""
    units: tuple[str, ...]
    """The units that the file satisfies."""
    quality: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()
    checks: Mapping[str, int] = {}
    """By unit a number that is the same in every app, as in `mesharr.core.events.base.Copy`."""
    parts: tuple[str, ...] = ()
    """What the file is within its units, as in `Copy`; filled by `Arr.with_parts` only."""
    release: str = ""
    """The release or edition of the unit that the file is of, as in `Copy`."""
    ref: int = 0
    """The app's own id of the file, 0 when it is not known."""


class ArrItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item as an app lists it now."""

    ref: int
    """The app's own id of the item."""
    id: str
    """The mesh's id of the item."""
    kind: str
    """movie, series, artist or author."""
    ids: Mapping[str, int | str]
    """Every known id by its source."""
    title: str
    year: int
    """0 for what has no year."""
    folder: str
    """The absolute path of its folder, as the app sees it."""
    profile: str
    """The name of its quality profile."""
    tags: tuple[str, ...]
    """The labels of its tags."""
    monitored: Mapping[str, bool]
    """Every unit that the app knows of the item, True when the app would download it."""
    files: tuple[ArrFile, ...]
    series_type: str = ""
    """standard, daily or anime; "" for what is no series."""
    checks: Mapping[str, int] = {}
    """By unit a number that is the same in every app, as in `ArrFile`."""
    multi_file_units: bool = False
    """Whether a unit is made of several files, as an album is of its tracks."""


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that an app is asked to add, unmonitored and without a search."""

    id: str
    ids: Mapping[str, int | str]
    """Every known id by its source."""
    title: str
    year: int
    folder: str
    """The absolute path of its folder."""
    root: str
    """The root folder of the app that `folder` is in."""
    profile: str
    """The name of the quality profile, if the app has one of that name."""
    default_profile: str
    """The name of the quality profile to use else."""
    tag: str
    """The label of the tag it gets."""
    series_type: str = ""
    units: tuple[str, ...] = ()
    """The units with files: the app lists them after the add, as far as it knows them."""


class FileToImport(msgspec.Struct, frozen=True, kw_only=True):
    """A file in an item's folder, and what it is, as an app is asked to register it."""

    ref: int
    """The app's own id of the item."""
    path: str
    """The absolute path, as the app sees it."""
    units: tuple[str, ...]
    parts: tuple[str, ...] = ()
    """What the file is within its units, as in `ArrFile`."""
    release: str = ""
    """The release or edition that the file is of, as in `ArrFile`."""
    quality: str = ""
    """The name of its quality; one that the app lacks is taken as unknown."""
    languages: tuple[str, ...] = ()
    """The names of its languages; those that the app lacks are left out."""
    group: str = ""


UNSURE = "unsure"
"""The reason of a deletion for which the app gives no reason: the app may have deleted by itself."""

UNPROVEN = frozenset({"missingfromdisk", UNSURE})
"""Reasons that state what an app no longer finds, not what the user did."""

SignalKind = Literal["added", "imported", "retagged", "renamed", "file_deleted", "deleted", "grabbed"]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed webhook, script call or history row: something of one item may have changed."""

    kind: SignalKind
    id: str
    """The mesh's id of the item."""
    folder: str = ""
    """The absolute path of the item's folder, "" when it is not stated."""
    paths: tuple[str, ...] = ()
    """The absolute paths of the files it is about: imported, new, deleted, or written tags into."""
    replaced: tuple[str, ...] = ()
    """The absolute paths of the files that went with an import."""
    renamed: Mapping[str, str] = {}
    """The new path of each renamed file, by the old path."""
    reason: str = ""
    """The app's own word for the cause of a deletion, in lower case, or `UNSURE`."""
    units: tuple[str, ...] = ()
    """The units of a grab."""
    keeps_files: bool = False
    """Whether the app says that it left the files of a deleted item alone."""
    unnamed: bool = False
    """Whether it is about files of the item that it does not name: then what the app lists decides."""
    at: int = 0
    """When the app did it (ms), of a row of its history; 0 of a webhook or script, which is sent at once."""


class Download(msgspec.Struct, frozen=True):
    """The entries of an app's queue for one item."""

    id: str
    """The mesh's id of the item."""
    units: tuple[str, ...]
    """The units that are downloaded, or wait for their import."""


GrabResult = Literal["under_way", "imported", "failed", "removed"]
"""What became of a grab; `removed` only when the app was told to ignore the download."""


class GrabOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an app's history states of a download, as far as it is alike for these units."""

    id: str
    """The mesh's id of the item."""
    units: tuple[str, ...]
    result: GrabResult
    """`under_way` when the history has nothing after the grab: an empty queue alone proves nothing."""
    download: str = ""
    """The download client's id of the download, "" when it gave none."""


class ArrHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What an app's history states since a time."""

    signals: tuple[Signal, ...]
    """Imports, renames, deleted files and grabs."""
    grabs: tuple[GrabOutcome, ...]
    """The grabs in it, each unit of a download once, in the order of the grabs."""


class SettingProblem(msgspec.Struct, frozen=True):
    """A setting of an app that the user should change."""

    what: str
    """What is wrong."""
    fix: str
    """What the user can do."""


class ScanState(msgspec.Struct, frozen=True):
    """Whether an app scans or refreshes an item."""

    running: bool
    """Whether it does so now, or is going to."""
    ended: int
    """When it last ended doing so (ms), 0 when that is not known."""


class ArrScans(msgspec.Struct, frozen=True):
    """What an app scans and refreshes, as far as its list of commands goes back."""

    running: frozenset[int] = frozenset()
    """The items (`ref`) that it scans or is going to scan."""
    queued: tuple[int, ...] = ()
    """Those of them that it has not begun with, in the order in which it will.

    Empty for an app that may not import by ids meanwhile.
    """
    importing: bool = False
    """Whether an import by ids runs or is queued: no other one begins meanwhile."""
    moving: bool = False
    """Whether it moves or renames files, or is going to: no import begins meanwhile, but scans do."""
    ended: Mapping[int, int] = {}
    """When the last scan of an item (`ref`) ended (ms)."""
    all_running: bool = False
    """Whether it scans the whole library, or is going to."""
    all_ended: int = 0
    """When the last scan of the whole library ended (ms), 0 when that is not known."""

    def of(self, ref: int) -> ScanState:
        """Return the scan state of one item."""
        running = self.all_running or ref in self.running
        return ScanState(running, max(self.all_ended, self.ended.get(ref, 0)))
