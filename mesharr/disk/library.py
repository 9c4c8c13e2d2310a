"""One library as this node's file systems show it: alive or not, what is visible, what is gone."""

import posixpath
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.paths import at, folder_of, same_key, stem_of
from mesharr.disk.child import Disk, Exists, FileStat, Missing
from mesharr.disk.mounts import is_remote, mount_of

ANCHOR = ".mesharr-anchor"
_ANCHOR_LIMIT = 4096
_UNFINISHED = (".partial", ".part", ".tmp", ".partial~", ".!qb")
_VIDEO = frozenset({"mkv", "mp4", "avi", "m4v", "mov", "wmv", "mpg", "mpeg", "m2ts", "ts", "webm", "iso"})
_MORE_VIDEO = frozenset({"flv", "ogm", "ogv", "divx", "vob", "strm", "rmvb"})
_AUDIO = frozenset({"flac", "mp3", "m4a", "m4b", "aac", "ogg", "opus", "wav", "wma", "alac", "ape"})
_BOOK = frozenset({"epub", "mobi", "azw3", "azw", "pdf", "cbz", "cbr"})
_MEDIA = _VIDEO | _MORE_VIDEO | _AUDIO | _BOOK


class Refresh(Protocol):
    """What makes a mount look at a folder of the library again; see `mesharr.disk.rclone_rc.VfsRefresh`."""

    def refresh(self, folder: str) -> bool:
        """Read the folder again; False when the remote has none of that name."""
        ...


class LibraryPaths(msgspec.Struct, frozen=True):
    """Where a library is, in absolute paths as this process sees them.

    `path` is the merged library, `cloud` its cloud branch, which carries the anchor, `local` where new
    files are before their upload ("" when nothing is uploaded). With `expect_mount`, a cloud branch
    that is on no mount is unavailable.
    """

    path: str
    cloud: str
    local: str = ""
    expect_mount: bool = False


