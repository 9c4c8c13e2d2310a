"""What an arr reads from its disk and does to it, whatever it collects."""

import os
import re
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from mesharr.demo.wire import error

ScanDir = Callable[[str], AbstractContextManager[Iterator[os.DirEntry[str]]]]


def entries_below(
    folder: str, ignored: re.Pattern[str], scandir: ScanDir = os.scandir, below: str = ""
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Return the files below a folder, each with its relative path.

    Folders named as `ignored` are left out.

    What must not be read is passed over in silence, so its files look missing; any other error
    of the disk is raised.
    """
    try:
        with scandir(os.path.join(folder, below) if below else folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except PermissionError:
        return
    for entry in entries:
        relative = f"{below}/{entry.name}" if below else entry.name
        if not entry.is_dir():
            yield relative, entry
        elif not ignored.fullmatch(entry.name):
            yield from entries_below(folder, ignored, scandir, relative)


def clean(path: str) -> str:
    """Return the path without a slash at its end."""
    return path.rstrip("/") or "/"


def within(path: str, folder: str) -> bool:
    """Return whether the path is the folder or below it."""
    return f"{clean(path)}/".startswith(f"{clean(folder)}/")


class TakenFolders:
    """The folders of items, sorted: one, or one below a path, is found at once."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._sorted = sorted(f"{clean(path)}/" for path in paths)

    def has(self, path: str) -> bool:
        """Return whether it is the folder of an item."""
        return self._first_within(path) == f"{clean(path)}/"

    def has_within(self, path: str) -> bool:
        """Return whether it is the folder of an item, or above one."""
        return self._first_within(path).startswith(f"{clean(path)}/")

    def _first_within(self, path: str) -> str:
        """Return the first folder that is not before the path in order, "" for none."""
        place = bisect_left(self._sorted, f"{clean(path)}/")
        return self._sorted[place] if place < len(self._sorted) else ""


def root_of(path: str, roots: Sequence[str]) -> str:
    """Return the longest root folder that contains the path, else the folder above it."""
    holding = [root for root in roots if path.startswith(f"{root.rstrip('/')}/")]
    return max(holding, key=len) if holding else os.path.dirname(path.rstrip("/"))


def may_be_unmounted(folder: str, root: str) -> bool:
    """Return whether a scan is skipped because the disk looks gone rather than the files.

    True only for a missing folder below a root that is missing or holds nothing at all: one
    other entry in the root, and the files count as removed.
    """
    if os.path.isdir(folder):
        return False
    try:
        return not os.listdir(root)
    except OSError:
        return True


def refuse_unmounted(folder: str, owner: str) -> None:
    """Raise a 409 when the folder above a movie's or series' folder looks unmounted."""
    above = os.path.dirname(clean(folder))
    if not os.path.isdir(above):
        raise error(409, f"{owner}'s root folder ({above}) doesn't exist.")
    if not any(os.path.isdir(f"{above}/{name}") for name in os.listdir(above)):
        raise error(409, f"{owner}'s root folder ({above}) is empty.")


def folder_is_empty(folder: str) -> bool:
    """Return whether a folder exists and no file is anywhere below it."""
    return os.path.isdir(folder) and not any(files for _, _, files in os.walk(folder))


def move_folder(source: str, target: str) -> None:
    """Move a folder; nothing happens when it is gone.

    In a place that is taken the files join what is there: those of the same names are overwritten.
    """
    if not os.path.isdir(source):
        return
    if not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(source, target)
        return
    for name in os.listdir(source):
        inner, its_place = f"{source}/{name}", f"{target}/{name}"
        if os.path.isdir(inner):
            move_folder(inner, its_place)
        else:
            os.replace(inner, its_place)
    shutil.rmtree(source)


def write_media(path: str, size: int, content: bytes | None, extras: Mapping[str, bytes]) -> None:
    """Write a media file of `size` bytes, most of them a hole, or this content.

    And files beside it.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as target:
        if content is not None:
            target.write(content)
        else:
            # the first bytes differ from file to file, and are the same in every household
            place = "/".join(path.split("/")[-2:])
            target.write(f"{place}\n".encode()[:size])
            target.truncate(size)
    for name, data in extras.items():
        extra = f"{folder}/{name}"
        os.makedirs(os.path.dirname(extra), exist_ok=True)
        with open(extra, "wb") as target:
            target.write(data)


class Disposal:
    """How an arr gets rid of files: into its recycle bin, or for good.

    `requested` lists the media that went because of a request.
    """

    def __init__(self, recycle_bin: Callable[[], str]) -> None:
        self._recycle_bin = recycle_bin
        self.requested: list[str] = []

    def discard(self, path: str) -> str | None:
        """Delete a file or folder, or move it to the recycle bin; its new place there."""
        bin_folder = self._recycle_bin()
        if bin_folder:
            target = os.path.join(bin_folder, os.path.basename(path))
            os.makedirs(bin_folder, exist_ok=True)
            shutil.move(path, target)
            return target
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        return None

    def delete_file(self, path: str, *, requested: bool) -> None:
        """Delete or recycle a media file if it is there."""
        if os.path.isfile(path):
            if requested:
                self.requested.append(path)
            self.discard(path)

    def delete_folder(self, folder: str, others: Iterable[str], *, requested: bool) -> None:
        """Delete or recycle a folder, unless it holds the folder of another item."""
        if not os.path.isdir(folder) or any(within(other, folder) for other in others):
            return
        if requested:
            inside = [f"{at}/{name}" for at, _, names in os.walk(folder) for name in names]
            self.requested.extend(sorted(inside))
        self.discard(folder)
