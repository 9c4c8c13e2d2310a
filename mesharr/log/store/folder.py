"""Read and write the store, the `.mesharr` folder on the shared drive, by whole files.

A file is written once, by its stream's owner, under its final name. The stores differ in how they write it,
and in when it is *confirmed*: listed by a witness other than this node's own mount. Deadlines are those of
`Disk`.
"""

from collections.abc import Callable
from typing import Final, Protocol

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import Disk, Exists, Missing
from mesharr.log import layout, mesh
from mesharr.log.chain import MAX_FILE
from mesharr.log.layout import ARCHIVE, EVENTS, MESH

NO_MESH: Final = (
    "start the mount of the shared drive, or correct store.path; "
    "if there is no mesh yet, one user creates it, once: mesharr init --new-mesh NAME"
)
"""What the user does about a folder without a `mesh.json`."""


class Occupied(Rejected):
    """The name has other content, such as a torn write.

    The caller writes the range with a higher k.
    """


class Store(Protocol):
    """The shared folder of a mesh. Paths (`where`) are those of `layout`, relative to its root.

    Every method raises `Unavailable` when the store does not answer in time, `Refused` when a link in it
    leads elsewhere, and `Rejected` for a path that is not of `layout`.
    """

    def tails(self) -> list[str]:
        """Return all names in `events`, also those that are no tail's. One listing."""
        ...

    def streams(self) -> list[str]:
        """Return all names in `archive`, also those that are no stream's. One listing."""
        ...

    def segments(self, stream: str) -> list[str]:
        """Return the names in the folder of a stream's segments; [] when there is none. One listing."""
        ...

    def read(self, where: str) -> bytes:
        """Return the bytes of a tail or segment, at most 4 MiB.

        Raises `Rejected` when it is longer, `Missing` when it does not exist, and also when only this file
        cannot be read.
        """
        ...

    def write(self, where: str, content: bytes) -> bool:
        """Write a tail or segment once; return whether it is confirmed.

        Writing the same bytes again is a success, so a writer may repeat a write after a crash. Raises
        `Occupied` when the name has other content, which is never replaced.
        """
        ...

    def is_confirmed(self, where: str, size: int) -> bool:
        """Return whether a witness other than the own mount lists a file with this size (bytes).

        `where` is a tail, a segment or `mesh.json`. False proves nothing: the upload may not have ended, or
        there is no witness.
        """
        ...

    def queued_uploads(self) -> frozenset[str]:
        """Return the paths (in the store) in the mount's upload queue; none without an answer."""
        ...

    def delete(self, where: str) -> None:
        """Delete a tail or segment; a missing one is no error."""
        ...

    def mesh(self) -> bytes:
        """Return the bytes of `mesh.json`; raise `Missing` when it does not exist."""
        ...

    def check_available(self) -> None:
        """Return when the store answers; raise `Unavailable("store unavailable: …")` or `Refused`."""
        ...

    def create(self, mesh_json: bytes) -> bool:
        """Create the store of a new mesh; return whether `mesh.json` is confirmed.

        Raises `Refused` when there is a mesh already. `mesh.json` is written last, after the folders.
        """
        ...


def no_guard() -> None:
    """Allow every access: for a directory on a local disk."""


def ignore(why: str) -> None:
    """Drop a report."""
    del why


def no_refresh(folder: str) -> None:
    """Refresh nothing: for a file system whose listings are current."""
    del folder


