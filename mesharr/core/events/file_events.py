"""The events about the files of an item: imported, renamed and removed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Self

import msgspec

from mesharr.core.events.base import (
    REASSIGNED,
    ActivityKind,
    Copy,
    Heads,
    InNewIncarnation,
    ItemBodyById,
    ItemBodyInFull,
    Part,
    UnitsOfPath,
    Vector,
    count_words,
)
from mesharr.core.events.chunking import grouped, room_beside, size_of
from mesharr.core.paths import same_key
from mesharr.core.text import quantity


class FileImported(ItemBodyInFull, frozen=True, kw_only=True):
    """The author's app imported copies that are on the drive now."""

    type_name: ClassVar[str] = "file.imported"
    in_new_incarnation: ClassVar[InNewIncarnation] = "recheck_files"
    notice: ClassVar[str] = "imported"
    activity: ClassVar[ActivityKind] = "imported"
    takes_ownership: ClassVar[bool] = True

    copies: tuple[Copy, ...]
    replaced: tuple[str, ...] = ()
    """The paths of the copies that ended with the import."""
    term: int
    """The author owns the units at this term; the highest term of a unit wins."""
    seen: Vector = {}
    """What the author had applied: the import ends no copy that it had not seen."""
    over: Heads = {}
    """The imports and claims at the maximum term that this one supersedes."""

    @property
    def rank(self) -> int:
        """The term of the import."""
        return self.term

    @property
    def registers(self) -> tuple[str, ...]:
        """The units of the copies, each once."""
        return tuple(dict.fromkeys(unit for copy in self.copies for unit in copy.units))

    @property
    def replaces_files(self) -> bool:
        """Whether copies ended with the import."""
        return bool(self.replaced)

    def stated_copies(self) -> tuple[Copy, ...]:
        """Return the imported copies."""
        return self.copies

    def ended_paths(self) -> tuple[str, ...]:
        """Return the paths of the replaced copies."""
        return self.replaced

    def map_copies(self, change: Callable[[Copy], Copy | None]) -> Self:
        """Return the import with its copies changed."""
        copies = tuple(new for copy in self.copies if (new := change(copy)) is not None)
        return msgspec.structs.replace(self, copies=copies)

    def divided(self, units_of: UnitsOfPath) -> tuple[Self, ...]:
        """Return imports that together state this one.

        Each replaced path is in an import with a copy that replaces it.
        """
        room = room_beside(msgspec.structs.replace(self, copies=(), replaced=()))
        pairs = [part for pair in _paired(self, units_of) for part in _divided(pair, room)]
        return tuple(
            msgspec.structs.replace(
                self,
                copies=tuple(pair.copy for pair in some),
                replaced=tuple(path for pair in some for path in pair.replaced),
            )
            for some in grouped(pairs, room, lambda pair: pair.size)
        )

    def deed(self, title: str) -> str:
        """Return that the author imported the item, in which quality, and how many files."""
        qualities = list(dict.fromkeys(copy.quality for copy in self.copies if copy.quality))
        files = f", {quantity(len(self.copies), 'file')}" if len(self.copies) > 1 else ""
        better = " instead of an older file" if self.replaced else ""
        return f"imported {' '.join((title, *qualities[:2]))}{files}{better}"

    def counts(self) -> tuple[str, ...]:
        """Return how many copies were imported."""
        return (count_words(self.copies, "copy", "copies"),)


class Renamed(Part, frozen=True, kw_only=True):
    """One renamed file."""

    old: str
    """The path that the file had."""
    new: Copy
    """The file as it is now."""


class FileRenamed(ItemBodyById, frozen=True, kw_only=True):
    """Files of an item have other names on the drive now, or another size under the same name."""

    type_name: ClassVar[str] = "file.renamed"
    in_new_incarnation: ClassVar[InNewIncarnation] = "recheck_files"
    activity: ClassVar[ActivityKind] = "changed"

    files: tuple[Renamed, ...]
    seen: Vector
    """What the author had applied: the rename ends no copy that it had not seen."""

    def stated_copies(self) -> tuple[Copy, ...]:
        """Return the files as they are now."""
        return tuple(renamed.new for renamed in self.files)

    def ended_paths(self) -> tuple[str, ...]:
        """Return the paths that the files had."""
        return tuple(renamed.old for renamed in self.files)

    def old_paths(self) -> Mapping[str, str]:
        """Return the path that each file had, by its path now."""
        return {renamed.new.path: renamed.old for renamed in self.files}

    def map_copies(self, change: Callable[[Copy], Copy | None]) -> Self:
        """Return the rename with its new copies changed."""
        files = (
            msgspec.structs.replace(renamed, new=new)
            for renamed in self.files
            if (new := change(renamed.new)) is not None
        )
        return msgspec.structs.replace(self, files=tuple(files))

    def divided(self, units_of: UnitsOfPath) -> tuple[Self, ...]:
        """Return renames that together state this one.

        Files that exchange or hand on names are in one, as far as a line can take them. What they are divided
        into frees each name before another file takes it, unless they exchange names in a ring.
        """
        del units_of  # a rename replaces no file
        room = room_beside(msgspec.structs.replace(self, files=()))
        pieces = [piece for some in _handed_on(self.files) for piece in grouped(some, room)]
        return tuple(
            msgspec.structs.replace(self, files=tuple(renamed for piece in group for renamed in piece))
            for group in grouped(pieces, room, lambda piece: sum(map(size_of, piece)))
        )

    def deed(self, title: str) -> str:
        """Return how many files the author renamed."""
        return f"renamed {quantity(len(self.files), 'file')} of {title}"

    def counts(self) -> tuple[str, ...]:
        """Return how many files were renamed."""
        return (count_words(self.files, "file"),)


