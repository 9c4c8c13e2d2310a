"""What an arr holds and what it hints, as values: the language between adapters and stages.

Paths here are absolute, as the arr sees them; ids, units and kinds are the mesh's
(`mesharr.core.events.schema`).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec


class ArrFile(msgspec.Struct, frozen=True, kw_only=True):
    """A media file an arr lists: absolute path as the arr sees it, bytes, units it satisfies.

    `checks` maps a unit to a number that is the same wherever the unit is the same (an episode's TVDB id):
    two arrs may count otherwise.
    """

    path: str
    size: int
    units: tuple[str, ...]
    quality: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()
    checks: Mapping[str, int] = {}


class ArrItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item as an arr shows it now. `ref` is the arr's own id of it; `tags` are labels.

    `monitored` holds every unit the arr knows of the item, True when it would download it; `checks` are as
    in `ArrFile`. `multi_file_units`: a unit of it is made of several files (an album of its tracks).
    """

    ref: int
    id: str
    kind: str
    ids: Mapping[str, int | str]
    title: str
    year: int
    folder: str
    profile: str
    tags: tuple[str, ...]
    monitored: Mapping[str, bool]
    files: tuple[ArrFile, ...]
    series_type: str = ""
    checks: Mapping[str, int] = {}
    multi_file_units: bool = False


class NewItem(msgspec.Struct, frozen=True, kw_only=True):
    """What an arr is asked to add: unmonitored, without a search. `profile` is tried by name first.

    `units` are those that have files: they have to be there afterwards, as far as the arr knows of them.
    """

    id: str
    ids: Mapping[str, int | str]
    title: str
    year: int
    folder: str
    root: str
    profile: str
    default_profile: str
    tag: str
    series_type: str = ""
    units: tuple[str, ...] = ()


UNSURE = "unsure"
"""The reason of a deletion that the arr gives no reason for: it may have dropped something by itself."""

UNPROVEN = frozenset({"missingfromdisk", UNSURE})
"""Reasons that say what an arr no longer sees, not what a person did."""

SignalKind = Literal["added", "imported", "retagged", "renamed", "file_deleted", "deleted", "grabbed"]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """An arr's raw hint that something of one item changed. It says "look at this", and why.

    `paths` are absolute paths it names (imported, new or deleted ones, or those of files that tags were
    written into: they have another size since); `replaced` those that went with it; `renamed` maps old to
    new. `reason` is the arr's own word for a deletion, in lower case, or `UNSURE`. `units` are those a grab
    is of.
    """

    kind: SignalKind
    id: str
    folder: str = ""
    paths: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    renamed: Mapping[str, str] = {}
    reason: str = ""
    units: tuple[str, ...] = ()


class Download(msgspec.Struct, frozen=True):
    """What an arr's queue holds of one item: units on their way, or waiting for their import."""

    id: str
    units: tuple[str, ...]


class SettingProblem(msgspec.Struct, frozen=True):
    """Something a person should change: what is wrong, and the fix."""

    what: str
    fix: str


class ScanState(msgspec.Struct, frozen=True):
    """Whether the arr scans or refreshes an item now, and when it last ended doing so (ms, 0: unknown)."""

    running: bool
    ended: int


class ArrScans(msgspec.Struct, frozen=True):
    """What an arr scans and refreshes, as far as it still tells: by item, and of all items at once.

    `running` are the items (refs) it scans or is going to, `ended` maps an item to when that last ended
    (ms); `all_running` and `all_ended` say the same of scans of the whole library.
    """

    running: frozenset[int] = frozenset()
    ended: Mapping[int, int] = {}
    all_running: bool = False
    all_ended: int = 0

    def of(self, ref: int) -> ScanState:
        """Return how it stands with one item."""
        running = self.all_running or ref in self.running
        return ScanState(running, max(self.all_ended, self.ended.get(ref, 0)))