class _Folder:
    """What all stores in a folder share; subclasses define `_put` and `_own_listing_confirms`."""

    def __init__(
        self,
        root: str,
        disk: Disk,
        guard: Callable[[], None] = no_guard,
        refresh: Callable[[str], object] = no_refresh,
    ) -> None:
        """Take the absolute path, a guard, and what refreshes a folder before it is listed.

        `guard` raises when the path must not be used now: without its mount a path looks like an empty
        folder, in which nothing may be created.
        """
        self._refresh: Final = refresh
        self._root: Final = root.rstrip("/") or "/"
        self._disk: Final = disk
        self._guard: Final = guard
        self._checked_folders: Final[set[str]] = set()

    def tails(self) -> list[str]:
        return self._listed(EVENTS)

    def streams(self) -> list[str]:
        return self._listed(ARCHIVE)

    def segments(self, stream: str) -> list[str]:
        if layout.parse_stream(stream) is None:
            raise Rejected(f"not a stream: {stream[:80]!r}")
        return self._listed(layout.segment_folder(stream))

    def read(self, where: str) -> bytes:
        place = self._absolute(where)
        try:
            content = self._disk.read(place, MAX_FILE)
        except Missing:
            raise
        except Unavailable as error:
            # A file its owner deleted fails like a broken drive while an old listing still names it; and a
            # link or folder under its name must not make the whole store unavailable.
            self.mesh()
            raise Missing(f"{where} is listed and cannot be read: {error.what}") from error
        if len(content) > MAX_FILE:
            raise Rejected(f"{where} is larger than {MAX_FILE} bytes")
        return content

    def write(self, where: str, content: bytes) -> bool:
        path = self._absolute(where)
        try:
            return self._put(path, content)
        except Exists:
            return self._same(where, content)
        except Missing:
            self._make_folders(where)
        try:
            return self._put(self._absolute(where), content)
        except Exists:
            return self._same(where, content)

    def is_confirmed(self, where: str, size: int) -> bool:
        path = f"{self._root}/{MESH}" if where == MESH else self._absolute(where)
        return self._own_listing_confirms() and self._disk.sizes([path]) == [size]

    def queued_uploads(self) -> frozenset[str]:
        return frozenset()

    def delete(self, where: str) -> None:
        self._disk.unlink(self._absolute(where))

    def mesh(self) -> bytes:
        try:
            return self._disk.read(f"{self._root}/{MESH}", mesh.MAX_CONTENT)
        except Missing as error:
            raise Missing(f"No such file: {self._root}/{MESH}", NO_MESH) from error

    def check_available(self) -> None:
        self._checked_folders.clear()
        self._guard()
        try:
            mesh.decode(self.mesh())
        except (Unavailable, Rejected) as error:
            raise Unavailable(f"store unavailable: {error.what}", error.fix) from error
        self._check_no_link(EVENTS)
        self._check_no_link(ARCHIVE)

    def create(self, mesh_json: bytes) -> bool:
        mesh.decode(mesh_json)
        self._guard()
        self._disk.mkdir(self._root)
        try:
            self.mesh()
        except Missing:
            pass
        else:
            raise self._mesh_exists()
        # mesh.json comes last: where it exists, the folders do
        self._disk.mkdir(f"{self._root}/{EVENTS}")
        self._disk.mkdir(f"{self._root}/{ARCHIVE}")
        try:
            return self._put(f"{self._root}/{MESH}", mesh_json)
        except Exists as error:
            raise self._mesh_exists() from error

    def _put(self, path: str, content: bytes) -> bool:
        raise AssertionError(
            f"{type(self).__name__} does not define how it writes {path}, {len(content)} bytes"
        )

    def _own_listing_confirms(self) -> bool:
        raise AssertionError(f"{type(self).__name__} does not define what its own listing proves")

    def _mesh_exists(self) -> Refused:
        return Refused(
            f"{self._root}/{MESH} exists: there is a mesh already",
            "leave --new-mesh away to join it, or choose another store.path",
        )

    def _same(self, where: str, content: bytes) -> bool:
        try:
            same = self.read(where) == content
        except Rejected:
            same = False
        if not same:
            raise Occupied(f"there is other content at {where}")
        return self._own_listing_confirms()

    def _listed(self, folder: str) -> list[str]:
        self._check_no_link(folder)
        self._refresh(folder)
        try:
            return self._disk.listdir(f"{self._root}/{folder}")
        except Missing:
            # a bucket has no empty folders; but an unavailable store must not look empty
            self.check_available()
            return []

    def _absolute(self, where: str) -> str:
        if layout.parse_path(where) is None:
            raise Rejected(f"not the path of a tail or segment: {where[:200]!r}")
        self._check_no_link(where.rpartition("/")[0])
        return f"{self._root}/{where}"

    def _check_no_link(self, folder: str) -> None:
        """Raise `Refused` when a link at or above the folder leads elsewhere."""
        if folder in self._checked_folders:
            return
        real = self._disk.realpath(self._root)
        if self._disk.realpath(f"{self._root}/{folder}") != f"{real.rstrip('/')}/{folder}":
            raise Refused(f"{folder} in the store is a link", f"put a folder in place of {folder}")
        self._checked_folders.add(folder)

    def _make_folders(self, where: str) -> None:
        """Create the folders above `where` after checking that this is a store."""
        self.check_available()
        made = self._root
        for part in where.split("/")[:-1]:
            made = f"{made}/{part}"
            self._disk.mkdir(made)


class DirectoryStore(_Folder):
    """A store on a local disk, on NFS, or in a folder that a program like Syncthing copies."""

    def _put(self, path: str, content: bytes) -> bool:
        self._disk.create_atomic(path, content)
        return True

    def _own_listing_confirms(self) -> bool:
        return True


class MountStore(_Folder):
    """A store on an rclone mount.

    A rename there can lose files, so each is written under its final name.

    `close()` confirms a file only on a mount with `--vfs-cache-mode off`; on any other the mount lists the
    file from `close()` on, also while its upload fails for ever.
    """

    def __init__(
        self,
        root: str,
        disk: Disk,
        guard: Callable[[], None] = no_guard,
        refresh: Callable[[str], object] = no_refresh,
        *,
        off_mode: bool = False,
    ) -> None:
        """Take the arguments of other stores, and `off_mode`: whether the mount caches no writes."""
        super().__init__(root, disk, guard, refresh)
        self._off_mode: Final = off_mode

    def _put(self, path: str, content: bytes) -> bool:
        self._disk.create(path, content)
        return self._off_mode

    def _own_listing_confirms(self) -> bool:
        return self._off_mode