class FileRemoved(ItemBodyById, frozen=True, kw_only=True):
    """Files of an item are proven gone from the drive."""

    type_name: ClassVar[str] = "file.removed"
    in_new_incarnation: ClassVar[InNewIncarnation] = "prove_again"
    notice: ClassVar[str] = "removed"
    activity: ClassVar[ActivityKind] = "removed"
    divisible: ClassVar[str] = "paths"

    paths: tuple[str, ...]
    reason: str = ""
    """Why the files are gone, in one word: `upgrade` when a better file is on its way to the drive."""
    seen: Vector
    """What the author had applied: the removal ends no copy that it had not seen."""

    @property
    def is_of_upgrade(self) -> bool:
        """Whether the files were taken away for better ones that are on their way to the drive."""
        return self.reason == "upgrade"

    @property
    def is_reassigned(self) -> bool:
        """Whether the files are on the drive still, as another item's or another household's."""
        return self.reason == REASSIGNED

    @property
    def note(self) -> str:
        """What follows on the removal, "" for nothing."""
        return "a better file is on its way to the drive" if self.is_of_upgrade else ""

    def ended_paths(self) -> tuple[str, ...]:
        """Return the paths that are gone."""
        return self.paths

    def deed(self, title: str) -> str:
        """Return how many files the author deleted, or took away for better ones."""
        files = f"{quantity(len(self.paths), 'file')} of {title}"
        return f"took away {files} for a better one" if self.is_of_upgrade else f"deleted {files}"

    def counts(self) -> tuple[str, ...]:
        """Return how many paths are gone."""
        return (count_words(self.paths, "path"),)


def _handed_on(files: Sequence[Renamed]) -> Iterable[tuple[Renamed, ...]]:
    """Yield the renamed files in sets, the files that hand on names from one to the next.

    In a set a file comes after the one whose former name it takes.
    """
    former = {same_key(renamed.old) for renamed in files}
    taker = {same_key(renamed.new.path): n for n, renamed in enumerate(files)}
    last = [n for n, renamed in enumerate(files) if same_key(renamed.new.path) not in former]
    left = dict.fromkeys([*last, *range(len(files))])
    while left:
        n: int | None = next(iter(left))
        found: list[Renamed] = []
        while n is not None and n in left:
            del left[n]
            found.append(files[n])
            n = taker.get(same_key(files[n].old))
        yield tuple(found)


class _CopyWithReplaced(msgspec.Struct, frozen=True):
    """A copy, and the paths that end with it."""

    copy: Copy
    replaced: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that both take in an encoded body."""
        return size_of(self.copy) + sum(size_of(path) for path in self.replaced)


def _paired(body: FileImported, units_of: UnitsOfPath) -> list[_CopyWithReplaced]:
    """Return each copy with the paths that the copy replaces.

    Of several copies that share a unit with a path, the least loaded one replaces it. Of equally loaded ones
    the last: a file of two episodes ends when both of its successors are published.
    """
    paths: list[list[str]] = [[] for _ in body.copies]
    load = [0] * len(body.copies)
    last_first = range(len(body.copies) - 1, -1, -1)
    for path in body.replaced:
        units = set(units_of(path))
        sharing = [number for number in last_first if units & set(body.copies[number].units)]
        chosen = min(sharing or last_first, key=lambda number: load[number])
        paths[chosen].append(path)
        load[chosen] += size_of(path)
    return [_CopyWithReplaced(copy, tuple(ended)) for copy, ended in zip(body.copies, paths, strict=True)]


def _divided(pair: _CopyWithReplaced, room: int) -> Iterable[_CopyWithReplaced]:
    """Return a copy that replaces more paths than fit into a line as often as needed.

    Stating a copy twice is the same as stating it once.
    """
    if pair.size <= room or not pair.replaced:
        return (pair,)
    groups = grouped(pair.replaced, room - size_of(pair.copy))
    return (_CopyWithReplaced(pair.copy, some) for some in groups)
