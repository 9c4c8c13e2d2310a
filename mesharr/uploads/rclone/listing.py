"""What a remote says of itself, and of the files that it has."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

_KNOWN_HASHES = ("md5", "sha1", "sha256")


class Features(msgspec.Struct, frozen=True, rename="pascal"):
    """What a remote can."""

    hashes: tuple[str, ...] = ()
    features: dict[str, bool] = {}
    precision: float = math.inf
    """Of the modification times, in ns; longer than any difference where the remote keeps none."""

    def hash(self, *, cheap: bool) -> str:
        """Return the hash to request, "" without one; `cheap` excludes a read of the file."""
        if cheap and self.features.get("SlowHash"):
            return ""
        return next((name for name in (*_KNOWN_HASHES, *self.hashes) if name in self.hashes), "")

    @property
    def has_twins(self) -> bool:
        """Whether one folder may have several files of one name."""
        return self.features.get("DuplicateFiles", False)


class Entry(msgspec.Struct, frozen=True, rename="pascal"):
    """A file as a remote lists it."""

    size: int
    path: str = ""
    is_dir: bool = False
    hashes: dict[str, str] = {}
    mod_time: datetime | None = None


def of_size(listed: Sequence[Entry], size: int | None) -> Entry:
    """Return the file of a size among those of one name; the first where none has it."""
    return next((each for each in listed if each.size == size), listed[0])


def is_alike(one: Entry, other: Entry, kind: str) -> bool:
    """Return whether two files have one content, as far as size and a hash of a `kind` tell."""
    hashes = {one.hashes.get(kind, ""), other.hashes.get(kind, "")} - {""}
    return one.size == other.size and len(hashes) <= 1


def only_ones(listed: Iterable[Entry]) -> dict[str, Entry]:
    """Return files by path, without those that are twins."""
    found: dict[str, list[Entry]] = {}
    for each in listed:
        found.setdefault(each.path, []).append(each)
    return {path: entries[0] for path, entries in found.items() if len(entries) == 1}