class LibraryDisk:
    """The files of one library. Paths are library paths; every method may raise `Unavailable`."""

    def __init__(
        self,
        name: str,
        places: LibraryPaths,
        disk: Disk,
        check_anchor: Callable[[bytes], None],
        read_mountinfo: Callable[[], str],
        rc: Refresh | None = None,
    ) -> None:
        self._name = name
        self._places = places
        self._disk = disk
        self._check_anchor = check_anchor
        self._read_mountinfo = read_mountinfo
        self._rc = rc
        self._seen_mount = ""  # the point the cloud branch was on: losing it looks like an empty disk

    def check_available(self) -> None:
        """Return when the cloud branch is mounted and its anchor is the right one. Creates nothing.

        Raises `Unavailable` with the reason otherwise, also for a wrong anchor: the work waits, and
        the reason is for a person to see.
        """
        self._check_mounted()
        try:
            self._check_anchor(self._anchor())
        except Missing as error:
            raise Unavailable(
                f"library {self._name} is unavailable: No such file: {self._places.cloud}/{ANCHOR}",
                "start its mount, or correct `cloud`; a library that is new in the mesh gets its anchor "
                f"from one person: mesharr init --anchor {self._name}",
            ) from error
        except MesharrError as error:
            raise Unavailable(f"library {self._name} is unavailable: {error.what}", error.fix) from error

    def _check_mounted(self) -> None:
        mount = mount_of(self._disk.realpath(self._places.cloud), self._read_mountinfo())
        point = mount.point if is_remote(mount) else ""
        # a shorter point than before is what lies under the mount that was there
        if len(point) < len(self._seen_mount) or (self._places.expect_mount and not point):
            where = self._seen_mount or self._places.cloud
            raise Unavailable(
                f"library {self._name} is unavailable: nothing is mounted at {where}", "start its mount"
            )
        self._seen_mount = point

    def _anchor(self) -> bytes:
        path = posixpath.join(self._places.cloud, ANCHOR)
        try:
            content = self._disk.read(path, _ANCHOR_LIMIT)
        except Missing:
            # an anchor made a moment ago elsewhere is not in a cached listing
            if self._rc is None or not self._rc.refresh(""):
                raise
            content = self._disk.read(path, _ANCHOR_LIMIT)
        if len(content) > _ANCHOR_LIMIT:
            raise Unavailable(f"{path} is too long for an anchor")
        return content

    def sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return each path's size in the merged library, None where there is no file.

        The folders concerned are refreshed first where there is a remote control, unless not `fresh`.
        A path that a link leads out of the library has no file.
        """
        return self._sizes(self._places.path, paths, fresh=fresh)

    def cloud_sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """As `sizes`, on the cloud branch."""
        return self._sizes(self._places.cloud, paths, fresh=fresh)

    def _sizes(self, root: str, paths: Sequence[str], *, fresh: bool) -> dict[str, int | None]:
        if fresh:
            self._refresh(folder_of(path) for path in paths)
        found = self._disk.sizes_below(root, [at(root, path) for path in paths])
        return dict(zip(paths, found, strict=True))

    def _refresh(self, folders: Iterable[str]) -> None:
        if self._rc is not None:
            for folder in sorted(set(folders)):
                self._rc.refresh(folder)

    def all_absent(self, paths: Sequence[str]) -> bool:
        """Return whether every path is absent from the cloud branch, in listings made now.

        Raises `Unavailable` unless the library was alive before and after: absence on a dead mount
        proves nothing. Another spelling (case, Unicode form) of a name counts as present.
        """
        self.check_available()
        self._refresh(folder_of(path) for path in paths)
        listed: dict[str, frozenset[str] | None] = {}
        absent = all(self._absent(path, listed) for path in paths)
        self.check_available()
        return absent

    def _absent(self, path: str, listed: dict[str, frozenset[str] | None]) -> bool:
        folder = folder_of(path)
        if folder not in listed:
            listed[folder] = self._names(folder)
        names = listed[folder]
        if names is not None:
            return same_key(posixpath.basename(path)) not in names
        # no such folder: then it must be missing from a folder that does list
        return self._absent(folder, listed)

    def _names(self, folder: str) -> frozenset[str] | None:
        try:
            names = self._disk.listdir(posixpath.join(self._places.cloud, folder))
        except Missing:
            if not folder:
                raise
            return None
        return frozenset(same_key(name) for name in names)

    def local_path(self, path: str) -> str:
        """Return the absolute path of a file on the local branch, whether it is there or not."""
        return at(self._places.local, path)

    def local_stat(self, path: str) -> FileStat | None:
        """Return what the local branch holds at the path; None when nothing, or nothing of this library."""
        if not self._places.local:
            return None
        real = self._disk.realpath(at(self._places.local, path))
        root = self._disk.realpath(self._places.local)
        return self._disk.stat(real) if real.startswith(root.rstrip("/") + "/") else None

    def sidecars(self, path: str) -> list[str]:
        """Return the local files that belong to a media file: same folder, same stem, no media themselves.

        `Film (2021).mkv` has `Film (2021).en.srt` and `Film (2021).nfo`; `Film (2021).Extra.nfo` is
        not its own when there is a `Film (2021).Extra.mkv`.
        """
        folder = folder_of(path)
        if not self._places.local:
            return []
        try:
            names = self._disk.listdir(posixpath.join(self._places.local, folder))
        except Missing:
            return []
        found = [posixpath.join(folder, name) for name in _sidecar_names(posixpath.basename(path), names)]
        return [each for each in found if (stat := self.local_stat(each)) is not None and not stat.is_dir]

    def unlink_local(self, path: str, was: FileStat) -> bool:
        """Remove a local file while it is still the one described; return whether it was removed."""
        now = self.local_stat(path)
        if now is None or (now.size, now.mtime_ns, now.inode) != (was.size, was.mtime_ns, was.inode):
            return False
        return self._disk.unlink_same(at(self._places.local, path), was)

    def init_anchor(self, content: bytes) -> None:
        """Create the anchor, once in the life of a mesh; the same anchor already there is fine.

        Raises `Refused` when there is another one, or no folder to put it in: no folder is ever made.
        """
        self._check_mounted()
        cloud = self._places.cloud
        path = posixpath.join(cloud, ANCHOR)
        if self._rc is not None:
            self._rc.refresh("")
        mount = mount_of(self._disk.realpath(cloud), self._read_mountinfo())
        write = self._disk.create if mount.fstype.startswith("fuse.") else self._disk.create_atomic
        try:
            write(path, content)
        except Missing as error:
            raise Refused(
                f"there is no folder {cloud}", "make it on the drive, or correct `cloud`"
            ) from error
        except Exists as error:
            if self._disk.read(path, _ANCHOR_LIMIT) != content:
                raise Refused(
                    f"{path} belongs to another mesh or library", "choose another folder, or remove that file"
                ) from error


def _sidecar_names(name: str, names: Sequence[str]) -> list[str]:
    stem = stem_of(name)
    rivals = [stem_of(other) for other in names if _is_media(other) and len(stem_of(other)) > len(stem)]
    return [
        other
        for other in names
        if other.startswith(f"{stem}.")
        and not _is_media(other)
        and not other.lower().endswith(_UNFINISHED)
        and not any(other.startswith(f"{rival}.") for rival in rivals)
    ]


def _is_media(name: str) -> bool:
    return name.rpartition(".")[2].lower() in _MEDIA
