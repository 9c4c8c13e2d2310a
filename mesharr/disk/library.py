"""Check and read one library: whether it is mounted, which files exist or are absent."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.paths import at, folder_of, same_key
from mesharr.disk.child import Disk, Exists, FileStat, Missing
from mesharr.disk.local_branch import LocalBranch, sidecar_names
from mesharr.disk.mounts import (
    Mount,
    MountControl,
    check_mount,
    is_remote,
    is_unmounted_cloud_folder,
    mount_of,
    mount_text,
    remote_at,
)

ANCHOR = ".mesharr-anchor"
_ANCHOR_LIMIT = 4096


class LibraryPaths(msgspec.Struct, frozen=True):
    """The folders of a library, in absolute paths as this process sees them."""

    path: str
    """The merged library."""
    cloud: str
    """The branch on the shared drive, which has the anchor."""
    local: str = ""
    """The branch with new files before their upload; "" when nothing is uploaded."""
    copy_links: bool = False
    """Whether a file of `local` that is a link out of it counts as the file that it leads to."""


class MountMemory(msgspec.Struct, frozen=True):
    """What is kept of the mount that a library was on: a new process misses it, too."""

    known: str = ""
    """Its `mount_text`, "" for none."""
    note: Callable[[str], object] = lambda _mount: None
    """Keeps that of another one."""


class LibraryDisk:
    """The files of one library. Paths are relative to it; every method may raise `Unavailable`."""

    def __init__(
        self,
        name: str,
        places: LibraryPaths,
        disk: Disk,
        check_anchor: Callable[[bytes], None],
        read_mountinfo: Callable[[], str],
        rc: MountControl | None = None,
        memory: MountMemory | None = None,
    ) -> None:
        self._name = name
        self._places = places
        self._disk = disk
        self._check_anchor = check_anchor
        self._read_mountinfo = read_mountinfo
        self._rc = rc
        self.local = LocalBranch(places.local, disk, read_mountinfo)
        self._memory = memory or MountMemory()
        self._known_mount = self._memory.known
        self._seen_mount = ""  # the mount point of the cloud branch: without it the disk below looks empty

    def check_available(self) -> None:
        """Return when the cloud branch is mounted and has the anchor of this library.

        Raises `Unavailable` with the reason otherwise, also for a wrong anchor: the work waits, and `status`
        gives the user the reason.
        """
        mount = self._check_mounted()
        try:
            self._check_anchor(self._anchor())
        except Missing as error:
            raise self._without_anchor(mount) from error
        except MesharrError as error:
            raise Unavailable(f"library {self._name} is unavailable: {error.what}", error.fix) from error
        if is_remote(mount) and mount_text(mount) != self._known_mount:
            self._known_mount = mount_text(mount)
            self._memory.note(self._known_mount)

    def _without_anchor(self, mount: Mount) -> Unavailable:
        """Return why the library is unavailable whose cloud branch has no anchor."""
        where = f"No such file: {self._places.cloud}/{ANCHOR}"
        make = f"mesharr init --anchor {self._name}"
        new = f"a library that is new in the mesh gets its anchor from one user: {make}"
        if is_remote(mount):
            late = "" if self._rc else "its mount may list it late: mesharr run asks it by store.rc; else "
            return Unavailable(
                f"library {self._name} is unavailable: {where}", f"{late}correct `cloud`; {new}"
            )
        if is_unmounted_cloud_folder(self._places.cloud, mount):
            return self._unmounted(self._places.cloud)
        return Unavailable(
            f"library {self._name} is unavailable: {where}, and nothing is mounted there",
            f"start its mount, or correct `cloud`; {new}",
        )

    def _unmounted(self, where: str) -> Unavailable:
        return Unavailable(
            f"library {self._name} is unavailable: nothing is mounted at {where}", "start its mount"
        )

    def check_anchor(self, content: bytes) -> None:
        """Return when the bytes are this library's anchor; raise what `check_anchor` raises if not."""
        self._check_anchor(content)

    def remote_shown(self) -> str:
        """Return what the cloud branch shows as rclone names it, "" where that is not known."""
        path = self._disk.realpath(self._places.cloud)
        return remote_at(path, mount_of(path, self._read_mountinfo()))

    def _check_mounted(self) -> Mount:
        """Return the mount of the cloud branch; raise `Unavailable` when the one it was on is gone."""
        path = self._disk.realpath(self._places.cloud)
        mount = mount_of(path, self._read_mountinfo())
        point = mount.point if is_remote(mount) else ""
        # a shorter point than before is that of the file system below the missing mount
        if len(point) < len(self._seen_mount):
            raise self._unmounted(self._seen_mount)
        if not point:  # another mount than before has to show the anchor, and may
            self._check_known(path, mount)
        self._seen_mount = point
        return mount

    def check_known_mount(self) -> Mount:
        """Return the mount of the cloud branch; raise `Unavailable` when that of before is gone.

        No anchor is asked for: before one is created, a mount further up proves nothing either.
        """
        mount = self._check_mounted()
        self._check_known(self._disk.realpath(self._places.cloud), mount)
        return mount

    def _check_known(self, path: str, mount: Mount) -> None:
        try:
            check_mount(path, mount, self._known_mount)
        except Unavailable as error:
            raise Unavailable(f"library {self._name} is unavailable: {error.what}", error.fix) from error

    def _anchor(self) -> bytes:
        path = posixpath.join(self._places.cloud, ANCHOR)
        try:
            content = self._disk.read(path, _ANCHOR_LIMIT)
        except Missing:
            # an anchor that another node has just created is not in the cached listing
            if self._rc is None or not self._rc.refresh(""):
                raise
            content = self._disk.read(path, _ANCHOR_LIMIT)
        if len(content) > _ANCHOR_LIMIT:
            raise Unavailable(f"{path} is too long for an anchor")
        return content

    def sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return the size (bytes) of each path in the merged library, None where there is no file.

        With `fresh` and a remote control, the folders of the paths are refreshed first. What the kernel
        remembers of a file is not used. A path that a link leads out of the library counts as no file.
        """
        return self._sizes(self._places.path, paths, fresh=fresh)

    def cloud_sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return `sizes` on the cloud branch."""
        return self._sizes(self._places.cloud, paths, fresh=fresh)

    def refresh_most(self, folders: int) -> bool:
        """Have the mount read the whole library again where so many folders are most of it.

        Return whether what is below them may be looked at without `fresh` then.
        """
        return self._rc is not None and self._rc.refresh_most(folders)

    def sizes_on_drive(self, paths: Sequence[str]) -> dict[str, int | None]:
        """Return the size of each file that mount and drive agree on, None for none.

        A mount alone may still show a file that was replaced or removed a moment ago.
        """
        sizes = self.cloud_sizes(paths)
        shown = {path: size for path, size in sizes.items() if size is not None}
        if not shown or self._rc is None:
            return sizes
        listed = self._rc.listed(shown)
        return {path: size if path in listed else None for path, size in sizes.items()}

    def _sizes(self, root: str, paths: Sequence[str], *, fresh: bool) -> dict[str, int | None]:
        if fresh:
            self._refresh(folder_of(path) for path in paths)
        found = self._disk.sizes_below(root, [at(root, path) for path in paths])
        return dict(zip(paths, found, strict=True))

    def _refresh(self, folders: Iterable[str]) -> None:
        if self._rc is not None:
            for folder in sorted(set(folders)):
                self._rc.refresh(folder)

    def gone(self, files: Mapping[str, int | None]) -> frozenset[str]:
        """Return the files that are neither `still_on_drive` nor on the way there, in the union."""
        shown = self.sizes(list(files))
        absent = {path: size for path, size in files.items() if shown[path] is None}
        return frozenset(absent.keys() - self.still_on_drive(absent).keys()) if absent else frozenset()

    def still_on_drive(self, files: Mapping[str, int | None]) -> dict[str, dict[str, int | None]]:
        """Return by path where the drive has each of these files, with its size; none that is gone.

        A file is gone when listings made now lack its path, and in no other spelling (case, Unicode form) of
        it have a file of its size: one of another size is another file. With None as size any is the file.
        Raises `Unavailable` unless the library is available before and after: absence on a mount that failed
        proves nothing.
        """
        self.check_available()
        self._refresh(folder_of(path) for path in files)
        listed: dict[str, tuple[str, ...] | None] = {}
        found = {path: there for path in files if (there := self._spelled(path, listed))}
        asked = dict.fromkeys(each for path, there in found.items() for each in (path, *there))
        sizes = self.cloud_sizes(list(asked), fresh=False)
        self.check_available()
        left: dict[str, dict[str, int | None]] = {}
        for path, there in found.items():
            size = files[path]
            same = {
                each: sizes[each]
                for each in there
                if each == path or size is None or sizes[each] in {None, size}
            }
            if sizes[path] is not None:  # also where the mount finds it by any spelling
                same[path] = sizes[path]
            if same:
                left[path] = same
        return left

    def _spelled(self, path: str, listed: dict[str, tuple[str, ...] | None]) -> list[str]:
        """Return the listed paths that are this one in any spelling."""
        name, found = posixpath.basename(path), list[str]()
        for folder in self._spellings(folder_of(path), listed):
            names = self._names(folder, listed)
            # a folder that is listed and not there is not known to lack it
            there = [name] if names is None else [each for each in names if same_key(each) == same_key(name)]
            found += (posixpath.join(folder, each) for each in there)
        return found

    def _spellings(self, folder: str, listed: dict[str, tuple[str, ...] | None]) -> list[str]:
        """Return the folders that are this one in any spelling: who moved it may leave the former."""
        is_there = self._names(folder, listed) is not None
        found = self._spelled(folder, listed) if folder else []
        if is_there and folder not in found:
            found.append(folder)
        self._refresh(each for each in found if each not in listed)
        return found

    def _names(self, folder: str, listed: dict[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
        """Return the names in a folder, None where there is no such folder; each is listed once."""
        if folder not in listed:
            try:
                names = self._disk.listdir(posixpath.join(self._places.cloud, folder))
            except Missing:
                if not folder:
                    raise
                listed[folder] = None
            else:
                listed[folder] = tuple(names)
        return listed[folder]

    def only_local(self, sizes: Mapping[str, int]) -> list[str]:
        """Return the paths that have these sizes on the local branch, and not on the cloud branch.

        The cloud branch is asked only for what the local branch has. Raises `Unavailable` when it is not
        available, as then it would seem to have nothing.
        """
        if not self._places.local:
            return []
        local = self._sizes(self._places.local, list(sizes), fresh=False)
        for path in [path for path, size in local.items() if size is None and self._places.copy_links]:
            found = self.local_stat(path)
            local[path] = found.size if found and not found.is_dir else None
        here = [path for path, size in sizes.items() if local[path] == size]
        if not here:
            return []
        self.check_available()
        cloud = self.cloud_sizes(here)
        return [path for path in here if cloud[path] != sizes[path]]

    def cloud_names(self, folder: str) -> list[str]:
        """Return the names that the mount lists in a folder of the cloud branch; none without it."""
        try:
            return self._disk.listdir(posixpath.join(self._places.cloud, folder))
        except Missing:
            return []

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder of the merged library; none without it."""
        try:
            return self._disk.listdir(at(self._places.path, folder))
        except Missing:
            return []

    def linked_to(self, path: str) -> str:
        """Return where a link leads a path out of the library, "" when none does that matters.

        Raises `Unavailable` when a link whose target is uploaded leads to no file.
        """
        if self._is_copied_link(path):
            if self.local_stat(path) is not None:
                return ""
            real = self._disk.realpath(at(self._places.local, path))
            raise Unavailable(f"{path} is a link to {real}, where no file is now", "start what it is on")
        roots = [root for root in (self._places.local, self._places.path) if root]
        for root in dict.fromkeys(roots):
            real, inside = self._disk.realpath(at(root, path)), self._disk.realpath(root).rstrip("/") + "/"
            if not real.startswith(inside):
                return real
        return ""

    def local_path(self, path: str) -> str:
        """Return the absolute path that a file has on the local branch, whether it exists or not."""
        return at(self._places.local, path)

    def local_stat(self, path: str) -> FileStat | None:
        """Return the file on the local branch, None when there is none.

        A path that a link leads out of the branch has none, but for a file with `copy_links`.
        """
        if not self._places.local:
            return None
        real = self._disk.realpath(at(self._places.local, path))
        root = self._disk.realpath(self._places.local)
        inside = real.startswith(root.rstrip("/") + "/")
        return self._disk.stat(real) if inside or self._is_copied_link(path) else None

    def _is_copied_link(self, path: str) -> bool:
        """Return whether a file is a link out of the local branch whose target is uploaded.

        Its folder has to be inside: what is removed after the upload is then the link, and not its target.
        """
        if not (self._places.copy_links and self.local.link_target(path)):
            return False
        folder = self._disk.realpath(folder_of(at(self._places.local, path)))
        root = self._disk.realpath(self._places.local).rstrip("/")
        return folder == root or folder.startswith(f"{root}/")

    def sidecars(self, path: str) -> list[str]:
        """Return the local files that belong to a media file: same folder, same stem, no media.

        `Film (2021).mkv` has `Film (2021).en.srt` and `Film (2021).nfo`. A link is one whatever it leads to.
        """
        folder = folder_of(path)
        if not self._places.local:
            return []
        try:
            names = self._disk.listdir(posixpath.join(self._places.local, folder))
        except Missing:
            return []
        found = [posixpath.join(folder, name) for name in sidecar_names(posixpath.basename(path), names)]
        return [each for each in found if self._is_file(each)]

    def _is_file(self, path: str) -> bool:
        found = self.local_stat(path)
        return not found.is_dir if found else bool(self.local.link_target(path))

    def unlink_local(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        """Delete a local file if it is still the one that `was` describes; return whether it was.

        Unless `even_open`, raise `Busy` while another program has it open.
        """
        now = self.local_stat(path)
        if now is None or (now.size, now.mtime_ns, now.inode) != (was.size, was.mtime_ns, was.inode):
            return False
        return self.local.unlink(path, was, even_open=even_open)

    def init_anchor(self, content: bytes) -> None:
        """Create the anchor, which happens once in a mesh; an equal existing one is no error.

        Raises `Refused` when there is another one, or no folder for it: no folder is created. Raises
        `Unavailable` when nothing is mounted where the library was on a mount before.
        """
        mount = self.check_known_mount()
        cloud = self._places.cloud
        path = posixpath.join(cloud, ANCHOR)
        if self._rc is not None:
            self._rc.refresh("")
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
