"""The local branch of a library: the disk that new files are on until they are uploaded."""

import posixpath
from collections.abc import Callable, Sequence
from typing import Final

from mesharr.core.paths import at, folder_of, stem_of
from mesharr.disk.child import Disk, FileStat
from mesharr.disk.mounts import is_network, mount_of, read_mountinfo

_UNFINISHED: Final = (".partial", ".part", ".tmp", ".partial~", ".!qb")
_VIDEO = frozenset({"mkv", "mp4", "avi", "m4v", "mov", "wmv", "mpg", "mpeg", "m2ts", "ts", "webm", "iso"})
_MORE_VIDEO = frozenset({"flv", "ogm", "ogv", "divx", "vob", "strm", "rmvb"})
_AUDIO = frozenset({"flac", "mp3", "m4a", "m4b", "aac", "ogg", "opus", "wav", "wma", "alac", "ape"})
_BOOK = frozenset({"epub", "mobi", "azw3", "azw", "pdf", "cbz", "cbr"})
_MEDIA: Final = _VIDEO | _MORE_VIDEO | _AUDIO | _BOOK


class LocalBranch:
    """The local branch of one library; paths are relative to it.

    Without a root there is no such branch: it has no files. Every method may raise `Unavailable`.
    """

    def __init__(self, root: str, disk: Disk, mounts: Callable[[], str] = read_mountinfo) -> None:
        """Take the root, and what returns the kernel's list of mounts."""
        self._root = root
        self._disk = disk
        self._mounts = mounts

    def files(self) -> list[tuple[str, int, int]]:
        """Return every file with its size and mtime (ns); a link has those of the link itself."""
        return self._disk.files_below(self._root) if self._root else []

    def unreadable(self) -> list[str]:
        """Return the paths whose names are no UTF-8, with U+FFFD for what is no text."""
        return self._disk.unreadable_below(self._root) if self._root else []

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return the paths at which there is no file."""
        if not self._root:
            return list(paths)
        found = self._disk.sizes([at(self._root, path) for path in paths])
        return [path for path, size in zip(paths, found, strict=True) if size is None]

    def link_target(self, path: str) -> str:
        """Return where a link leads a path out of the branch, "" when none does."""
        if not self._root:
            return ""
        real, root = self._disk.realpath(at(self._root, path)), self._disk.realpath(self._root)
        return "" if real.startswith(root.rstrip("/") + "/") else real

    def is_open_elsewhere(self, path: str) -> bool:
        """Return whether another program has a file open, as far as the system tells."""
        return self._tells_what_is_open() and self._disk.is_open_elsewhere(at(self._root, path))

    def unlink(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        """Delete a file if it is still the one that `was` describes; return whether it was.

        Unless `even_open`, raise `Busy` while another program has it open, as far as the system tells.
        """
        even_open = even_open or not self._tells_what_is_open()
        return self._disk.unlink_same(at(self._root, path), was, even_open=even_open)

    def move(self, path: str, to: str) -> None:
        """Give a file another path on this branch; raise `Exists` when that is taken."""
        self._disk.move_new(at(self._root, path), at(self._root, to))

    def drop_empty_folders(self, path: str) -> None:
        """Remove the folder of a file, and those above it, as far as they are empty; the root stays."""
        folder = folder_of(path) if self._root else ""
        while folder and self._disk.rmdir_empty(at(self._root, folder)):
            folder = folder_of(folder)

    def _tells_what_is_open(self) -> bool:
        """Return whether the disk does: NFS and SMB answer as if somebody had each file open."""
        return not is_network(mount_of(self._disk.realpath(self._root), self._mounts()))


def sidecar_names(name: str, names: Sequence[str]) -> list[str]:
    """Return the names of a folder that belong to a media file in it: same stem, no media.

    `Film (2021).Extra.nfo` belongs to `Film (2021).Extra.mkv` when that is among the names.
    """
    stem = stem_of(name)
    rivals = [stem_of(other) for other in names if is_media(other) and len(stem_of(other)) > len(stem)]
    return [
        other
        for other in names
        if other.startswith(f"{stem}.")
        and not is_media(other)
        and not other.lower().endswith(_UNFINISHED)
        and not any(other.startswith(f"{rival}.") for rival in rivals)
    ]


def is_media(name: str) -> bool:
    """Return whether a file is a film, an episode, a track or a book, by its name."""
    return posixpath.basename(name).rpartition(".")[2].lower() in _MEDIA
